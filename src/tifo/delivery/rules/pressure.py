"""How often and at what hours a fan may be written to."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from tifo.kernel.public import Refused

_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


@dataclass(frozen=True)
class Cap:
    """At most `most` messages within `within`."""

    most: int
    within: timedelta


@lru_cache(maxsize=8)
def cap(text: str) -> Cap | None:
    """Read TIFO_PRESSURE_CAP, e.g. "3/7d"; None when it is empty."""
    if not text:
        return None
    found = re.fullmatch(r"(\d+)/(\d+)([hdw])", text.strip())
    if not found or not int(found[2]):
        raise Refused(f"TIFO_PRESSURE_CAP={text!r} can't be read: write e.g. 3/7d for three in seven days.")
    return Cap(int(found[1]), int(found[2]) * _UNITS[found[3]])


@lru_cache(maxsize=8)
def quiet_hours(text: str) -> tuple[time, time] | None:
    """Read TIFO_QUIET_HOURS, e.g. "21:00-08:00"; None when it is empty."""
    if not text:
        return None
    found = re.fullmatch(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)", text.strip())
    if not found:
        raise Refused(f"TIFO_QUIET_HOURS={text!r} can't be read: write e.g. 21:00-08:00.")
    numbers = [int(part) for part in found.groups()]
    return time(numbers[0], numbers[1]), time(numbers[2], numbers[3])


@lru_cache(maxsize=512)
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # no such zone: fans keep what they typed
        return ZoneInfo("UTC")


def quiet_until(hours: tuple[time, time], zone: str, moment: datetime) -> datetime | None:
    """When the quiet hours around `moment` end in that zone (UTC when unknown); None when it isn't quiet."""
    start, end = hours
    local = moment.astimezone(_zone(zone or "UTC"))
    clock = local.time()
    inside = start <= clock < end if start <= end else clock >= start or clock < end
    if not inside:
        return None
    day = local.date() if clock < end else local.date() + timedelta(days=1)
    # Where an hour comes twice: the end of the one that she is in.
    fold = local.fold if day == local.date() else 0
    return datetime.combine(day, end.replace(fold=fold), local.tzinfo).astimezone(UTC)
