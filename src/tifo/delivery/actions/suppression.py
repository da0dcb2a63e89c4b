"""Addresses that nothing may be sent to, known by their keyed hash only."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from tifo.delivery.actions import statements as sql
from tifo.delivery.models import Suppression
from tifo.kernel.public import Refused, clock

REASONS = (
    "complained",
    "bounced",
    "asked",
)  # by weight: the heaviest stays, in whatever order they come (W1)
_WEIGHT = "CASE {} WHEN 'complained' THEN 0 WHEN 'bounced' THEN 1 ELSE 2 END"


def suppress(destination_key: bytes, reason: str = "asked", *, channel: str = "email") -> None:
    """Nothing more to this address (`fans.public.destination_key`). Once is enough; the heaviest reason stays."""
    if reason not in REASONS:
        raise Refused(f"{reason!r} is no reason: use one of {', '.join(REASONS)}.")
    with transaction.atomic():
        note_suppressed([destination_key], reason, clock.now(), channel)


def unsuppress(destination_key: bytes, *, channel: str = "email") -> bool:
    """Let it be written to again, e.g. because its owner mended her mailbox; whether it was suppressed."""
    return bool(Suppression.objects.filter(destination_key=destination_key, channel=channel).delete()[0])


def note_bounces(keys: Iterable[bytes], now: datetime) -> None:
    """These addresses do not exist (any more), says their own server; in the caller's transaction."""
    note_suppressed(list(keys), "bounced", now)


def note_suppressed(keys: list[bytes], reason: str, now: datetime, channel: str = "email") -> None:
    """In the caller's transaction."""
    heavier = f"{_WEIGHT.format('excluded.reason')} > {_WEIGHT.format('delivery_suppression.reason')}"
    sql.run_many(
        "INSERT INTO delivery_suppression (destination_key, channel, reason, since) VALUES (%s, %s, %s, %s) "
        f"ON CONFLICT (destination_key, channel) DO UPDATE SET reason = excluded.reason WHERE {heavier}",
        [(key, channel, reason, sql.moment(now)) for key in sorted(keys)],
    )
