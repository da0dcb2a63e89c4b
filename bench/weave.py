"""Microseconds a message: joining fragments beside Django's template and EmailMessage, for the same mail.

Run: .venv/bin/python -m bench.weave
"""

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import django
from django.conf import settings

from tifo.content.rules.loom import Loom
from tifo.content.types import Block, Combination, Composition, MailingLook, Personal, Slot

LOOK = MailingLook(
    "Lumen 2027",
    "1 Stadium Road, 75000 Paris",
    "https://lumen.example.org",
    "https://go.lumen.example.org",
    "Lumen 2027",
    "#1f5fbf",
)
NAME = '{{ fan.first_name | "fan" }}'
TOKEN = "VGhpcy1pcy1hLXRva2VuLW9mLXVzdWFsLWxlbmd0aA"  # noqa: S105
WORDS = (
    "Seven days, fourteen titles, one arena: the week begins on Saturday morning, and the doors open early. "
)
NAMES = ("Anna", "Zoé", "ليلى", "Jürgen", "María José", "O'Neill")


@dataclass(frozen=True)
class Held:
    """A ticket as spectators give it."""

    ref: str = "T-000001"
    category: str = "A"
    gate: str = "C"
    block: str = "112"
    row: str = "24"
    seat: str = "31"
    code: str = "JUD01"
    sport: str = "Judo"
    programme: str = "Finals"
    venue: str = "Lakeside Arena"
    timezone: str = "Europe/Paris"
    starts_at: datetime = datetime(2027, 7, 24, 14, tzinfo=UTC)
    ends_at: datetime = datetime(2027, 7, 24, 17, tzinfo=UTC)


def composition(kilobytes: int) -> Composition:
    """A trunk with a name and links, grown to about so many kB woven, and a tile per ticket."""
    paragraphs = (kilobytes * 1000 - 26_000) // (2 * len(WORDS) * 3)
    trunk = f"# Hello {NAME}\n\n" + (WORDS * 3 + "\n\n") * max(paragraphs, 1)
    trunk += "\n\n".join(f"Read [more](https://games.example.org/{number})." for number in range(8))
    tile = (
        '**{{ session.sport }}**, {{ session.venue }}, {{ session.starts_at }}, gate {{ ticket.gate | "–" }}'
    )
    return Composition(
        {"en": f"Your week, {NAME}"},
        (Slot("trunk", ("trunk",)), Slot("practical", ("tile",), repeat="tickets")),
        (Block("trunk", "markdown", {"en": trunk}), Block("tile", "markdown", {"en": tile})),
        "en",
    )


def microseconds(act: Callable[[int], Any], times: int) -> float:
    """The best of three rounds, per call."""
    best = float("inf")
    for _ in range(3):
        gc.collect()
        start = time.perf_counter()
        for number in range(times):
            act(number)
        best = min(best, (time.perf_counter() - start) / times)
    return best * 1e6


def measure(kilobytes: int, tickets: int) -> tuple[float, float, int]:
    """(woven, Django's way, bytes) in microseconds a message."""
    loom, combination = Loom(composition(kilobytes), LOOK), Combination("en", "", ("trunk", "tile"))
    held = [Held(ref=f"T-{number}", seat=str(number)) for number in range(tickets)]

    def person(number: int) -> Personal:
        fan = {"first_name": NAMES[number % len(NAMES)], "last_name": "X", "language": "en", "country": "FR"}
        return Personal(fan, held, f"{TOKEN}{number % 10}", True, TOKEN)

    people = [person(number) for number in range(1_000)]
    woven = loom.weave(combination, people[0])
    ours = microseconds(lambda number: loom.weave(combination, people[number % 1_000]), 3_000)

    from email import message_from_bytes, policy

    from django.core.mail import EmailMultiAlternatives
    from django.template import engines

    parts = list(message_from_bytes(woven.content, policy=policy.default).iter_parts())
    make = engines["django"].from_string
    text, html = (
        make(str(part.get_content()).replace("Anna", "{{ name }}").replace(f"{TOKEN}0", "{{ token }}"))
        for part in parts
    )

    def usual(number: int) -> bytes:
        values = {"name": NAMES[number % len(NAMES)], "token": TOKEN}
        mail = EmailMultiAlternatives(
            f"Your week, {values['name']}", text.render(values), "a@example.org", ["b@example.org"]
        )
        mail.attach_alternative(html.render(values), "text/html")
        return mail.message().as_bytes()

    return ours, microseconds(usual, 30), len(woven.content)


def main() -> None:
    """Print the table."""
    settings.configure(
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
        DEFAULT_CHARSET="utf-8",
        USE_I18N=False,
    )
    django.setup()
    print(f"{'message':>12} {'tickets':>8} {'woven µs':>10} {'Django µs':>10} {'times':>6}")
    for kilobytes, tickets in ((30, 0), (60, 0), (60, 1), (60, 3)):
        ours, usual, size = measure(kilobytes, tickets)
        print(f"{size / 1000:9.1f} kB {tickets:8} {ours:10.1f} {usual:10.0f} {usual / ours:6.0f}")


if __name__ == "__main__":
    main()
