"""A base as a stream of bytes between two processes, each with a database of its own.

For each table a line of JSON with its name and an Arrow stream of its rows; at the end a line with the rows and
digest of every table, as the sender read them.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, Any

import pyarrow as pa
from django.core.management.color import no_style
from django.db import connection, models, transaction
from django.db.migrations.recorder import MigrationRecorder

from tifo.kernel.public import Refused, bulk, revisions
from tifo.server.moving.tables import Digest, Table, tables

Said = dict[str, tuple[int, str]]
PEOPLE = ("fans_fan", "accounts_user", "campaigns_campaign", "delivery_mailing")
"""A base in which one of these has a row is not empty."""


class _Pipe:
    """A file that Arrow may write to or read from without closing it at the end of a table."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.closed = False

    def write(self, data: Any) -> int:
        return self._file.write(data)

    def read(self, size: int = -1) -> bytes:
        return self._file.read(size)

    def flush(self) -> None:
        self._file.flush()

    def close(self) -> None:
        """Stays open for the next table."""


def migrations() -> list[str]:
    """What made this base's tables what they are."""
    return sorted(f"{app}.{name}" for app, name in MigrationRecorder(connection).applied_migrations())


# -- sending -----------------------------------------------------------------------------------------------


@contextmanager
def snapshot(*, hold: bool) -> Iterator[None]:
    """The base as it is now. `hold`: nobody changes it while the block runs."""
    if connection.vendor == "postgresql":
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            if hold:
                names = ", ".join(f'"{table.name}"' for table in tables())
                cursor.execute(f"LOCK TABLE {names} IN SHARE MODE")
            yield
        return
    with connection.cursor() as cursor:  # a transaction of Django's would take the write lock
        cursor.execute("BEGIN IMMEDIATE" if hold else "BEGIN")
        try:
            yield
        finally:
            cursor.execute("ROLLBACK")


def rows_and_digests(told: Callable[[Table, pa.RecordBatch], None]) -> Said:
    """Read every table; `told` gets each batch. What was read."""
    said: Said = {}
    for table in tables():
        digest = Digest()
        for batch in table.batches():
            digest.add(batch)
            told(table, batch)
        said[table.name] = digest.said()
    return said


def send(out: IO[bytes], *, hold: bool) -> Said:
    """Write this base to `out`."""
    with snapshot(hold=hold):
        out.write(_line({"migrations": migrations()}))
        said: Said = {}
        for table in tables():
            digest = Digest()
            out.write(_line({"table": table.name}))
            with pa.ipc.new_stream(pa.PythonFile(_Pipe(out), mode="w"), table.schema) as stream:
                for batch in table.batches():
                    digest.add(batch)
                    stream.write_batch(batch)
            said[table.name] = digest.said()
        out.write(_line({"end": said}))
        out.flush()
    return said


def _line(said: dict[str, Any]) -> bytes:
    return json.dumps(said).encode() + b"\n"


# -- receiving ---------------------------------------------------------------------------------------------


def receive(source: IO[bytes]) -> Said:
    """Take a base from `source` into this empty one: all of it or nothing. Its tables are there (`tifo migrate`).

    Raises Refused where this base is not empty, where the other is of another version, and where what was written
    does not read back as it was sent.
    """
    with transaction.atomic():
        _empty_or_refuse()
        theirs = _said(source)["migrations"]
        if theirs != migrations():
            odd = sorted(set(theirs) ^ set(migrations()))
            raise Refused(
                f"The two bases are of different versions of tifo ({', '.join(odd[:3])}): "
                "run `tifo migrate` on the one that comes, with this version."
            )
        with _past_triggers():
            for table in tables():
                _run(f'DELETE FROM "{table.name}"')
            sent = _take_tables(source)
        number_on()
        written = rows_and_digests(lambda _table, _batch: None)
        if differ := [name for name in sent if tuple(sent[name]) != written[name]]:
            raise Refused(f"Nothing was moved: {', '.join(differ)} did not read back as it was sent.")
    if connection.vendor == "sqlite":
        _run("PRAGMA wal_checkpoint(TRUNCATE)")
    return written


def _broke_off() -> Refused:
    return Refused("Nothing was moved: the other base broke off.")


def _said(source: IO[bytes]) -> dict[str, Any]:
    line = source.readline()
    if not line.endswith(b"\n"):
        raise _broke_off()
    return dict(json.loads(line))


def _take_tables(source: IO[bytes]) -> Said:
    known = {table.name: table for table in tables()}
    while "table" in (said := _said(source)):
        table = known[said["table"]]
        try:
            with pa.ipc.open_stream(pa.PythonFile(_Pipe(source), mode="r")) as stream:
                for batch in stream:
                    bulk.insert(table.name, pa.Table.from_batches([batch]))
        except pa.ArrowInvalid:
            raise _broke_off() from None
    _go_on_numbering()
    return dict(said["end"])


def _run(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


def _fetch(sql: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


def _empty_or_refuse() -> None:
    for table in PEOPLE:
        if _fetch(f'SELECT 1 FROM "{table}" LIMIT 1'):
            raise Refused(f"Nothing was moved: the base to move into is not empty ({table} has rows).")


@contextmanager
def _past_triggers() -> Iterator[None]:
    """Finished rows may be written, and what migrations put there taken away, while the block runs."""
    if connection.vendor == "postgresql":
        for table in tables():
            _run(f'ALTER TABLE "{table.name}" DISABLE TRIGGER USER')
        yield
        _run("SET CONSTRAINTS ALL IMMEDIATE")  # a table whose checks wait can't be altered
        for table in tables():
            _run(f'ALTER TABLE "{table.name}" ENABLE TRIGGER USER')
        return
    triggers = _fetch("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
    for name, _sql in triggers:
        _run(f'DROP TRIGGER "{name}"')
    yield
    for _name, sql in triggers:
        _run(sql)


def _go_on_numbering() -> None:
    """The next row gets the next number; SQLite knows by itself."""
    from django.apps import apps

    numbered: list[type[models.Model]] = list(apps.get_models(include_auto_created=True))
    for statement in connection.ops.sequence_reset_sql(no_style(), numbered):
        _run(statement)


def number_on() -> None:
    """Let the next transaction's number be above those of all rows, which another server may have stamped."""
    stamped = [table.name for table in tables() if "rev" in table.schema.names]
    newest = max(int(_fetch(f'SELECT coalesce(max(rev), 0) FROM "{name}"')[0][0]) for name in stamped)
    with transaction.atomic():
        behind = revisions.current() <= newest
    if behind:
        revisions.go_on_above(newest)
