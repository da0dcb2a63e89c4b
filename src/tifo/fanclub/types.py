"""The values of the fan club."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from tifo.fans.public import Fan
from tifo.preferences.public import Preference
from tifo.spectators.public import HeldTicket, Session

CLUB = "fan-club"
"""The source of every fan, consent and taste that comes through this site."""


@dataclass(frozen=True)
class Choice:
    """A purpose that she ticked, and the wording that stood beside the box."""

    purpose: str
    notice_id: int
    notice_hash: str


@dataclass(frozen=True)
class Wish:
    """What somebody filled in to join; it counts once the owner of the address confirms it."""

    email: str
    first_name: str
    birth_date: date
    country: str
    language: str
    member: bool
    choices: tuple[Choice, ...] = ()
    source: str = ""
    """The code of the place that she came from, empty for our own form."""
    friend: str = ""
    """The code of the link of a friend who invited her."""
    proof: Mapping[str, str] = field(default_factory=dict)
    """What whoever sent her here can show for it; it stands in the ledger beside each consent."""


@dataclass(frozen=True)
class Source:
    """A place elsewhere that people join from: how many asked there, and how many of them confirmed."""

    code: str
    name: str
    campaign: str
    created_at: datetime
    closed_at: datetime | None
    asked: int = 0
    confirmed: int = 0


@dataclass(frozen=True)
class Joined:
    """A confirmed wish. `held_back`: purposes for which she is too young by the birth date known before."""

    fan_id: int
    user_id: int
    first_name: str
    again: bool
    """The link had been used before: it opens nothing any more."""
    held_back: tuple[str, ...] = ()


@dataclass(frozen=True)
class Offer:
    """A purpose as the form and the preference centre show it. `state`: given, withdrawn, pending or empty."""

    key: str
    name: str
    description: str
    notice_id: int
    notice: str
    notice_language: str
    age: int
    allowed: bool = True
    state: str = ""
    since: datetime | None = None


@dataclass(frozen=True)
class Fresh:
    """A session that is new for her, and the taste that brought it here (None: because it comes next)."""

    session: Session
    taste: Preference | None


@dataclass(frozen=True)
class Received:
    """A message that was sent to her: what kind of mail it was, how those who wrote it call it."""

    purpose: str
    label: str
    at: datetime


@dataclass(frozen=True)
class Teaser:
    """A quest to play or an offer to enter, as her first page shows it. `points`: what it earns, or takes."""

    title: str
    lead: str
    href: str
    closes_at: datetime | None
    points: int | None
    done: bool


@dataclass(frozen=True)
class NewsText:
    """News in one language, plain text."""

    title: str
    text: str = ""


@dataclass(frozen=True)
class ShownNews:
    """News as one reads it. `language`: in which it is written, where hers is missing."""

    id: int
    title: str
    text: str
    language: str
    link: str
    published_at: datetime
    until: datetime | None
    languages: tuple[str, ...]


@dataclass(frozen=True)
class Countdown:
    """Where the event is. `stage`: coming (`days` to go), on (day `days` of `of`), or over."""

    stage: str
    days: int = 0
    of: int = 0


@dataclass(frozen=True)
class HerPoints:
    """What stands on her first page of her points; the rest is on their own."""

    points: int
    level: str
    next_level: str
    missing: int


@dataclass(frozen=True)
class Home:
    """What a member's first page shows. `step` is one of: tastes, letters, quest, sessions, nothing."""

    fan: Fan
    step: str
    ticket: HeldTicket | None
    more_tickets: int
    fresh: tuple[Fresh, ...]
    tastes: tuple[Preference, ...]
    offers: tuple[Offer, ...]
    received: tuple[Received, ...]
    countdown: Countdown | None = None
    points: HerPoints | None = None
    news: tuple[ShownNews, ...] = ()
    to_do: tuple[Teaser, ...] = ()
    to_win: tuple[Teaser, ...] = ()


@dataclass(frozen=True)
class Day:
    """A day at the venue with her tickets on it."""

    day: date
    tickets: tuple[HeldTicket, ...]
