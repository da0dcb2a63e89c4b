"""Tickets by fan."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import connection

from tifo.spectators.types import HeldTicket, Ticket

MOST_PLACES = 10_000
"""Placeholders in one statement: SQLite takes 32,766, PostgreSQL 65,535."""

_COLUMNS = 'ref, category, gate, block, "row", seat, status, session_id'


def tickets_held(
    fan_ids: Collection[int], *, upcoming_from: datetime | None = None
) -> dict[int, list[HeldTicket]]:
    """What each of these fans holds, not cancelled, in the order of its start; fans without a ticket are absent.

    `upcoming_from`: only for sessions that end after this moment.
    """
    ids = list(fan_ids)
    rows: list[tuple[Any, ...]] = []
    with connection.cursor() as cursor:
        for start in range(0, len(ids), MOST_PLACES):
            part = ids[start : start + MOST_PLACES]
            places = ", ".join(["%s"] * len(part))
            cursor.execute(
                f"SELECT fan_id, {_COLUMNS} FROM spectators_ticket "
                f"WHERE fan_id IN ({places}) AND status <> 'cancelled'",
                part,
            )
            rows += cursor.fetchall()
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
    wanted = list(ids)
    shown: dict[int, Sequence[Any]] = {}
    with connection.cursor() as cursor:
        for start in range(0, len(wanted), MOST_PLACES):
            part = wanted[start : start + MOST_PLACES]
            places = ", ".join(["%s"] * len(part))
            cursor.execute(
                "SELECT s.id, s.code, s.sport, s.sport_code, s.programme, v.name, v.code, v.timezone, "
                "s.starts_at, s.ends_at FROM spectators_session s "
                f"JOIN spectators_venue v ON v.id = s.venue_id WHERE s.id IN ({places})",
                part,
            )
            for row in cursor.fetchall():
                shown[row[0]] = (*row[1:8], _moment(row[8]), _moment(row[9]))
    return shown


def _moment(value: datetime | str) -> datetime:
    """Aware. SQLite holds moments as texts in UTC, and its driver gives them without their zone."""
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
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
