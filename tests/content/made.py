"""A composition, a look and fans for the tests of content."""

import email
import email.policy
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage

from tifo.content.types import Block, Combination, Composition, MailingLook, Personal, Slot, Woven

LOOK = MailingLook(
    sender_name="Lumen 2027",
    postal_address="1 Stadium Road, 75000 Paris",
    public_url="https://lumen.example.org",
    track_url="https://go.lumen.example.org",
    event_name="Lumen 2027",
    accent="#1f5fbf",
)
TOKEN, LEAVE = "bGlua3Rva2Vu-_A", "bGVhdmV0b2tlbg-_B"
NAME = '{{ fan.first_name | "fan" }}'


@dataclass(frozen=True)
class Held:
    """A ticket as spectators give it."""

    ref: str = "R-1"
    category: str = "A"
    gate: str = "C"
    block: str = "12"
    row: str = "4"
    seat: str = "20"
    code: str = "JUD05"
    sport: str = "Judo"
    programme: str = "Women -52 kg"
    venue: str = "Champ-de-Mars Arena"
    timezone: str = "Europe/Paris"
    starts_at: datetime = datetime(2024, 7, 28, 14, 0, tzinfo=UTC)
    ends_at: datetime = datetime(2024, 7, 28, 17, 0, tzinfo=UTC)


WELCOME = {
    "en": f"# Hello {NAME}\n\nRead [the programme](https://games.example.org/p?a=1&b=2) first.\n\n[Go](https://games.example.org/go)",
    "fr": f"# Bonjour {NAME}\n\nLisez [le programme](https://games.example.org/fr).",
    "ar": f"# مرحبًا {NAME}\n\nاقرأ [البرنامج](https://games.example.org/ar).",
}
SEATS = {
    "en": '## Last seats\n\n- one\n- two\n\nFrom {{ fan.country | "home" }} to us: [seats](https://tickets.example.org/judo).'
}
MINE = {
    "en": "**{{ session.sport }}**, {{ session.venue }}, {{ session.starts_at }}, gate "
    '{{ ticket.gate | "see your ticket" }}, {{ session.code }} for {{ fan.first_name | "you" }}. [Way](https://way.example.org)',
    "fr": '{{ session.starts_at }} jusqu’à {{ session.ends_at | "?" }}, porte {{ ticket.gate | "voir billet" }}',
}
COMPOSITION = Composition(
    subject={"en": f"Your week, {NAME}", "fr": f"Ta semaine, {NAME}", "ar": f"أسبوعك يا {NAME}"},
    slots=(
        Slot("trunk", ("welcome",)),
        Slot("ticketing", ("seats",)),
        Slot("practical", ("mine",), repeat="tickets"),
    ),
    blocks=(
        Block("welcome", "markdown", WELCOME),
        Block("seats", "markdown", SEATS, topics=("judo",)),
        Block("mine", "markdown", MINE),
    ),
    fallback="en",
)
ALL = ("welcome", "seats", "mine")


def one_block(source: str, *, kind: str = "markdown", repeat: bool = False) -> Composition:
    """A composition of one block in English."""
    block = Block("only", "mjml" if kind == "mjml" else "markdown", {"en": source})
    return Composition(
        {"en": "News"}, (Slot("only", ("only",), "tickets" if repeat else None),), (block,), "en"
    )


def combination(language: str = "en", blocks: tuple[str | None, ...] = ALL) -> Combination:
    """A combination without variant."""
    return Combination(language, "", blocks)


def personal(*, tickets: int | tuple[Held, ...] = 1, pixel: bool = True, **fan: str) -> Personal:
    """A fan with this many tickets, or these."""
    held = tuple(Held(ref=f"R-{n}") for n in range(tickets)) if isinstance(tickets, int) else tickets
    person = {"first_name": "Anna", "last_name": "Berg", "language": "en", "country": "FR", **fan}
    return Personal(person, held, TOKEN, pixel, LEAVE)


def parsed(woven: Woven) -> EmailMessage:
    """The message as Python's own parser reads it, with its Subject."""
    message = email.message_from_bytes(
        b"Subject: " + woven.subject + b"\r\n" + woven.content, policy=email.policy.default
    )
    assert isinstance(message, EmailMessage)
    return message


def parts(woven: Woven) -> tuple[str, str]:
    """The text part and the HTML part, decoded."""
    text, html = parsed(woven).iter_parts()
    return text.get_content(), html.get_content()
