"""Looms of mailings, and previews read back from the very bytes."""

import email
import email.policy
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.utils.translation import gettext as _

from tifo.content.rules.check import composition_problems
from tifo.content.rules.loom import Loom
from tifo.content.types import Combination, Composition, MailingLook, Personal, Previewed, Problem
from tifo.fans.public import fans
from tifo.kernel.public import Refused, Said
from tifo.preferences.public import checked_slug, topics
from tifo.spectators.public import HeldTicket, sports, tickets_held

NO_TOKEN = "preview"  # noqa: S105  stands where a token would; it opens nothing


def mailing_look() -> MailingLook:
    """Who writes and where links lead, from the settings."""
    name, _at, _address = settings.TIFO_SENDER.rpartition("<")
    return MailingLook(
        sender_name=name.strip().strip('"') or settings.TIFO_EVENT_NAME,
        postal_address=settings.TIFO_POSTAL_ADDRESS,
        public_url=settings.TIFO_PUBLIC_URL,
        track_url=settings.TIFO_TRACK_URL,
        event_name=settings.TIFO_EVENT_NAME,
        accent=settings.TIFO_ACCENT,
        sports=sport_names(),
    )


def sport_names() -> dict[str, Mapping[str, str]]:
    """What each sport of the programme is called, per language, where its topic says so."""
    named = {topic.slug: topic.names for topic in topics("sport")}
    found: dict[str, Mapping[str, str]] = {}
    for _code, sport in sports():
        try:
            names = named.get(checked_slug(sport))
        except Refused:  # its name makes no topic
            continue
        if names:
            found[sport] = names
    return found


def translated(problems: list[Problem]) -> list[Problem]:
    """The problems in the reader's language."""

    def spoken(text: str) -> str:
        return text.translated() if isinstance(text, Said) else text

    return [replace(p, place=spoken(p.place), text=spoken(p.text), mend=spoken(p.mend)) for p in problems]


def loom(composition: Composition, *, mailing: MailingLook) -> Loom:
    """A loom for this mailing; Refused when the composition has errors."""
    errors = [problem for problem in composition_problems(composition) if problem.level == "error"]
    if errors:
        raise Refused("\n".join(map(str, translated(errors))))
    return Loom(composition, mailing)


def preview(
    composition: Composition,
    combination: Combination,
    personal: Personal,
    *,
    mailing: MailingLook | None = None,
) -> Previewed:
    """The message as she will read it, decoded from its bytes. Links lead straight on, nothing is counted."""
    direct = replace(mailing or mailing_look(), track_url="")
    woven = loom(composition, mailing=direct).weave(combination, personal)
    raw = b"Subject: " + woven.subject + b"\r\n" + woven.content
    message = email.message_from_bytes(raw, policy=email.policy.default)
    parts = {part.get_content_type(): str(part.get_content()) for part in message.iter_parts()}
    return Previewed(str(message["subject"]), parts["text/html"], parts["text/plain"], len(raw))


def personal_of(fan_id: int) -> Personal:
    """What a preview needs of a fan: her name, language, country and tickets; no token of hers."""
    fan = fans([fan_id]).get(fan_id)
    if fan is None or fan.erased_at:
        raise Refused(_("There is no fan %(number)s; search her by her address.") % {"number": fan_id})
    person = {
        "first_name": fan.first_name,
        "last_name": fan.last_name,
        "language": fan.language,
        "country": fan.country,
    }
    return Personal(person, tickets_held([fan_id]).get(fan_id, []), NO_TOKEN, False, NO_TOKEN)


_SAMPLES = {"ar": ("ليلى", "حداد"), "es": ("Lucía", "Ortega"), "fr": ("Léa", "Martin")}


def sample_personal(language: str, *, tickets: int = 1) -> Personal:
    """A made-up fan, where the base has none to look through."""
    start = datetime(2027, 7, 18, 17, 30, tzinfo=UTC)
    held = [
        HeldTicket(
            ref=f"T-{number}",
            category="A",
            gate="C",
            block="12",
            row="4",
            seat=str(20 + number),
            status="valid",
            code=f"SES{number:02}",
            sport="Judo",
            sport_code="JUD",
            programme="Finals",
            venue="Arena",
            venue_code="ARE",
            timezone="Europe/Paris",
            starts_at=start + timedelta(days=number),
            ends_at=start + timedelta(days=number, hours=3),
        )
        for number in range(tickets)
    ]
    first, last = _SAMPLES.get(language.split("-")[0], ("Anna", "Berg"))
    person = {"first_name": first, "last_name": last, "language": language, "country": "FR"}
    return Personal(person, held, NO_TOKEN, False, NO_TOKEN)
