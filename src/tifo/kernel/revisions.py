"""Numbers that order committed transactions: the outbox and the lake read what changed by them."""

from django.db import connection, transaction


def current() -> int:
    """The number to stamp on rows written in this transaction.

    PostgreSQL: the transaction's id, read below the oldest one still open (see `settled`). SQLite: a counter under
    the one write lock; each call takes the next number, so that a rolled-back savepoint can't hand it out twice.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError(
            "a revision belongs to a transaction: use transaction.atomic()"
        )
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_current_xact_id()::text::bigint")
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
            cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint - 1")
        else:
            cursor.execute("SELECT coalesce(max(value), 0) FROM kernel_revision")
        return int(cursor.fetchone()[0])
