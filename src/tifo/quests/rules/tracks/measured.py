"""What a recorded track says of an activity: how far, how long, how fast; no place is kept."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from math import asin, cos, radians, sin, sqrt
from statistics import fmean, pstdev

EARTH = 6_371_008.8  # mean radius in metres
STILL = 0.3  # metres a second: slower is a pause
PAUSE = 60  # seconds between two fixes: longer is a pause, whatever was covered meanwhile
MINUTE = 60
JUMP = 60.0  # metres a second between two neighbouring fixes: no sport, but a bad fix or a made-up one


@dataclass(frozen=True, slots=True)
class Fix:
    """One moment of a track. `metres` is what the device had counted so far."""

    at: float
    place: tuple[float, float] | None = None  # degrees of latitude and longitude
    height: float | None = None
    metres: float | None = None


@dataclass(frozen=True, slots=True)
class Track:
    """The facts of one recorded activity."""

    format: str
    sport: str | None  # walk, run, ride, swim or other, as the file says; None if it says nothing
    started_at: datetime
    seconds: int
    moving_seconds: int
    metres: int
    counted_metres: int | None  # the device's own count, if it has one
    climb: int
    fixes: int
    placed: int  # fixes with a place
    fastest: float  # metres a second over its fastest minute
    jumps: int
    backwards: int  # fixes whose time goes back
    steadiness: float | None  # spread of the minutes' speeds over their mean; None under five minutes
    digest: (
        str  # the same for the same activity in any file format: nobody counts one twice, nobody lends hers
    )

    @property
    def speed(self) -> float:
        """Metres a second while moving."""
        return self.metres / self.moving_seconds if self.moving_seconds else 0.0


def apart(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Metres along the great circle."""
    (north, east), (to_north, to_east) = a, b
    half = sin(radians(to_north - north) / 2) ** 2
    half += cos(radians(north)) * cos(radians(to_north)) * sin(radians(to_east - east) / 2) ** 2
    return 2 * EARTH * asin(min(1.0, sqrt(half)))


def measured(segments: Sequence[Sequence[Fix]], *, format: str, sport: str | None) -> Track:
    """The facts of a track. Between segments nothing is covered: the device was paused."""
    fixes = [fix for segment in segments for fix in segment]
    backwards = sum(b.at < a.at for a, b in pairwise(fixes))
    steps = [step for segment in segments for step in _steps(segment)]
    started, ended = min(fix.at for fix in fixes), max(fix.at for fix in fixes)
    placed = sum(fix.place is not None for fix in fixes)
    counted = [fix.metres for fix in fixes if fix.metres is not None]
    by_device = max(counted) - min(counted) if counted else None
    covered = sum(metres for _, _, metres in steps)
    minutes = _minutes(steps, started)
    speeds = minutes[1:-1]  # the first and the last are rarely whole
    return Track(
        format=format,
        sport=sport,
        started_at=datetime.fromtimestamp(int(started), UTC),
        seconds=int(ended - started),
        moving_seconds=int(
            sum(took for _, took, metres in steps if 0 < took <= PAUSE and metres >= STILL * took)
        ),
        metres=int(covered),
        counted_metres=None if by_device is None else int(by_device),
        climb=int(sum(_climb(segment) for segment in segments)),
        fixes=len(fixes),
        placed=placed,
        fastest=max(minutes, default=0.0),
        jumps=sum(metres > JUMP * max(took, 1) for _, took, metres in steps),
        backwards=backwards,
        steadiness=pstdev(speeds) / fmean(speeds) if len(speeds) >= 5 and fmean(speeds) > 0 else None,
        digest=_digest(started, ended, fixes),
    )


def _steps(segment: Sequence[Fix]) -> list[tuple[float, float, float]]:
    """(when, seconds, metres) from fix to fix: by their places, or by the device's count where there are none (indoors)."""
    steps, last_place, last_metres, last = [], None, None, None
    for fix in segment:
        if last is not None and fix.at >= last:
            metres = 0.0
            if fix.place is not None and last_place is not None:
                metres = apart(last_place, fix.place)
            elif fix.place is None and fix.metres is not None and last_metres is not None:
                metres = max(0.0, fix.metres - last_metres)
            steps.append((fix.at, fix.at - last, metres))
        last = fix.at if last is None else max(last, fix.at)
        last_place, last_metres = fix.place or last_place, last_metres if fix.metres is None else fix.metres
    return steps


def _minutes(steps: Sequence[tuple[float, float, float]], started: float) -> list[float]:
    """The mean speed of each minute in which something was recorded."""
    covered: dict[int, float] = {}
    for at, _, metres in steps:
        minute = int((at - started) // MINUTE)
        covered[minute] = covered.get(minute, 0.0) + metres
    return [metres / MINUTE for _, metres in sorted(covered.items())]


def _climb(segment: Sequence[Fix]) -> float:
    """Metres gained, by steps of at least three: less is a barometer's noise."""
    climb, low = 0.0, None
    for height in (fix.height for fix in segment if fix.height is not None):
        if low is None or height < low:
            low = height
        elif height - low >= 3:
            climb, low = climb + height - low, height
    return climb


def _digest(started: float, ended: float, fixes: Sequence[Fix]) -> str:
    """From when it began and ended, and coarsely how far its ends and its middle lie apart; not where."""
    places = [fix.place for fix in fixes if fix.place is not None]
    shape = ""
    if places:
        first, middle, last = places[0], places[len(places) // 2], places[-1]
        shape = f"{_coarse(first, middle)}|{_coarse(middle, last)}"
    return hashlib.sha256(f"{int(started)}|{int(ended)}|{shape}".encode()).hexdigest()


def _coarse(a: tuple[float, float], b: tuple[float, float]) -> int:
    return round(apart(a, b) / 500)
