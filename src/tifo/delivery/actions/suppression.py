"""Addresses that nothing may be sent to, known by their keyed hash only."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from tifo.delivery.actions import statements as sql
from tifo.delivery.models import Suppression
from tifo.kernel.public import Refused, clock

REASONS = ("bounced", "complained", "asked")


def suppress(destination_key: bytes, reason: str = "asked", *, channel: str = "email") -> None:
    """Nothing more to this address (`fans.public.destination_key`). Once is enough; the first reason stays."""
    if reason not in REASONS:
        raise Refused(f"{reason!r} is no reason: use one of {', '.join(REASONS)}.")
    with transaction.atomic():
        _insert([destination_key], reason, channel, clock.now())


def unsuppress(destination_key: bytes, *, channel: str = "email") -> bool:
    """Let it be written to again, e.g. because its owner mended her mailbox; whether it was suppressed."""
    return bool(Suppression.objects.filter(destination_key=destination_key, channel=channel).delete()[0])


def note_bounces(keys: Iterable[bytes], now: datetime) -> None:
    """These addresses do not exist (any more), says their own server; in the caller's transaction."""
    _insert(list(keys), "bounced", "email", now)


def _insert(keys: list[bytes], reason: str, channel: str, now: datetime) -> None:
    sql.run_many(
        "INSERT INTO delivery_suppression (destination_key, channel, reason, since) VALUES (%s, %s, %s, %s) "
        "ON CONFLICT DO NOTHING",
        [(key, channel, reason, sql.moment(now)) for key in keys],
    )
