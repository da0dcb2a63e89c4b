"""The daily check of the points ledger, over the whole base (L1, L2, L3)."""

from collections.abc import Iterator

from django.db import connection

from tifo.kernel.public import Broken, Said
from tifo.kernel.public import sentence as _

SHOWN = 5
_CHANGED = _("Find out who wrote into the database by hand; put back what it was from a backup.")


def broken_promises() -> list[Broken]:
    """What does not hold now; empty where all is well."""
    return [*_zero(), *_cached(), *_lots()]


def _found(promise: str, says: Said, sql: str) -> Iterator[Broken]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT what, count(*) OVER () FROM ({sql}) AS found ORDER BY what LIMIT {SHOWN}")
        rows = cursor.fetchall()
    if rows:
        yield Broken(promise, rows[0][1], says, _CHANGED, tuple(str(what) for what, _count in rows))


def _zero() -> Iterator[Broken]:
    yield from _found(
        "L1",
        _("All entries of a currency together are not zero."),
        "SELECT currency AS what FROM points_entry GROUP BY currency HAVING sum(amount) <> 0",
    )
    yield from _found(
        "L1",
        _("Transfers touch no account of the fan they name, or two."),
        "SELECT t.id AS what FROM points_transfer t "
        "LEFT JOIN points_account a ON a.fan_id = t.fan_id AND a.currency = t.currency "
        "WHERE a.id IS NULL OR (CASE WHEN t.debit_id = a.id THEN t.credit_id WHEN t.credit_id = a.id "
        "THEN t.debit_id ELSE 0 END) >= 0",
    )


def _cached() -> Iterator[Broken]:
    yield from _found(
        "L2",
        _("Balances are not the sum of their entries."),
        "SELECT a.id AS what FROM points_account a LEFT JOIN points_entry e ON e.account_id = a.id "
        "GROUP BY a.id, a.balance HAVING coalesce(sum(e.amount), 0) <> a.balance",
    )


def _lots() -> Iterator[Broken]:
    yield from _found(
        "L2",
        _("Lots are not what their moves left of them."),
        "SELECT l.id AS what FROM points_lot l LEFT JOIN points_lotmove m ON m.lot_id = l.id "
        "GROUP BY l.id, l.amount, l.remaining HAVING l.amount + coalesce(sum(m.amount), 0) <> l.remaining",
    )
    yield from _found(
        "L3",
        _("What lies in the lots of a fan is not what she has."),
        "SELECT a.id AS what FROM points_account a LEFT JOIN points_lot l ON l.account_id = a.id "
        "WHERE a.currency = 'points' GROUP BY a.id, a.balance, a.floor "
        "HAVING coalesce(sum(l.remaining), 0) <> a.balance - a.floor",
    )
