"""Pure rules of the fan club."""

import json
import re
from collections.abc import Collection, Iterable
from dataclasses import asdict
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from tifo.fanclub.types import Choice, Countdown, Day, Wish
from tifo.kernel.public import Refused
from tifo.preferences.public import checked_slug
from tifo.spectators.public import HeldTicket

SOURCE_CODE = re.compile(r"[a-z0-9][a-z0-9-]{1,39}")
"""The code of a place to join from: it stands in links and on posters, so it is short and plain."""

WISH_LIFE = timedelta(days=7)
"""How long a wish to join waits for its confirmation; then it is forgotten, whole."""

LOVE, LIKE, NOT_FOR_ME = 1.0, 0.6, 0.0
LOVED, LIKED, LIKED_A_LITTLE = 0.8, 0.5, 0.1
"""From which score on a taste is called so."""
SAID = {"love": LOVE, "like": LIKE, "no": NOT_FOR_ME, "forget": None}
"""What the buttons of a taste say; None takes back what she said."""


def wish_text(wish: Wish) -> str:
    """A wish as it is kept."""
    return json.dumps(asdict(wish), default=date.isoformat, ensure_ascii=False)


def read_wish(text: str) -> Wish:
    """The wish that `wish_text` wrote."""
    kept = json.loads(text)
    choices = tuple(Choice(**choice) for choice in kept.pop("choices"))
    return Wish(**{**kept, "birth_date": date.fromisoformat(kept["birth_date"])}, choices=choices)


def by_day(tickets: Iterable[HeldTicket]) -> tuple[Day, ...]:
    """Tickets by the day at their venue, in the order given."""
    days: dict[date, list[HeldTicket]] = {}
    for ticket in tickets:
        days.setdefault(ticket.starts_at.astimezone(ZoneInfo(ticket.timezone)).date(), []).append(ticket)
    return tuple(Day(day, tuple(held)) for day, held in days.items())


def countdown(today: date, first: date, last: date) -> Countdown:
    """Where the event is today; days as the venue of its first session counts them."""
    if today < first:
        return Countdown("coming", (first - today).days)
    if today > last:
        return Countdown("over")
    return Countdown("on", (today - first).days + 1, (last - first).days + 1)


def sport_slug(sport: str) -> str:
    """The topic of a sport of the programme; empty where its name makes none."""
    try:
        return checked_slug(sport)
    except Refused:
        return ""


def next_step(
    *, said_tastes: bool, consents: Collection[str], may_be_written_to: bool, tickets: int, quests: int
) -> str:
    """The one thing to do now: what we lack most to be of use to her."""
    if not said_tastes:
        return "tastes"
    if may_be_written_to and "newsletter" not in consents:
        return "letters"
    if quests:
        return "quest"
    return "sessions" if tickets else "nothing"
