"""One writer on a working file; at the end of a refresh a copy of it becomes an immutable generation.

DuckDB lets nobody else open a file that is being written, so readers never touch the working file.
"""

import hashlib
import json
import os
import shutil
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from django.conf import settings

from tifo.kernel.public import Refused, archive, crash_point, data_path
from tifo.kernel.public import sentence as _
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

    def prepare(self) -> None:
        """Make what is missing; make anew what has another shape."""
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
            run(f'CREATE OR REPLACE TABLE "{table.name}" ({columns})')
            run("INSERT OR REPLACE INTO lake_position VALUES (?, ?, 0)", [table.name, _signature(table)])

    def positions(self) -> dict[str, int]:
        return dict(self.connection.execute("SELECT name, position FROM lake_position").fetchall())

    def upsert(self, table: LakeTable, batches: Iterable[pa.RecordBatch], *, fresh: bool) -> int:
        count = 0
        match = " AND ".join(f'"{table.name}"."{key}" = incoming."{key}"' for key in table.key)
        for batch in batches:
            self.connection.register("incoming", pa.Table.from_batches([batch]))
            if not fresh:
                self.connection.execute(f'DELETE FROM "{table.name}" USING incoming WHERE {match}')
            self.connection.execute(f'INSERT INTO "{table.name}" SELECT * FROM incoming')
            self.connection.unregister("incoming")
            count += batch.num_rows
        return count

    def append_files(self, table: LakeTable, files: Iterable[Path]) -> int:
        count = 0
        columns = ", ".join(f'"{column.name}"' for column in table.columns)
        for file in files:
            self.connection.execute(
                f'INSERT INTO "{table.name}" SELECT {columns} FROM read_parquet(?)', [str(file)]
            )
            count += self.connection.fetchall()[0][0]
        return count

    def publish(self, as_of: datetime, positions: Mapping[str, int], *, changed: bool) -> Generation:
        run = self.connection.execute
        for name, position in positions.items():
            run("UPDATE lake_position SET position = ? WHERE name = ?", [position, name])
        # The number is committed with the rows, so that what a killed writer left unpublished is seen.
        before = read_pointer(self.folder)
        known = run("SELECT max(number) FROM lake_number").fetchall()[0][0]
        number = int(known or (before.number if before else 0)) + (changed or known is None)
        run("DELETE FROM lake_number")
        run("INSERT INTO lake_number VALUES (?)", [number])
        run("COMMIT")
        if before is None or before.number != number or not generation_path(self.folder, number).exists():
            run("CHECKPOINT")
            self._copy(number)
        generation = Generation(number, as_of, dict(positions))
        write_pointer(self.folder, generation)
        for old in self.folder.glob("generation-*.duckdb"):
            if int(old.stem.split("-")[1]) <= number - KEEP:
                old.unlink()  # whoever has it open keeps reading it
        return generation

    def _copy(self, number: int) -> None:
        final = generation_path(self.folder, number)
        temporary = final.with_suffix(".part")
        shutil.copyfile(self.folder / "work.duckdb", temporary)
        crash_point("lake.copied")
        archive.publish(temporary, final)


def generation_path(folder: Path, number: int) -> Path:
    """The file of a generation."""
    return folder / f"generation-{number}.duckdb"


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
class DuckDBReader:
    """A cursor on one generation."""

    generation: Generation
    connection: duckdb.DuckDBPyConnection

    @property
    def as_of(self) -> datetime:
        return self.generation.as_of

    def sql(self, statement: str, params: Mapping[str, Any] | None = None) -> pa.Table:
        return self.connection.sql(statement, params=dict(params) if params else None).to_arrow_table()


class DuckDBEngine:
    """The lake in files; crash-safe: a writer that dies leaves the last generation as it was."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: tuple[Path, int, duckdb.DuckDBPyConnection] | None = None

    @property
    def folder(self) -> Path:
        return data_path("lake", "current.json").parent

    @contextmanager
    def writing(self) -> Iterator[DuckDBWriter]:
        with self._lease():
            path = self.folder / "work.duckdb"
            connection = _connect(path, read_only=False)
            try:
                writer = DuckDBWriter(connection, self.folder)
                writer.prepare()
                yield writer
            finally:
                connection.close()  # what was not published is rolled back

    def _lease(self) -> AbstractContextManager[None]:
        return file_lease(self.folder / "lease")

    @contextmanager
    def reading(self) -> Iterator[DuckDBReader]:
        generation = self.current()
        if generation is None:
            raise Refused(_("The lake is empty: start `tifo worker`, or run `tifo lake refresh`."))
        connection = self._cursor(generation.number)
        try:
            yield DuckDBReader(generation, connection)
        finally:
            connection.close()

    def _cursor(self, number: int) -> duckdb.DuckDBPyConnection:
        """A cursor of its own on the generation, which this process opens once."""
        with self._lock:
            path = generation_path(self.folder, number)
            if self._open is None or self._open[:2] != (path, os.getpid()):
                self._open = (path, os.getpid(), _connect(path, read_only=True))
            return self._open[2].cursor()

    def current(self) -> Generation | None:
        return read_pointer(self.folder)

    def drop(self) -> None:
        """The working file goes; the published generation serves until the next one is there."""
        with self._lease():
            for path in self.folder.glob("work.duckdb*"):
                path.unlink()
