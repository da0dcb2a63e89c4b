"""Tickets by fan."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import connection

from tifo.kernel.public import bulk
from tifo.spectators.types import HeldTicket, Ticket

_COLUMNS = 'ref, category, gate, block, "row", seat, status, session_id'


def tickets_held(
    fan_ids: Collection[int], *, upcoming_from: datetime | None = None
) -> dict[int, list[HeldTicket]]:
    """What each of these fans holds, not cancelled, in the order of its start; fans without a ticket are absent.

    `upcoming_from`: only for sessions that end after this moment.
    """
    condition, wanted = bulk.among("fan_id", fan_ids)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT fan_id, {_COLUMNS} FROM spectators_ticket WHERE {condition} AND status <> 'cancelled'",
            [wanted],
        )
        rows = cursor.fetchall()
    shown = _sessions({row[8] for row in rows})
    held = defaultdict(list)
    for row in rows:
        session = shown[row[8]]
        if upcoming_from is None or session[-1] > upcoming_from:
            held[row[0]].append(HeldTicket(*row[1:8], *session))
    for tickets in held.values():
        tickets.sort(key=_by_start)
    return dict(held)


def _by_start(ticket: HeldTicket) -> tuple[datetime, str, str]:
    return ticket.starts_at, ticket.code, ticket.ref


def _sessions(ids: Iterable[int]) -> dict[int, Sequence[Any]]:
    """The part of a HeldTicket that the session gives. Past the ORM: weaving asks for it per few hundred fans."""
    condition, wanted = bulk.among("s.id", ids)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT s.id, s.code, s.sport, s.sport_code, s.programme, v.name, v.code, v.timezone, "
            "CAST(s.starts_at AS text), CAST(s.ends_at AS text) FROM spectators_session s "
            f"JOIN spectators_venue v ON v.id = s.venue_id WHERE {condition}",
            [wanted],
        )
        return {row[0]: (*row[1:8], _moment(row[8]), _moment(row[9])) for row in cursor.fetchall()}


def _moment(text: str) -> datetime:
    """Aware. As text because Django's converter for SQLite takes four times as long; there it has no zone."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def tickets_of(fan_id: int) -> list[Ticket]:
    """All that a fan holds or bought, cancelled tickets too, in the order of their start."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT fan_id, buyer_fan_id, {_COLUMNS} FROM spectators_ticket "
            "WHERE fan_id = %s OR buyer_fan_id = %s",
            [fan_id, fan_id],
        )
        rows = cursor.fetchall()
    shown = _sessions({row[9] for row in rows})
    found = [
        Ticket(row[0] == fan_id, row[1] == fan_id, HeldTicket(*row[2:9], *shown[row[9]])) for row in rows
    ]
    return sorted(found, key=lambda one: _by_start(one.ticket))
