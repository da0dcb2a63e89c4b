"""One writer on a working file; at the end of a refresh it becomes an immutable generation by its name.

DuckDB lets nobody else open a file that is being written, so readers never touch the working file. Where the next one
comes from: `recycling`.
"""

import hashlib
import json
import os
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import IO

import duckdb
import pyarrow as pa
from django.conf import settings

from tifo.kernel.public import Refused, archive, crash_point, data_path
from tifo.kernel.public import sentence as _
from tifo.lake.adapters.duckdb import recycling
from tifo.lake.adapters.duckdb.reader import DuckDBReader
from tifo.lake.adapters.duckdb.recycling import Change, generation_path
from tifo.lake.adapters.lease import file_lease
from tifo.lake.ports import Generation
from tifo.lake.rules import tables
from tifo.lake.types import Column, Kind, LakeTable

KEEP = 2  # generations: the current one and one for readers that opened it just before

_SQL_TYPES = {Kind.TEXT: "VARCHAR", Kind.BOOL: "BOOLEAN", Kind.DATE: "DATE", Kind.MOMENT: "TIMESTAMP"}


def sql_type(column: Column) -> str:
    """The DuckDB type of a column."""
    if column.kind is Kind.NUMBER:
        return "BIGINT" if column.integer else "DOUBLE"
    return _SQL_TYPES[column.kind]


def _signature(table: LakeTable) -> str:
    """Changes when the table's shape or edition does, so that it is made anew."""
    shape: list[object] = [
        table.key,
        [(column.name, sql_type(column)) for column in table.columns],
        table.truth,
    ]
    if table.edition is not None:
        shape.append(table.edition())
    return hashlib.sha256(json.dumps(shape).encode()).hexdigest()[:16]


def _connect(path: Path, *, read_only: bool) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(
        str(path),
        read_only=read_only,
        config={
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "memory_limit": settings.TIFO_LAKE_MEMORY,
            "temp_directory": str(data_path("lake", "temp")),
            "preserve_insertion_order": "false",
        },
    )


@dataclass
class DuckDBWriter:
    """Writes inside one DuckDB transaction on the working file."""

    connection: duckdb.DuckDBPyConnection
    folder: Path
    change: Change = field(init=False)
    anew: bool = False

    def __post_init__(self) -> None:
        self.change = Change(self.folder)

    def prepare(self) -> None:
        """Bring it to the current generation; make what is missing, and anew what has another shape."""
        run = self.connection.execute
        run("BEGIN")
        run(
            "CREATE TABLE IF NOT EXISTS lake_position (name VARCHAR PRIMARY KEY, signature VARCHAR, position BIGINT)"
        )
        run("CREATE TABLE IF NOT EXISTS lake_number (number BIGINT)")
        known = dict(run("SELECT name, signature FROM lake_position").fetchall())
        for table in tables().values():
            if known.get(table.name) == _signature(table):
                continue
            columns = ", ".join(f'"{column.name}" {sql_type(column)}' for column in table.columns)
            self.anew = True
            run(f'CREATE OR REPLACE TABLE "{table.name}" ({columns})')
            run("INSERT OR REPLACE INTO lake_position VALUES (?, ?, 0)", [table.name, _signature(table)])

        current = read_pointer(self.folder)
        # Rows that no generation has, or tables made anew: what leads from the last generation here isn't known whole.
        self.change.kept = not self.anew and current is not None and self.number() == current.number
        self.change.begin()

    def number(self) -> int | None:
        """The generation that the file is at; None where it is new."""
        known: int | None = self.connection.execute("SELECT max(number) FROM lake_number").fetchall()[0][0]
        return known

    def _at(self, number: int, positions: Mapping[str, int]) -> None:
        run = self.connection.execute
        for name, position in positions.items():
            run("UPDATE lake_position SET position = ? WHERE name = ?", [position, name])
        run("DELETE FROM lake_number")
        run("INSERT INTO lake_number VALUES (?)", [number])

    def follow(self, kept: recycling.Kept, number: int) -> None:
        """Write again what led to the generation `number`: the file is at the one before."""
        self.connection.execute("BEGIN")
        for name, verb, path in kept.steps:
            with pa.ipc.open_file(path) as rows:
                if verb == "replace":
                    self._replace(tables()[name], rows.read_all())
                else:
                    self._insert(name, rows.read_all())
        self._at(number, kept.positions)
        self.connection.execute("COMMIT")

    def positions(self) -> dict[str, int]:
        return dict(self.connection.execute("SELECT name, position FROM lake_position").fetchall())

    def upsert(self, table: LakeTable, batches: Iterable[pa.RecordBatch], *, fresh: bool) -> int:
        if fresh:
            return self._fill(table, iter(batches))
        count = 0
        for batch in batches:
            rows = pa.Table.from_batches([batch])
            self._replace(table, rows)
            self.change.add(table.name, "replace", rows)
            count += rows.num_rows
        return count

    def _replace(self, table: LakeTable, rows: pa.Table) -> None:
        match = " AND ".join(f'"{table.name}"."{key}" = incoming."{key}"' for key in table.key)
        self.connection.register("incoming", rows)
        self.connection.execute(f'DELETE FROM "{table.name}" USING incoming WHERE {match}')
        self.connection.unregister("incoming")
        self._insert(table.name, rows)

    def _insert(self, name: str, rows: pa.Table | pa.RecordBatchReader) -> int:
        self.connection.register("incoming", rows)
        self.connection.execute(f'INSERT INTO "{name}" SELECT * FROM incoming')
        count: int = self.connection.fetchall()[0][0]
        self.connection.unregister("incoming")
        return count

    def _fill(self, table: LakeTable, batches: Iterator[pa.RecordBatch]) -> int:
        """In one statement, by all processors, while the rows are still being read."""
        first = next(batches, None)
        if first is None:
            return 0
        self.change.kept = False
        # In the order of the truth they compress better, and a question about some fans skips more of them.
        self.connection.execute("SET preserve_insertion_order = true")
        return self._insert(
            table.name, pa.RecordBatchReader.from_batches(first.schema, chain([first], batches))
        )

    def append_files(self, table: LakeTable, files: Iterable[Path]) -> int:
        count = 0
        columns = ", ".join(f'"{column.name}"' for column in table.columns)
        for file in files:
            run = self.connection.execute
            if self.change.kept:
                rows = self.connection.sql(
                    f"SELECT {columns} FROM read_parquet($file)", params={"file": str(file)}
                ).to_arrow_table()
                self.change.add(table.name, "append", rows)
                count += self._insert(table.name, rows)
                continue
            run(f'INSERT INTO "{table.name}" SELECT {columns} FROM read_parquet(?)', [str(file)])
            count += self.connection.fetchall()[0][0]
        return count

    def publish(self, as_of: datetime, positions: Mapping[str, int], *, changed: bool) -> Generation:
        # The number is committed with the rows, so that what a killed writer left unpublished is seen.
        before, known = read_pointer(self.folder), self.number()
        changed = changed or self.anew or known is None
        number = max(known or 0, before.number if before else 0) + changed
        if changed:
            self.change.keep(number, positions)
        self._at(number, positions)
        self.connection.execute("COMMIT")
        new = before is None or before.number != number or not generation_path(self.folder, number).exists()
        if new:
            self.connection.execute("CHECKPOINT")
        self.connection.close()
        if new:
            crash_point("lake.copied")
            archive.publish(work_path(self.folder), generation_path(self.folder, number))
            crash_point("lake.named")
        generation = Generation(number, as_of, dict(positions))
        write_pointer(self.folder, generation)
        recycling.forget(self.folder, number - KEEP + 1)
        return generation


def work_path(folder: Path) -> Path:
    """The file that is written."""
    return folder / "work.duckdb"


def read_pointer(folder: Path) -> Generation | None:
    """Which generation is current."""
    try:
        said = json.loads((folder / "current.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return Generation(said["number"], datetime.fromisoformat(said["as_of"]), said["positions"])


def write_pointer(folder: Path, generation: Generation) -> None:
    """Make a generation current."""
    temporary = folder / f"current.{os.getpid()}.part"
    said = {
        "number": generation.number,
        "as_of": generation.as_of.isoformat(),
        "positions": dict(generation.positions),
    }
    temporary.write_text(json.dumps(said), encoding="utf-8")
    archive.publish(temporary, folder / "current.json")


@dataclass
class _Opened:
    """A generation that this process has open, kept as it is by a lock."""

    path: Path
    process: int
    connection: duckdb.DuckDBPyConnection
    kept: IO[str]
    readers: int = 0

    def close(self) -> None:
        if self.process == os.getpid():  # else it is the parent's
            self.connection.close()
            self.kept.close()


class DuckDBEngine:
    """The lake in files; crash-safe: a writer that dies leaves the last generation as it was."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: _Opened | None = None

    @property
    def folder(self) -> Path:
        return data_path("lake", "current.json").parent

    @contextmanager
    def writing(self) -> Iterator[DuckDBWriter]:
        with self._lease():
            self._let_go()
            self._have_work()
            if not work_path(self.folder).exists():
                self._new_work()
            connection = _connect(work_path(self.folder), read_only=False)
            try:
                writer = DuckDBWriter(connection, self.folder)
                writer.prepare()
                yield writer
            finally:
                connection.close()  # what was not published is rolled back

    def _have_work(self) -> None:
        """A file for the writer that is at the current generation, or holds what a killed writer committed after it."""
        work, current = work_path(self.folder), self.current()
        if current is None or self._left(work, current.number):
            return
        if not self._recycled(work, current.number):
            recycling.copy(self.folder, current.number, work)

    def _recycled(self, work: Path, number: int) -> bool:
        kept = recycling.change_to(self.folder, number)
        if kept is None or not recycling.take(self.folder, number - 1, work):
            return False
        crash_point("lake.taken")
        connection = _connect(work, read_only=False)
        try:
            DuckDBWriter(connection, self.folder).follow(kept, number)
        except (duckdb.Error, pa.ArrowException, OSError, KeyError):  # another version's, or damaged
            connection.close()
            self._forget_work()
            return False
        finally:
            connection.close()
        crash_point("lake.followed")
        return True

    def _new_work(self) -> None:
        """An empty file for the writer: whole, or not there. DuckDB can't open one that it began to make."""
        self._forget_work()
        _connect(fresh := self.folder / "work.duckdb.fresh", read_only=False).close()
        archive.publish(fresh, work_path(self.folder))

    def _forget_work(self) -> None:
        for path in self.folder.glob("work.duckdb*"):
            path.unlink()

    def _left(self, work: Path, current: int) -> bool:
        """Whether what lies there can be gone on with; one that had not yet followed is of no use."""
        if not work.exists():
            return False
        connection = _connect(work, read_only=False)
        try:
            known = connection.execute(
                "SELECT table_name FROM duckdb_tables() WHERE table_name = 'lake_number'"
            ).fetchall()
            number = (
                connection.execute("SELECT max(number) FROM lake_number").fetchall()[0][0] if known else None
            )
        finally:
            connection.close()
        if number is None or number >= current:
            return True
        self._forget_work()
        return False

    def _lease(self) -> AbstractContextManager[None]:
        return file_lease(self.folder / "lease")

    @contextmanager
    def reading(self) -> Iterator[DuckDBReader]:
        opened, generation = self._opened()
        connection = opened.connection.cursor()
        try:
            yield DuckDBReader(generation, connection)
        finally:
            connection.close()
            with self._lock:
                opened.readers -= 1
                if opened is not self._open and not opened.readers:
                    opened.close()

    def _opened(self) -> tuple[_Opened, Generation]:
        """The current generation, which this process opens once; its readers count one more."""
        with self._lock:
            while True:
                generation = self.current()
                if generation is None:
                    raise Refused(_("The lake is empty: start `tifo worker`, or run `tifo lake refresh`."))
                path = generation_path(self.folder, generation.number)
                if self._open is None or (self._open.path, self._open.process) != (path, os.getpid()):
                    kept = recycling.hold(self.folder, generation.number)
                    if kept is None:
                        if self.current() == generation:
                            raise Refused(
                                _("The lake is empty: start `tifo worker`, or run `tifo lake refresh`.")
                            )
                        continue  # two refreshes went by since we looked
                    self._close_idle()
                    self._open = _Opened(path, os.getpid(), _connect(path, read_only=True), kept)
                self._open.readers += 1
                return self._open, generation

    def _close_idle(self) -> None:
        if self._open is not None and not self._open.readers:
            self._open.close()
        self._open = None

    def _let_go(self) -> None:
        """Don't hold back a generation that nobody reads here: the writer may want it."""
        with self._lock:
            current = self.current()
            if current and self._open and self._open.path != generation_path(self.folder, current.number):
                self._close_idle()

    def current(self) -> Generation | None:
        return read_pointer(self.folder)

    def drop(self) -> None:
        """The working file is empty; the published generation serves until the next one is there."""
        with self._lease():
            self._new_work()
