"""When to try again: later each time, not all at once, and as the other side asks."""

import enum
import random
import re
from datetime import timedelta

FIRST = 10.0
LONGEST = 3600.0
LONGEST_ASKED = 4 * 3600.0


class Trouble(enum.Enum):
    """What a temporary failure says: (seconds of the first pause, how it grows, the longest)."""

    GREYLISTED = (300.0, 2.0, LONGEST)  # a stranger shall come again: later is enough
    BUSY = (30.0, 3.0, LONGEST)  # the destination wants less of us: all its messages wait
    SLOW = (10.0, 2.0, 60.0)  # it keeps us waiting: all its messages stand back
    FULL = (900.0, 2.0, LONGEST_ASKED)  # her mailbox, or the server's disk
    LATER = (FIRST, 3.0, LONGEST)  # anything else


_GREY = re.compile(r"gr[ea]y-?list", re.I)
_BUSY = re.compile(
    r"\b4\.7\.(?:0|28|650)\b|\b4\.4\.5\b|\b4\.3\.2\b|rate.?limit|throttl|too (?:many|much|fast)|slow down|unusual rate"
    r"|quota exceeded for|connection limit",
    re.I,
)
_FULL = re.compile(
    r"\b4\.[23]\.[12]\b|mailbox (?:is )?full|over ?quota|insufficient (?:system )?storage", re.I
)
_ASKED = re.compile(
    r"(?:retry|again|come back|wait|after|for|within|in)\W{1,3}(?:(?:again|in|after|for|at least)\s+){0,2}"
    r"(?:(?P<clock>\d{1,2}:\d\d:\d\d)|(?P<number>\d{1,5})\s*(?P<unit>s|secs?|seconds?|m|mins?|minutes?|h|hours?)\b)",
    re.I,
)
_SECONDS = {"s": 1, "m": 60, "h": 3600}


def trouble(stage: str, code: int, text: str) -> Trouble:
    """What a deferral says, by the stage of the dialogue, the reply's code and its text."""
    if stage == "slow":
        return Trouble.SLOW
    if stage == "dropped" or code == 421:
        return Trouble.BUSY
    if _GREY.search(text):
        return Trouble.GREYLISTED
    if _BUSY.search(text):
        return Trouble.BUSY
    return Trouble.FULL if code == 452 or _FULL.search(text) else Trouble.LATER


def asked(text: str) -> float | None:
    """How many seconds the reply wants us to wait, where it says so: at least one, at most four hours."""
    found = _ASKED.search(text)
    if found is None:
        return None
    if found["clock"]:
        hours, minutes, seconds = map(int, found["clock"].split(":"))
        wanted = hours * 3600 + minutes * 60 + seconds
    else:
        wanted = int(found["number"]) * _SECONDS[found["unit"][0].lower()]
    return min(max(float(wanted), 1.0), LONGEST_ASKED)


def wait(kind: Trouble, attempt: int, wanted: float | None, chance: float) -> timedelta:
    """How long to wait after the `attempt`th try (from 1). What is asked for is never undercut; else rising from half
    to one and a half times the pause, as `chance` (0 to 1) has it, so that what failed together comes back apart."""
    first, growth, longest = kind.value
    rising = min(first * growth ** min(max(attempt, 1) - 1, 20), longest)
    if wanted is not None:
        return timedelta(seconds=wanted + min(wanted, 60.0) * 0.5 * chance)
    return timedelta(seconds=rising * (0.5 + chance))


def pause(attempt: int, kind: Trouble = Trouble.LATER, wanted: float | None = None) -> timedelta:
    """The same, with chance: 10 s, 30 s, 90 s … at most an hour where nothing else is known."""
    return wait(kind, attempt, wanted, random.random())  # noqa: S311  spreads load, decides nothing
