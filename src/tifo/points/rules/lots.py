"""Which lots a payment takes: the one that expires first goes first, so that nobody loses points she could have spent."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NamedTuple

NEVER = datetime.max.replace(tzinfo=UTC)


class Lot(NamedTuple):
    """What is left of one earning."""

    id: int
    remaining: int
    expires_at: datetime | None


class Taken(NamedTuple):
    """From which lots how much, and how much no lot could give."""

    parts: tuple[tuple[int, int], ...]
    missing: int


def taken(lots: Iterable[Lot], amount: int) -> Taken:
    """Take `amount` from the lots, soonest expiry first, and of equal ones the oldest."""
    parts = []
    for lot in sorted(lots, key=lambda lot: (lot.expires_at or NEVER, lot.id)):
        if not amount:
            break
        part = min(lot.remaining, amount)
        if part:
            parts.append((lot.id, part))
            amount -= part
    return Taken(tuple(parts), amount)
