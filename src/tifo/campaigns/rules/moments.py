"""When fans get a message: the same moment for all, or the same wall time in each fan's own zone."""

from collections.abc import Mapping
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from tifo.campaigns.types import Span, Timing


def due_in(timing: Timing, zone: str, now: datetime) -> datetime:
    """When a fan of this zone gets it at the earliest."""
    if timing.at is None:
        return now
    if not timing.own_zone:
        return max(timing.at, now)
    wall = timing.at.astimezone(UTC).replace(tzinfo=ZoneInfo(zone))
    # an hour that comes twice means the second, one that the clock leaps over the hour after: as the lake reads it
    return max(wall.replace(fold=0).astimezone(UTC), wall.replace(fold=1).astimezone(UTC), now)


def span(timing: Timing, zones: Mapping[str, int], now: datetime) -> Span | None:
    """From the first to the last due moment over the zones of an audience (fans per zone)."""
    due = {zone: due_in(timing, zone, now) for zone in zones}
    if not due:
        return None
    first, last = min(due, key=lambda zone: due[zone]), max(due, key=lambda zone: due[zone])
    at_once = sum(fans for zone, fans in zones.items() if timing.at is not None and due[zone] <= now)
    return Span(due[first], due[last], first, last, len(zones), at_once)
