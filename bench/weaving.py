"""`python -m bench.weaving FILE`: µs per woven message, beside Django's own way (template and e-mail classes)."""

import json
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import django

django.setup()

from django.core.mail import EmailMultiAlternatives  # noqa: E402  Django first
from django.template import Context, Engine  # noqa: E402

from tifo.campaigns.public import read_campaign_file  # noqa: E402
from tifo.content.public import Combination, Personal, loom, mailing_look, preview  # noqa: E402

MESSAGES = 20_000
DJANGO_MESSAGES = 100


@dataclass(frozen=True)
class _Ticket:
    ref: str = "T1"
    category: str = "A"
    gate: str = "G2"
    block: str = "104"
    row: str = "12"
    seat: str = "33"
    status: str = "valid"
    code: str = "JUD01"
    sport: str = "Judo"
    sport_code: str = "JUD"
    programme: str = "Final"
    venue: str = "Champ-de-Mars Arena"
    venue_code: str = "CDM"
    timezone: str = "Europe/Paris"
    starts_at: datetime = datetime(2024, 7, 27, 8, tzinfo=UTC)
    ends_at: datetime = datetime(2024, 7, 27, 12, tzinfo=UTC)


def _person(number: int) -> Personal:
    fan = {"first_name": f"Léa {number}", "last_name": "O'Brien", "language": "fr", "country": "FR"}
    return Personal(
        fan=fan,
        tickets=[_Ticket()],
        link_token=f"{number:022}",
        pixel=True,
        unsubscribe_token=f"{number:026}",
    )


def main() -> None:
    """One line of JSON."""
    composition = read_campaign_file(Path(sys.argv[1]).read_text(encoding="utf-8")).composition
    weaver = loom(composition, mailing=mailing_look())
    chosen = Combination("fr", "", tuple(slot.candidates[-1] for slot in composition.slots))
    people = [_person(number) for number in range(MESSAGES)]
    size = len(weaver.weave(chosen, people[0]).content)
    began = time.perf_counter()
    for person in people:
        weaver.weave(chosen, person)
    woven = (time.perf_counter() - began) / MESSAGES

    seen = preview(composition, chosen, people[7])
    pages = Engine()
    html_page = pages.from_string(seen.html.replace("Léa 7", "{{ name }}"))
    text_page = pages.from_string(seen.text.replace("Léa 7", "{{ name }}"))
    began = time.perf_counter()
    for number in range(DJANGO_MESSAGES):
        values = Context({"name": f"Léa {number}"})
        mail = EmailMultiAlternatives(
            seen.subject, text_page.render(values), "a@games.example", ["b@mail.example"]
        )
        mail.attach_alternative(html_page.render(values), "text/html")
        mail.message().as_bytes()
    usual = (time.perf_counter() - began) / DJANGO_MESSAGES
    print(json.dumps({"us": woven * 1e6, "django_us": usual * 1e6, "bytes": size}))


main()
