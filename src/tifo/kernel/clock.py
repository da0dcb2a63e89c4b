"""The one place that tells the time, so that tests can set it."""

from datetime import UTC, datetime, timedelta

FORGIVEN = timedelta(days=1)  # how far a clock may run ahead without ending a token or a request early


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)


def this_minute() -> datetime:
    """The minute that began last: what screens ask of it can be answered from memory for so long."""
    return now().replace(second=0, microsecond=0)


def over(end: datetime) -> bool:
    """Whether what somebody may still use until `end` is over: a day later than she was told, so that a clock that was
    set a day ahead takes nothing from her (W6)."""
    return now() - end > FORGIVEN
