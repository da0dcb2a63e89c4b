"""Small parts of the ledger's SQL that hold on both databases."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import connection


def ids(numbers: Iterable[int]) -> str:
    """A list for `IN (…)`, from numbers only."""
    return ",".join(map(str, map(int, numbers))) or "NULL"


def moment(value: datetime | None) -> Any:
    """A moment as the database's driver takes it."""
    return connection.ops.adapt_datetimefield_value(value)


def read_moment(value: Any) -> Any:
    """A moment as the driver gave it, aware."""
    if isinstance(value, str):
        from datetime import UTC

        return datetime.fromisoformat(value).replace(tzinfo=UTC)
    return value


def locked(how: str = "FOR UPDATE") -> str:
    """The row lock's clause; SQLite's one writer needs none."""
    return how if connection.vendor == "postgresql" else ""


def run(sql: str, params: Sequence[Any] = ()) -> int:
    """Execute; how many rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return int(cursor.rowcount)


def run_many(sql: str, rows: Sequence[Sequence[Any]]) -> None:
    """Execute once for each row of parameters."""
    if rows:
        with connection.cursor() as cursor:
            cursor.executemany(sql, rows)


def fetch(sql: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """All rows."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())


def durable() -> None:
    """Have this transaction's commit wait for the disk, whatever the server's default is (M8). SQLite runs with
    synchronous=FULL."""
    if connection.vendor == "postgresql":
        run("SET LOCAL synchronous_commit = on")
