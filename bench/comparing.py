"""`python -m bench.comparing FANS`: the ten audiences by the same SQL on PostgreSQL, over the same columns, well indexed.

A server of its own is started (tests/cluster.py), the columns that the audiences read are copied out of the lake into
its tables, indexed, vacuumed and analysed; then each audience is counted in both, and the counts must be the same. Where
the base is larger than FANS, both get its first FANS fans with all that is known of them: copying and indexing all rows
of eleven million would take longer than the rest of the bench.
"""

import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import django
import duckdb
import psycopg
import pyarrow as pa
import pyarrow.csv as csv
import sqlglot
from sqlglot import exp

django.setup()

from tests.cluster import cluster  # noqa: E402  Django first

from bench.questions import AUDIENCES, Question, question  # noqa: E402
from tifo.kernel.public import clock, data_path  # noqa: E402
from tifo.lake.adapters.duckdb import DuckDBEngine  # noqa: E402
from tifo.lake.adapters.duckdb.recycling import generation_path  # noqa: E402
from tifo.lake.public import Column, Kind, tables  # noqa: E402

ROWS = 500_000
PATIENCE = 60_000  # ms; what takes longer counts as so much
ROUNDS = 3
INDEXES = (
    "fan (fan_id)",
    "fan (language)",
    "fan (country)",
    "fan (birth_date) WHERE member_since IS NOT NULL",
    "fan (member_since)",
    "consent (fan_id, purpose, state)",
    "consent (purpose, state, fan_id)",
    "preference (topic, score, fan_id)",
    "preference (fan_id, topic, score)",
    "ticket (fan_id, status)",
    "ticket (venue_code, local_day, fan_id)",
    'message (fan_id, "at")',
    'message (state, "at", fan_id)',
    'hit (fan_id, kind, "at")',
    'hit (kind, class, "at", fan_id)',
)
_TYPES = {Kind.TEXT: 'text COLLATE "C"', Kind.BOOL: "boolean", Kind.DATE: "date", Kind.MOMENT: "timestamp"}


def _type(column: Column) -> str:
    if column.kind is Kind.NUMBER:
        return "bigint" if column.integer else "double precision"
    return _TYPES[column.kind]


def _columns_read(asked: list[Question]) -> dict[str, list[Column]]:
    """The tables and columns that the audiences look at; no more is copied, so that PostgreSQL's rows are narrow."""
    names, used = set(), {"fan"}
    for one in asked:
        tree = sqlglot.parse_one(one.sql, dialect="duckdb")
        names |= {column.name for column in tree.find_all(exp.Column)}
        used |= {table.name for table in tree.find_all(exp.Table)}
    return {
        name: [column for column in table.columns if column.name in names]
        for name, table in tables().items()
        if name in used
    }


def _first(base: duckdb.DuckDBPyConnection, fans: int, names: list[str]) -> None:
    """The tables of the lake with its first fans, as it holds them; of the hits that name nobody, as large a part."""
    current = DuckDBEngine().current()
    if current is None:
        raise SystemExit("there is no lake")
    file = generation_path(data_path("lake", "x").parent, current.number)
    base.execute(f"ATTACH '{file}' AS lake (READ_ONLY)")
    base.execute(
        "SET VARIABLE cut = (SELECT max(fan_id) FROM (FROM lake.fan ORDER BY fan_id LIMIT ?))", [fans]
    )
    base.execute(
        "SET VARIABLE part = (SELECT count(*) FILTER (fan_id <= getvariable('cut')) / count(*) FROM lake.fan)"
    )
    for name in names:
        nameless = (
            " OR (fan_id IS NULL AND hit_id % 1000 < getvariable('part') * 1000)" if name == "hit" else ""
        )
        base.execute(
            f'CREATE TABLE "{name}" AS SELECT * FROM lake."{name}" WHERE fan_id <= getvariable(\'cut\'){nameless}'
        )
    base.execute("DETACH lake")
    base.execute("CHECKPOINT")


def _copied(
    base: duckdb.DuckDBPyConnection, server: psycopg.Connection, read: dict[str, list[Column]]
) -> None:
    for name, columns in read.items():
        shown = ", ".join(f'"{column.name}"' for column in columns)
        made = ", ".join(f'"{column.name}" {_type(column)}' for column in columns)
        server.execute(f'CREATE TABLE "{name}" ({made})')
        batches = base.sql(f'SELECT {shown} FROM "{name}"').to_arrow_reader(ROWS)
        with server.cursor().copy(f'COPY "{name}" ({shown}) FROM STDIN (FORMAT csv)') as copy:
            for batch in batches:
                into = pa.BufferOutputStream()
                csv.write_csv(pa.Table.from_batches([batch]), into, csv.WriteOptions(include_header=False))
                copy.write(into.getvalue().to_pybytes())
    for index in INDEXES:
        server.execute(f"CREATE INDEX ON {index}")
    server.execute("VACUUM (ANALYZE)")


def _timed(ask: Callable[[], int | None]) -> tuple[float, int | None]:
    """The best of some rounds once warm, in ms; None for the count where it took too long."""
    times, count = [], None
    for _ in range(ROUNDS + 1):
        began = time.perf_counter()
        count = ask()
        times.append((time.perf_counter() - began) * 1000)
        if times[-1] > PATIENCE / ROUNDS:
            break
    return min(times[1:] or times), count


def _asking(server: psycopg.Connection, one: Question) -> Callable[[], int | None]:
    statement = sqlglot.transpile(one.sql, read="duckdb", write="postgres")[0]

    def ask() -> int | None:
        try:
            row = server.execute(statement, one.params).fetchone()
        except psycopg.errors.QueryCanceled:
            return None
        return int(row[0]) if row else None

    return ask


def _asking_the_lake(base: duckdb.DuckDBPyConnection, one: Question) -> Callable[[], int | None]:
    params = dict(one.params) or None
    return lambda: int(base.sql(one.sql, params=params).to_arrow_table().column(0)[0].as_py())


def main() -> None:
    """One line of JSON: milliseconds in both, and the count."""
    now = clock.now()
    asked = [question(text, now) for text in AUDIENCES]
    read = _columns_read(asked)
    found = []
    with (
        tempfile.TemporaryDirectory(dir=data_path("lake", "x").parent.parent) as made,
        duckdb.connect(str(Path(made) / "first.duckdb"), config={"memory_limit": "2GB"}) as base,
        cluster() as folder,
        psycopg.connect(host=str(folder), user="tifo", dbname="postgres", autocommit=True) as server,
    ):
        _first(base, int(sys.argv[1]), list(read))
        server.execute("SET maintenance_work_mem = '1GB'")
        _copied(base, server, read)
        server.execute("SET work_mem = '256MB'")
        server.execute("SET effective_cache_size = '8GB'")
        server.execute(f"SET statement_timeout = {PATIENCE}")
        for one in asked:
            here, count = _timed(_asking_the_lake(base, one))
            there, other = _timed(_asking(server, one))
            if other is not None and other != count:
                raise SystemExit(f"{one.text}: {count} in the lake, {other} in PostgreSQL")
            found.append({"audience": one.text, "ms": there, "lake_ms": here, "count": count})
    print(json.dumps(found))


main()
