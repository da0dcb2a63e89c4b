"""`python -m bench.comparing`: the ten audiences by the same SQL on PostgreSQL, over the same columns, well indexed.

A server of its own is started (tests/cluster.py), the columns that the audiences read are copied out of the lake into
its tables, indexed, vacuumed and analysed; then each audience is counted in both, and the counts must be the same.
"""

import json
import time
from collections.abc import Callable
from typing import Any

import django
import psycopg
import pyarrow as pa
import pyarrow.csv as csv
import sqlglot
from sqlglot import exp

django.setup()

from tests.cluster import cluster  # noqa: E402

from bench.questions import AUDIENCES  # noqa: E402
from tifo.audiences.public import Condition, condition  # noqa: E402
from tifo.kernel.public import clock  # noqa: E402
from tifo.lake.adapters.duckdb import DuckDBEngine  # noqa: E402
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
    "ticket (sport, fan_id)",
    "message (fan_id, at)",
    "message (state, at, fan_id)",
    "hit (fan_id, kind, at)",
    "hit (kind, class, at, fan_id)",
)
_TYPES = {Kind.TEXT: 'text COLLATE "C"', Kind.BOOL: "boolean", Kind.DATE: "date", Kind.MOMENT: "timestamp"}


def _type(column: Column) -> str:
    if column.kind is Kind.NUMBER:
        return "bigint" if column.integer else "double precision"
    return _TYPES[column.kind]


def _columns_read(asked: list[Condition]) -> dict[str, list[Column]]:
    """The tables and columns that the audiences look at; no more is copied, so that PostgreSQL's rows are narrow."""
    names, used = set(), {"fan"}
    for one in asked:
        tree = sqlglot.parse_one(f"SELECT count(*) FROM fan WHERE {one.sql}", dialect="duckdb")
        names |= {column.name for column in tree.find_all(exp.Column)}
        used |= {table.name for table in tree.find_all(exp.Table)}
    return {
        name: [column for column in table.columns if column.name in names]
        for name, table in tables().items()
        if name in used
    }


def _copied(lake: Any, server: psycopg.Connection, read: dict[str, list[Column]]) -> None:
    for name, columns in read.items():
        shown = ", ".join(f'"{column.name}"' for column in columns)
        made = ", ".join(f'"{column.name}" {_type(column)}' for column in columns)
        server.execute(f'CREATE TABLE "{name}" ({made})')
        batches = lake.connection.sql(f'SELECT {shown} FROM "{name}"').to_arrow_reader(ROWS)
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


def _asking(server: psycopg.Connection, one: Condition) -> Callable[[], int | None]:
    tree = sqlglot.parse_one(f"SELECT count(*) FROM fan WHERE {one.sql}", dialect="duckdb")
    statement = tree.sql(dialect="postgres")

    def ask() -> int | None:
        try:
            return int(server.execute(statement, one.params).fetchone()[0])
        except psycopg.errors.QueryCanceled:
            return None

    return ask


def _asking_the_lake(lake: Any, one: Condition) -> Callable[[], int | None]:
    statement = f"SELECT count(*) FROM fan WHERE {one.sql}"
    return lambda: int(lake.sql(statement, one.params).column(0)[0].as_py())


def main() -> None:
    """One line of JSON: milliseconds in both, and the count."""
    now = clock.now()
    asked = [condition(text, fan="fan", now=now) for text in AUDIENCES]
    found = []
    with (
        DuckDBEngine().reading() as lake,
        cluster() as folder,
        psycopg.connect(host=str(folder), user="tifo", dbname="postgres", autocommit=True) as server,
    ):
        server.execute("SET maintenance_work_mem = '1GB'")
        _copied(lake, server, _columns_read(asked))
        server.execute("SET work_mem = '256MB'")
        server.execute("SET effective_cache_size = '8GB'")
        server.execute(f"SET statement_timeout = {PATIENCE}")
        for text, one in zip(AUDIENCES, asked, strict=True):
            here, count = _timed(_asking_the_lake(lake, one))
            there, other = _timed(_asking(server, one))
            if other is not None and other != count:
                raise SystemExit(f"{text}: {count} in the lake, {other} in PostgreSQL")
            found.append({"audience": text, "ms": there, "lake_ms": here, "count": count})
    print(json.dumps(found))


main()
