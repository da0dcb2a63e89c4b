"""The same small world in every database that a question may be put to."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Protocol
from uuid import uuid4

import duckdb
import psycopg
import pyarrow as pa
import sqlglot
from django.db import connection

from tests.audiences.world import SCHEMAS, World, fill
from tests.lake.engines import chdb_url
from tifo.lake.adapters.clickhouse.dialect import translate
from tifo.lake.adapters.clickhouse.engine import ClickHouseServer, plain


class Place(Protocol):
    """Where a world lies."""

    def fill(self, world: World) -> None:
        """Let the world be this one."""

    def rows(self, statement: str, params: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """The answer to a statement in the lake's words."""


class InDuckDB:
    def __init__(self) -> None:
        self.connection = duckdb.connect(config={"threads": 1})
        # Whatever the machine's zone, the answers are those of UTC.
        self.connection.execute("SET TimeZone = 'Pacific/Tahiti'")

    def fill(self, world: World) -> None:
        fill(self.connection, world)

    def rows(self, statement: str, params: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        return self.connection.execute(statement, dict(params)).fetchall()

    def close(self) -> None:
        self.connection.close()


_CLICKHOUSE = {
    pa.int64(): "Nullable(Int64)",
    pa.float64(): "Nullable(Float64)",
    pa.string(): "LowCardinality(Nullable(String))",
    pa.bool_(): "Nullable(Bool)",
    pa.date32(): "Nullable(Date32)",
    pa.timestamp("us"): "Nullable(DateTime64(6, 'UTC'))",
}


class InClickHouse:
    def __init__(self) -> None:
        self.server = ClickHouseServer(chdb_url())
        for table, columns in SCHEMAS.items():
            made = ", ".join(f"{name} {_CLICKHOUSE[kind]}" for name, kind in columns.items())
            self.server.run(f"CREATE TABLE {self.server.database}.{table} ({made}) ENGINE = Memory")

    def fill(self, world: World) -> None:
        for table, columns in SCHEMAS.items():
            self.server.run(f"TRUNCATE TABLE {self.server.database}.{table}")
            if rows := [{name: row.get(name) for name in columns} for row in world.get(table, ())]:
                schema = pa.schema(list(columns.items()))
                self.server.insert(table, pa.Table.from_pylist(_in_utc(rows), schema=schema))

    def rows(self, statement: str, params: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        made, bound = translate(statement, params, self.server.database, {name: name for name in SCHEMAS})
        answer = plain(self.server.ask(made, bound))
        return list(zip(*(column.to_pylist() for column in answer.columns), strict=True))

    def close(self) -> None:
        self.server.run(f"DROP DATABASE {self.server.database}")
        self.server.close()


_POSTGRESQL = {
    pa.int64(): "bigint",
    pa.float64(): "double precision",
    pa.string(): 'text COLLATE "C"',
    pa.bool_(): "boolean",
    pa.date32(): "date",
    pa.timestamp("us"): "timestamp",
}


class InPostgreSQL:
    """On the tests' own server, in a schema of its own."""

    def __init__(self) -> None:
        said = connection.settings_dict
        self.connection = psycopg.connect(
            host=said["HOST"],
            user=said["USER"],
            dbname="postgres",
            autocommit=True,
            options="-c timezone=Pacific/Tahiti",
        )
        self.schema = f"world_{uuid4().hex}"
        self.connection.execute(f"CREATE SCHEMA {self.schema}")
        self.connection.execute(f"SET search_path = {self.schema}")
        for table, columns in SCHEMAS.items():
            made = ", ".join(f"{name} {_POSTGRESQL[kind]}" for name, kind in columns.items())
            self.connection.execute(f"CREATE TABLE {table} ({made})")

    def fill(self, world: World) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {', '.join(SCHEMAS)}")
            for table, columns in SCHEMAS.items():
                rows = _in_utc([{name: row.get(name) for name in columns} for row in world.get(table, ())])
                with cursor.copy(f"COPY {table} FROM STDIN") as copy:
                    for row in rows:
                        copy.write_row([row[name] for name in columns])

    def rows(self, statement: str, params: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        return self.connection.execute(in_postgresql(statement), params).fetchall()

    def close(self) -> None:
        self.connection.execute(f"DROP SCHEMA {self.schema} CASCADE")
        self.connection.close()


def in_postgresql(statement: str) -> str:
    """A statement of the lake as PostgreSQL and its driver read it."""
    tree = sqlglot.parse_one(statement, dialect="duckdb")
    return tree.sql(dialect="postgres")


def _in_utc(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Moments as the lake has them: in UTC, without saying so."""

    def plain_value(value: Any) -> Any:
        return value.replace(tzinfo=None) if isinstance(value, datetime) else value

    return [{name: plain_value(value) for name, value in row.items()} for row in rows]


@contextmanager
def opened(kind: type[InDuckDB] | type[InClickHouse] | type[InPostgreSQL]) -> Iterator[Place]:
    place = kind()
    try:
        yield place
    finally:
        place.close()
