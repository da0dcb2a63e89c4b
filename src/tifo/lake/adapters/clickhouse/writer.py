"""Changing the live tables, and freezing what they hold.

ClickHouse has no transaction over several tables. So that a writer that dies half-way leaves no trace, each one notes
which live tables it is about to touch; the next one finds a note without a publication after it, and makes these
tables anew from the frozen ones, again by hard links.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from tifo.kernel.public import Refused, clock, crash_point
from tifo.kernel.public import sentence as _
from tifo.lake.ports import Generation
from tifo.lake.rules import tables
from tifo.lake.types import Column, Kind, LakeTable

KEPT = timedelta(minutes=5)
"""How long the tables of a superseded generation stay for those who still read it."""
ROWS = 200_000  # a file is handed over in pieces of so many rows

_TYPES = {
    Kind.TEXT: "LowCardinality(Nullable(String))",  # the lake holds codes and names of things, no free text
    Kind.BOOL: "Nullable(Bool)",
    Kind.DATE: "Nullable(Date32)",
    Kind.MOMENT: "Nullable(DateTime64(6, 'UTC'))",
}
_KEYS = {Kind.TEXT: "String", Kind.NUMBER: "Int64"}
_FROZEN = "SETTINGS max_bytes_to_merge_at_max_space_in_pool = 1"  # merging is for the live ones


class Server(Protocol):
    """What is asked of the client."""

    database: str

    def run(self, statement: str, params: Mapping[str, Any] | None = None) -> None:
        """Carry out a command."""

    def ask(self, statement: str, params: Mapping[str, Any] | None = None) -> pa.Table:
        """The answer to a SELECT."""

    def insert(self, table: str, rows: pa.Table) -> None:
        """Add rows to a table of the lake's database."""


@dataclass(frozen=True)
class Pointer:
    """What is published. `tables`: the frozen table of each; `retired`: superseded ones, and since when."""

    step: int = 0
    number: int = 0
    as_of: datetime = datetime(1970, 1, 1, tzinfo=UTC)
    positions: Mapping[str, int] = field(default_factory=dict)
    signatures: Mapping[str, str] = field(default_factory=dict)
    tables: Mapping[str, str] = field(default_factory=dict)
    retired: Mapping[str, str] = field(default_factory=dict)

    def written(self) -> str:
        said = {
            "number": self.number,
            "as_of": self.as_of.isoformat(),
            "positions": dict(self.positions),
            "signatures": dict(self.signatures),
            "tables": dict(self.tables),
            "retired": dict(self.retired),
        }
        return json.dumps(said)


def quoted(name: str) -> str:
    """A name as ClickHouse takes any."""
    return "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"


def sql_type(column: Column, *, key: bool) -> str:
    """The ClickHouse type of a column; what orders a table is never NULL."""
    if key:
        return _KEYS[column.kind]
    if column.kind is Kind.NUMBER:
        return "Nullable(Int64)" if column.integer else "Nullable(Float64)"
    return _TYPES[column.kind]


def _columns(table: LakeTable) -> str:
    return ", ".join(
        f"{quoted(column.name)} {sql_type(column, key=column.name in table.key)}" for column in table.columns
    )


def _signature(table: LakeTable) -> str:
    """Changes when the table's shape does, so that a lake made by an older tifo rebuilds it."""
    edition = [table.edition()] if table.edition is not None else []
    return hashlib.sha256(
        json.dumps([table.key, _columns(table), table.truth, *edition]).encode()
    ).hexdigest()[:16]


def newest(server: Server) -> Pointer | None:
    """What is published now; None where there never was anything."""
    place = f"{quoted(server.database)}.tifo_generation"
    if not server.ask(f"EXISTS TABLE {place}").column(0)[0].as_py():
        return None
    rows = server.ask(f"SELECT step, said FROM {place} ORDER BY step DESC LIMIT 1").to_pylist()
    if not rows:
        return None
    said = json.loads(rows[0]["said"])
    return Pointer(
        step=rows[0]["step"],
        number=said["number"],
        as_of=datetime.fromisoformat(said["as_of"]),
        positions=said["positions"],
        signatures=said["signatures"],
        tables=said["tables"],
        retired=said["retired"],
    )


class ClickHouseWriter:
    """Writes to the live tables under the lease; readers see nothing of it until the pointer moves."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.before = Pointer()
        self.touched: set[str] = set()
        self.unmade: set[str] = set()
        self.signatures: dict[str, str] = {}

    def _place(self, name: str) -> str:
        return f"{quoted(self.server.database)}.{quoted(name)}"

    def _there(self) -> set[str]:
        listed = self.server.ask(
            "SELECT name FROM system.tables WHERE database = {database:String}",
            {"database": self.server.database},
        )
        return set(listed.column(0).to_pylist())

    # -- before and after

    def prepare(self) -> None:
        """Make what is missing or has another shape; make anew what a dead writer left half-done."""
        for name, columns, order in (
            ("tifo_generation", "one UInt8, step UInt64, said String", "one"),
            ("tifo_touched", "name String, step UInt64", "name"),
        ):
            self.server.run(
                f"CREATE TABLE IF NOT EXISTS {self._place(name)} ({columns}) "
                f"ENGINE = ReplacingMergeTree(step) ORDER BY {order}"
            )
        self.before = newest(self.server) or Pointer()
        self.signatures = {name: _signature(table) for name, table in tables().items()}
        there = self._there()
        self._clear_away(there)
        half_done = self._half_done()
        for table in tables().values():
            live, frozen = f"live_{table.name}", self.before.tables.get(table.name)
            same = self.before.signatures.get(table.name) == self.signatures[table.name]
            if live not in there or not same or table.name not in self.before.positions:
                self._make(live, table)
                self.unmade.add(table.name)
            elif table.name in half_done:
                self._make(live, table)
                if frozen:
                    self.server.run(
                        f"ALTER TABLE {self._place(live)} ATTACH PARTITION ALL FROM {self._place(frozen)}"
                    )

    def _half_done(self) -> set[str]:
        rows = self.server.ask(
            f"SELECT name, max(step) AS last FROM {self._place('tifo_touched')} GROUP BY name"
        )
        return {row["name"] for row in rows.to_pylist() if row["last"] > self.before.step}

    def _clear_away(self, there: set[str]) -> None:
        """What readers no longer need, and what a dead writer froze without publishing it."""
        known = {*self.before.tables.values(), *self.before.retired}
        for name in there:
            if name.startswith("stage_") or (name.startswith("frozen_") and name not in known):
                self.server.run(f"DROP TABLE IF EXISTS {self._place(name)}")

    def _make(self, name: str, table: LakeTable, more: str = "") -> None:
        order = ", ".join(quoted(key) for key in table.key)
        self.server.run(f"DROP TABLE IF EXISTS {self._place(name)}")
        self.server.run(
            f"CREATE TABLE {self._place(name)} ({_columns(table)}) ENGINE = MergeTree ORDER BY ({order}) {more}"
        )

    def _touch(self, table: LakeTable) -> str:
        """The live table, noted as about to be changed."""
        if table.name not in self.touched:
            self.server.run(
                f"INSERT INTO {self._place('tifo_touched')} VALUES ({{name:String}}, {{step:UInt64}})",
                {"name": table.name, "step": self.before.step + 1},
            )
            self.touched.add(table.name)
        return f"live_{table.name}"

    def drop(self) -> None:
        """Forget how far the live tables have read, and them; what is published stays for readers."""
        found = newest(self.server)
        if found is None:
            return
        self._move(replace(found, positions={}))
        for name in self._there():
            if name.startswith("live_"):
                self.server.run(f"DROP TABLE IF EXISTS {self._place(name)}")

    # -- the port

    def positions(self) -> dict[str, int]:
        return {name: 0 if name in self.unmade else self.before.positions[name] for name in tables()}

    def upsert(self, table: LakeTable, batches: Iterable[pa.RecordBatch], *, fresh: bool) -> int:
        count = 0
        target = stage = f"stage_{table.name}"
        for batch in batches:
            if batch.num_rows == 0:
                continue
            if count == 0:
                live = self._touch(table)
                if fresh:
                    target = live
                else:
                    self._make(stage, table)
            self.server.insert(target, pa.Table.from_batches([batch]))
            count += batch.num_rows
        if count and not fresh:
            keys = ", ".join(quoted(key) for key in table.key)
            live, staged = self._place(f"live_{table.name}"), self._place(stage)
            self.server.run(f"DELETE FROM {live} WHERE ({keys}) IN (SELECT {keys} FROM {staged})")
            self.server.run(f"INSERT INTO {live} SELECT * FROM {staged}")
            self.server.run(f"DROP TABLE {staged}")
        return count

    def append_files(self, table: LakeTable, files: Iterable[Path]) -> int:
        count = 0
        names = [column.name for column in table.columns]
        for file in files:
            with pq.ParquetFile(file) as rows:
                for batch in rows.iter_batches(ROWS, columns=names):
                    self.server.insert(self._touch(table), pa.Table.from_batches([batch]).select(names))
                    count += batch.num_rows
        return count

    def publish(self, as_of: datetime, positions: Mapping[str, int], *, changed: bool) -> Generation:
        renewed = self.touched | self.unmade | {name for name in tables() if name not in self.before.tables}
        number = self.before.number + (changed or bool(renewed))
        frozen, retired = dict(self.before.tables), dict(self.before.retired)
        now = clock.now()
        for name in sorted(renewed):
            if name in frozen:
                retired[frozen[name]] = now.isoformat()
            frozen[name] = f"frozen_{name}_{self.before.step + 1}"
            self._make(frozen[name], tables()[name], _FROZEN)
            self.server.run(
                f"ALTER TABLE {self._place(frozen[name])} ATTACH PARTITION ALL FROM {self._place(f'live_{name}')}"
            )
        crash_point("lake.copied")
        gone = [name for name, since in retired.items() if now - datetime.fromisoformat(since) > KEPT]
        self._move(
            Pointer(
                step=self.before.step,
                number=number,
                as_of=as_of,
                positions=dict(positions),
                signatures=self.signatures,
                tables=frozen,
                retired={name: since for name, since in retired.items() if name not in gone},
            )
        )
        for name in gone:
            self.server.run(f"DROP TABLE IF EXISTS {self._place(name)}")
        return Generation(number, as_of, dict(positions))

    def _move(self, pointer: Pointer) -> None:
        """Publish, by one row. Refused where another writer did so meanwhile: its lease ended without its noticing."""
        found = newest(self.server)
        if (found.step if found else 0) != pointer.step:
            raise Refused(_("Another process has refreshed the lake meanwhile: nothing was published."))
        self.server.run(
            f"INSERT INTO {self._place('tifo_generation')} VALUES (1, {{step:UInt64}}, {{said:String}})",
            {"step": pointer.step + 1, "said": pointer.written()},
        )
