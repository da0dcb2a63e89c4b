"""Numbers that order committed transactions: the outbox and the lake read what changed by them."""

from django.db import connection, transaction

_REACHED = "coalesce((SELECT max(value) FROM kernel_revision), 0)"


def current() -> int:
    """The number to stamp on rows written in this transaction.

    PostgreSQL: the transaction's id, read below the oldest one still open (see `settled`), on top of what a base that
    came from elsewhere had reached (`go_on_above`). SQLite: a counter under the one write lock; each call takes the
    next number, so that a rolled-back savepoint can't hand it out twice.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError(
            "a revision belongs to a transaction: use transaction.atomic()"
        )
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"SELECT pg_current_xact_id()::text::bigint + {_REACHED}")
        else:
            cursor.execute(
                "INSERT INTO kernel_revision (id, value) VALUES (1, 1) "
                "ON CONFLICT (id) DO UPDATE SET value = kernel_revision.value + 1 RETURNING value"
            )
        return int(cursor.fetchone()[0])


def settled() -> int:
    """Every row stamped with this number or a lower one is committed and visible, or never will be."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint - 1 + {_REACHED}")
        else:
            cursor.execute("SELECT coalesce(max(value), 0) FROM kernel_revision")
        return int(cursor.fetchone()[0])


def go_on_above(newest: int) -> None:
    """Let the numbers go on above `newest`: this base, or its rows, came from another server or engine."""
    with transaction.atomic(), connection.cursor() as cursor:
        reached = newest
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_current_xact_id()::text::bigint")
            reached = newest - int(cursor.fetchone()[0]) + 1
        cursor.execute(
            "INSERT INTO kernel_revision (id, value) VALUES (1, %s) ON CONFLICT (id) DO UPDATE SET value = "
            "CASE WHEN excluded.value > kernel_revision.value THEN excluded.value ELSE kernel_revision.value END",
            [max(reached, 0)],
        )
