"""The public log: append-only, one for all offers, each entry bound to the one before by its hash."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from tifo.kernel.public import clock
from tifo.rewards.models import LogEntry, LogHead
from tifo.rewards.rules.exact import NOTHING, log_entry

THE_HEAD = 1


def append(kind: str, offer: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """Write an entry in the caller's transaction, and give it. The head stays locked until that ends: write it last."""
    LogHead.objects.bulk_create([LogHead(id=THE_HEAD, number=0, hash=NOTHING)], ignore_conflicts=True)
    head = LogHead.objects.select_for_update().get(id=THE_HEAD)
    at = max(
        to_the_second(clock.now()), head.at or datetime.min.replace(tzinfo=UTC)
    )  # a clock set back tells nothing
    entry = log_entry(head.number + 1, at, kind, offer, body, head.hash)
    LogEntry.objects.create(**{**entry, "at": at})
    LogHead.objects.filter(id=THE_HEAD).update(number=entry["number"], at=at, hash=entry["hash"])
    return entry


def to_the_second(at: datetime) -> datetime:
    """The log knows no fractions."""
    return at.replace(microsecond=0)
