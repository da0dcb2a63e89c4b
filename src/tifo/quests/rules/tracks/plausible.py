"""What makes an activity doubtful. A doubt holds it for a person to look at; it never refuses by itself."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from tifo.quests.rules.tracks.measured import Track

RULES = 1  # the version of what follows; it is kept with each judged activity
DAY = 24 * 3600
TOLD = "told"  # the format of what a service told without its places: what follows from them can't be asked
_OF_PLACES = {"too-few-fixes", "no-places"}


@dataclass(frozen=True, slots=True)
class Limits:
    """What the best in the world do, and a little more (metres a second)."""

    whole: float  # over a whole activity
    minute: float  # over its fastest minute
    slowest: float = 0.0


LIMITS = {
    "walk": Limits(
        whole=3.2, minute=4.5
    ),  # the 20 km record is walked at 4.4; who walks so enters it as a run
    "run": Limits(
        whole=6.4, minute=8.2, slowest=0.8
    ),  # a marathon in 1:50; the 400 m record lasts 43 s at 9.3
    "ride": Limits(whole=14.5, minute=25.0, slowest=1.0),  # an hour record, and a long descent
    "swim": Limits(whole=1.9, minute=2.3),
    "other": Limits(whole=14.5, minute=30.0),
}
_DOUBTS: dict[str, Callable[[Track, Limits], bool]] = {
    "too-fast": lambda track, limits: track.speed > limits.whole or track.fastest > limits.minute,
    "too-slow": lambda track, limits: track.metres >= 1000 and track.speed < limits.slowest,
    "jumps": lambda track, _: track.jumps > max(1, track.fixes // 1000),
    "time-goes-back": lambda track, _: track.backwards > 0,
    "too-long": lambda track, _: track.seconds > DAY,
    "too-few-fixes": lambda track, _: (
        track.fixes < 10 or (track.metres > 500 and track.fixes * 500 < track.metres)
    ),
    "no-places": lambda track, _: track.placed < track.fixes / 2,
    "too-steady": lambda track, _: track.steadiness is not None and track.steadiness < 0.005,
    "counts-disagree": lambda track, _: _disagree(track),
}


def _disagree(track: Track) -> bool:
    """The device's own count is far from the way between its places."""
    if track.counted_metres is None or not track.placed:
        return False
    return abs(track.metres - track.counted_metres) > max(300, 0.2 * max(track.metres, track.counted_metres))


def doubts(track: Track, sport: str, *, received_at: datetime) -> tuple[str, ...]:
    """The reasons to look at an activity that is handed in as `sport`; none: it counts at once."""
    limits = LIMITS.get(sport, LIMITS["other"])
    unasked = _OF_PLACES if track.format == TOLD else set()
    found = [name for name, holds in _DOUBTS.items() if name not in unasked and holds(track, limits)]
    if track.started_at + timedelta(seconds=track.seconds) > received_at + timedelta(minutes=5):
        found.append("in-the-future")
    if track.sport not in (None, "other", sport):
        found.append("another-sport")
    return tuple(found)
