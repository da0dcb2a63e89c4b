"""Tickets, in chunks: each chunk is one transaction, so a run that was killed is simply run again."""

import csv
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
from django.db import transaction

from tifo.fans.public import canonical_email, destination_key, email_keys, erased_keys
from tifo.kernel.public import Refused, announce, bulk, crash_point, revisions
from tifo.spectators.actions.holders import lock_linking
from tifo.spectators.actions.programme import unknown_columns
from tifo.spectators.events import TicketsChanged
from tifo.spectators.rules import delimited
from tifo.spectators.rules import tickets as rules
from tifo.spectators.types import FileReport, ImportReport, Problem, gettext_noop

CHUNK = 50_000
MOST_TOLD = 100
"""Problems that a report holds; the file of rejected rows holds all."""

_OLD = pa.schema(
    [
        ("ref", pa.string()),
        ("session_id", pa.int64()),
        ("fan_id", pa.int64()),
        ("buyer_fan_id", pa.int64()),
        ("holder_key", pa.binary()),
        ("buyer_key", pa.binary()),
        ("category", pa.string()),
        ("gate", pa.string()),
        ("block", pa.string()),
        ("row", pa.string()),
        ("seat", pa.string()),
        ("status", pa.string()),
    ]
)
_QUOTED = ", ".join(f't."{name}"' for name in _OLD.names)
_CONFLICT = "(ref) DO UPDATE SET " + ", ".join(
    f'"{name}" = excluded."{name}"' for name in [*_OLD.names[1:], "rev"]
)


@dataclass(slots=True)
class TicketImport:
    """One reading of tickets.csv. `sessions`: code, session_id, venue_code; `gates`: venue_code, code."""

    sheet: delimited.Sheet
    sessions: pa.Table
    gates: pa.Table
    report: ImportReport
    rejects: Path
    counts: FileReport = field(default_factory=FileReport)
    _rejected: Any = None
    _hints: dict[str, str] = field(default_factory=dict)
    _gateless: dict[tuple[str, str], int] = field(default_factory=dict)

    def run(self, told: Callable[[int], None] | None = None) -> None:
        """Read the file to its end. `told` hears how many bytes are done."""
        self.report.files[self.sheet.name] = self.counts
        if self.sheet.ignored:
            self.report.warnings.append(unknown_columns(self.sheet))
        try:
            with (
                bulk.roomy(),
                duckdb.connect(
                    ":memory:", config={"autoinstall_known_extensions": "false", "threads": "2"}
                ) as lake,
            ):
                lake.register("session", self.sessions)
                lake.register("gate", self.gates)
                for chunk in self._chunks(told):
                    self._take(lake, chunk)
                    crash_point("spectators.tickets.chunk")
        finally:
            if self._rejected is not None:
                self._rejected.close()
        self._tell_gates()

    def _chunks(self, told: Callable[[int], None] | None) -> Iterator[pa.Table]:
        lines: list[int] = []
        rows: list[list[str]] = []
        for record in delimited.records(self.sheet, told):
            self.counts.read += 1
            if isinstance(record, Problem):
                self._reject(record)
                continue
            lines.append(record[0])
            rows.append(record[1])
            if len(rows) == CHUNK:
                yield self._table(lines, rows)
                lines, rows = [], []
        if rows:
            yield self._table(lines, rows)

    def _table(self, lines: list[int], rows: list[list[str]]) -> pa.Table:
        cells = list(zip(*rows, strict=True))
        empty = [""] * len(rows)
        columns: dict[str, Any] = {"line": pa.array(lines, pa.int64())}
        for name in rules.COLUMNS:
            place = self.sheet.columns.get(name)
            values = empty if place is None else [value.strip() for value in cells[place]]
            columns[name] = pa.array(values, pa.string())
        return pa.table(columns)

    def _take(self, lake: duckdb.DuckDBPyConnection, chunk: pa.Table) -> None:
        lake.register("chunk", chunk)
        said = lake.execute(
            "SELECT DISTINCT said FROM (SELECT holder_email AS said FROM chunk UNION ALL "
            "SELECT buyer_email FROM chunk) WHERE said <> ''"
        ).fetchall()
        people = _People([text for (text,) in said])
        with transaction.atomic():
            lock_linking()
            lake.register("person", people.linked())
            lake.execute(f"CREATE OR REPLACE TEMP TABLE checked AS {rules.CHECKED}")
            lake.execute(f"CREATE OR REPLACE TEMP TABLE latest AS {rules.LATEST}")
            refs = lake.sql("SELECT ref FROM latest").to_arrow_table()
            lake.register("old", _existing(refs))
            fresh = lake.sql(rules.FRESH).to_arrow_table()
            if not self.report.dry_run:
                _write(fresh)
        self._count(lake, fresh)
        for line, wrong in lake.execute(
            "SELECT line, wrong FROM checked WHERE wrong IS NOT NULL ORDER BY line"
        ).fetchall():
            self._reject(self._problem(line, wrong))

    def _count(self, lake: duckdb.DuckDBPyConnection, fresh: pa.Table) -> None:
        lake.register("fresh", fresh)
        created, updated, unchanged, known, everyone = lake.execute(
            "SELECT count(*) FILTER (outcome = 'created'), count(*) FILTER (outcome = 'updated'), "
            "count(*) FILTER (outcome = 'unchanged'), count(fan_id), count(*) FROM fresh"
        ).fetchall()[0]
        self.counts.created += created
        self.counts.updated += updated
        self.counts.unchanged += unchanged
        self.report.holders_known += known
        self.report.holders_unknown += everyone - known
        for venue, gate, count in lake.execute(
            "SELECT venue_code, gate, count(*) FROM latest WHERE gate <> '' "
            "AND venue_code IN (SELECT venue_code FROM gate) "
            "AND (venue_code, gate) NOT IN (SELECT (venue_code, code) FROM gate) GROUP BY ALL"
        ).fetchall():
            self._gateless[venue, gate] = self._gateless.get((venue, gate), 0) + count
        repeated = lake.execute(
            "SELECT count(*) FILTER (wrong IS NULL) - count(DISTINCT ref) FILTER (wrong IS NULL) FROM checked"
        ).fetchall()[0][0]
        self.counts.repeated += repeated

    def _problem(self, line: int, wrong: Mapping[str, Any]) -> Problem:
        says, mend = rules.SAYS[wrong["why"]]
        values: dict[str, Any] = {"value": wrong["value"][:80], "most": wrong["most"]}
        if wrong["why"] == "session":
            values["hint"] = self._hint(wrong["value"])
        return Problem(self.sheet.name, line, says, mend, values)

    def _hint(self, code: str) -> str:
        if code not in self._hints:
            close = (
                get_close_matches(code, self.sessions.column("code").to_pylist(), n=1, cutoff=0.75)
                if len(self._hints) < MOST_TOLD
                else []
            )
            self._hints[code] = f" ({close[0]}?)" if close else ""
        return self._hints[code]

    def _reject(self, problem: Problem) -> None:
        """Tell it: the first ones in the report, all of them in the file of rejected rows."""
        self.counts.rejected += 1
        if len(self.report.errors) < MOST_TOLD:
            self.report.errors.append(problem)
        if self._rejected is None:
            self._rejected = self.rejects.open("w", encoding="utf-8", newline="")
            csv.writer(self._rejected).writerow(["line", "reason", "mend"])
            self.report.rejects_file = str(self.rejects)
        csv.writer(self._rejected).writerow([problem.line, problem.reason, problem.mend % problem.values])

    def _tell_gates(self) -> None:
        for (venue, gate), count in sorted(self._gateless.items())[:MOST_TOLD]:
            self.report.warnings.append(
                Problem(
                    self.sheet.name,
                    0,
                    gettext_noop(
                        "tickets that name the gate %(gate)s, which %(venue)s does not list: %(count)s"
                    ),
                    values={"count": count, "gate": gate, "venue": venue},
                )
            )
        if self.counts.repeated:
            self.report.warnings.append(
                Problem(
                    self.sheet.name,
                    0,
                    gettext_noop(
                        "lines that repeat a reference, of which the last one counts: at least %(count)s"
                    ),
                    values={"count": self.counts.repeated},
                )
            )


def _canonical(said: list[str]) -> list[str | None]:
    """All at once; where one is not an address, one by one, to find out which."""
    try:
        return list(email_keys(pa.chunked_array([pa.array(said, pa.string())])).to_pylist())
    except Refused:
        return [_canonical_or_none(text) for text in said]


def _canonical_or_none(text: str) -> str | None:
    try:
        return canonical_email(text)
    except Refused:
        return None


class _People:
    """The addresses of a chunk, as written. Hashing them is the slow part and needs no transaction."""

    def __init__(self, said: list[str]) -> None:
        self.said = said
        self.addresses = _canonical(said)
        self.keys = [
            None if address is None else destination_key("email", address) for address in self.addresses
        ]

    def linked(self) -> pa.Table:
        """For each address its key (NULL: not an address), the fan who has it now, and whether she was erased."""
        banned = erased_keys([key for key in self.keys if key is not None])
        known = pa.array([address for address in self.addresses if address is not None], pa.string())
        with bulk.temp_table("spectators_address", pa.table({"address": known})) as name:
            found = bulk.read(
                f"SELECT a.address, i.fan_id FROM {name} a JOIN fans_identity i ON i.kind = 'email' "
                "AND i.key = a.address",
                schema=pa.schema([("address", pa.string()), ("fan_id", pa.int64())]),
            )
        fans = dict(zip(found.column(0).to_pylist(), found.column(1).to_pylist(), strict=True))
        return pa.table(
            {
                "said": pa.array(self.said, pa.string()),
                "key": pa.array(self.keys, pa.binary()),
                "fan_id": pa.array([fans.get(address or "") for address in self.addresses], pa.int64()),
                "banned": pa.array([key in banned for key in self.keys], pa.bool_()),
            }
        )


def _existing(refs: pa.Table) -> pa.Table:
    if not refs.num_rows:
        return _OLD.empty_table()
    with bulk.temp_table("spectators_refs", refs) as name:
        return bulk.read(
            f"SELECT {_QUOTED} FROM {name} r JOIN spectators_ticket t ON t.ref = r.ref", schema=_OLD
        )


def _write(fresh: pa.Table) -> None:
    changed = fresh.filter(pc.not_equal(fresh.column("outcome"), "unchanged")).drop_columns(["outcome"])
    if not changed.num_rows:
        return
    rev = revisions.current()
    changed = changed.append_column("rev", pa.array([rev] * changed.num_rows, pa.int64()))
    bulk.insert("spectators_ticket", changed, conflict=_CONFLICT)
    announce(TicketsChanged(rev))
