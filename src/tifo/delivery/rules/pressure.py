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
    """At most `most` messages within `within`; of one purpose, or where that is empty of all together."""

    most: int
    within: timedelta
    purpose: str = ""


@lru_cache(maxsize=8)
def caps(text: str) -> tuple[Cap, ...]:
    """Read TIFO_PRESSURE_CAP, e.g. "3/7d" or "3/7d newsletter=1/1d"; none when it is empty."""
    found = []
    for part in text.split():
        match = re.fullmatch(r"(?:([a-z0-9_-]+)=)?(\d+)/(\d+)([hdw])", part)
        if not match or not int(match[3]):
            raise Refused(
                f"TIFO_PRESSURE_CAP={text!r} can't be read: write e.g. 3/7d for three in seven days, and "
                "newsletter=1/1d after a blank for one a day of these."
            )
        found.append(Cap(int(match[2]), int(match[3]) * _UNITS[match[4]], match[1] or ""))
    return tuple(found)


def binding(text: str, purpose: str) -> tuple[Cap, ...]:
    """Those that bind a message of this purpose."""
    return tuple(cap for cap in caps(text) if cap.purpose in ("", purpose))


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
