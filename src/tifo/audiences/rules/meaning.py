"""What a value means at the moment of asking, and how two known things compare.

Truth has two values. A comparison with something unknown (NULL) is false, whichever the comparison, also
`!=` and `not in`; `not` turns it into true. So `language != "fr"` asks for fans known to have another language,
and `not language = "fr"` for everyone not known to have French. Fans who are erased are in no audience.
"""

from collections.abc import Callable, Collection
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from tifo.audiences.types import (
    RELATIVE_DAYS,
    Clause,
    Day,
    Duration,
    Flag,
    Listed,
    Moment,
    Name,
    Number,
    Operator,
    RelativeDay,
    Scalar,
    Text,
    Value,
)

Plain = str | int | float | bool | date | datetime

COMPARE: Final[dict[Operator, Callable[[object, object], bool]]] = {
    "=": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    "<": lambda left, right: left < right,  # type: ignore[operator]
    "<=": lambda left, right: left <= right,  # type: ignore[operator]
    ">": lambda left, right: left > right,  # type: ignore[operator]
    ">=": lambda left, right: left >= right,  # type: ignore[operator]
}


def plain(value: Scalar, now: datetime) -> Plain:
    """The value as Python knows it: a date for days, an aware UTC moment for `6 hours ago`."""
    match value:
        case Text() | Number() | Flag() | Name() | Day() | Moment():
            return value.value
        case RelativeDay():
            return now.astimezone(UTC).date() + timedelta(days=RELATIVE_DAYS[value.value])
        case Duration():
            return now.astimezone(UTC) - value.delta


def day(value: Plain) -> date:
    """The day in UTC that a day or a moment stands for."""
    return value.astimezone(UTC).date() if isinstance(value, datetime) else value  # type: ignore[return-value]


def day_there(value: Scalar, zone: str, now: datetime) -> date:
    """The day that `today`, `tomorrow` or `3 days ago` is by the calendar of a time zone (UTC's where it is unknown)."""
    if not is_relative(value):
        return day(plain(value, now))
    try:
        there = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return _meant(value, now).astimezone(UTC).date()
    if isinstance(value, RelativeDay):
        return now.astimezone(there).date() + timedelta(days=RELATIVE_DAYS[value.value])
    return _meant(value, now).astimezone(there).date()


def is_relative(value: Scalar) -> bool:
    """Whether the day that it means depends on where the question is asked."""
    return isinstance(value, RelativeDay | Duration)


def days_there(value: Scalar, zones: Collection[str] | None, now: datetime) -> dict[date, list[str]]:
    """The time zones in which `value` is another day than in UTC, by that day; None for all zones there are."""
    here = day_there(value, "UTC", now)
    found: dict[date, list[str]] = {}
    for zone in sorted(available_timezones() if zones is None else zones):
        if (there := day_there(value, zone, now)) != here:
            found.setdefault(there, []).append(zone)
    return found


def _meant(value: Scalar, now: datetime) -> datetime:
    if isinstance(value, Duration):
        return now - value.delta
    assert isinstance(value, RelativeDay)  # noqa: S101  the callers saw to it
    return now + timedelta(days=RELATIVE_DAYS[value.value])


def start_of(value: Plain) -> datetime:
    """A moment: itself, or midnight UTC of a day."""
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    return datetime(value.year, value.month, value.day, tzinfo=UTC)  # type: ignore[union-attr]


def scalars(value: Value | None) -> tuple[Scalar, ...]:
    """The single values of a value."""
    if value is None:
        return ()
    return value.values if isinstance(value, Listed) else (value,)


def holds(answer: object, clause: Clause, now: datetime) -> bool:
    """Whether a number compares as the clause asks. Standing alone: more than none. Unknown: never."""
    if answer is None:
        return False
    values = [plain(one, now) for one in scalars(clause.value)]
    match clause.operator:
        case "":
            return answer > 0  # type: ignore[operator]
        case "in":
            return answer in values
        case "not in":
            return answer not in values
        case operator:
            return COMPARE[operator](answer, values[0])
