"""Tables of ClickHouse: a live one that the writer changes, and frozen clones of it that readers see.

A clone shares its parts with the table it was taken from by hard links, so publishing copies nothing. What is current
is the newest row of tifo_generation: it names the frozen table of each lake table, so a generation is there at once
and whole. Superseded tables stay for KEPT, so that a reader finds its generation to the end.
"""

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pyarrow as pa
from django.conf import settings
from django.db import connection as truth

from tifo.kernel.public import Refused, data_path
from tifo.kernel.public import sentence as _
from tifo.lake.adapters.clickhouse.dialect import translate
from tifo.lake.adapters.clickhouse.writer import ClickHouseWriter, Pointer, Server, newest, quoted
from tifo.lake.adapters.lease import file_lease, wait_for
from tifo.lake.ports import Generation

LEASE = 0x7469666F_6C616B65  # PostgreSQL's advisory lock: one writer over all hosts
SETTINGS: Mapping[str, Any] = {
    # SQL's own rules, as the lake's statements are written for them
    "join_use_nulls": 1,
    "aggregate_functions_null_for_empty": 1,
    "prefer_column_name_to_alias": 1,
    # two types that have none in common are a mistake, not a third type that equals neither
    "use_variant_as_common_type": 0,
    # the lake is a copy: a table may go however big it is
    "max_table_size_to_drop": 0,
}


@dataclass
class ClickHouseReader:
    """Asks the frozen tables of one generation."""

    generation: Generation
    server: Server
    tables: Mapping[str, str]

    @property
    def as_of(self) -> datetime:
        return self.generation.as_of

    def sql(self, statement: str, params: Mapping[str, Any] | None = None) -> pa.Table:
        made, bound = translate(statement, params or {}, self.server.database, self.tables)
        return plain(self.server.ask(made, bound))


def plain(answer: pa.Table) -> pa.Table:
    """The types that the lake's readers know: whole numbers with a sign, moments in UTC without saying so."""
    fields = [pa.field(field.name, _plain_type(field.type)) for field in answer.schema]
    return answer.cast(pa.schema(fields))


def _plain_type(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_unsigned_integer(kind):
        return pa.int64()
    if pa.types.is_timestamp(kind):
        return pa.timestamp("us")
    if pa.types.is_list(kind):
        return pa.list_(_plain_type(kind.value_type))
    return kind


class ClickHouseServer:
    """One client for each process; several threads may ask at once."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.embedded = parts.scheme == "chdb"
        said = parse_qs(parts.query)
        self.database = (
            said.get("database", ["tifo"])[0] if self.embedded else parts.path.strip("/") or "tifo"
        )
        self._parts = parts
        self._lock = threading.Lock()
        self._client: tuple[int, Any] | None = None

    @property
    def address(self) -> dict[str, Any]:
        """Where the server is, and who we are there."""
        parts = self._parts
        return {
            "host": parts.hostname or "localhost",
            "port": parts.port or 0,
            "username": unquote(parts.username or "") or None,
            "password": unquote(parts.password or ""),
            "interface": "https" if parts.scheme == "clickhouses" else "http",
        }

    @property
    def client(self) -> Any:
        """The client of this process, made at the first question."""
        with self._lock:
            if self._client is None or self._client[0] != os.getpid():
                self._client = (os.getpid(), self._connect())
            return self._client[1]

    def _connect(self) -> Any:
        try:
            import clickhouse_connect
        except ImportError:
            raise Refused(
                _("The lake in ClickHouse needs one more package: pip install clickhouse-connect.")
            ) from None
        try:
            if self.embedded:
                client = clickhouse_connect.get_client(
                    dsn=f"chdb://{self._parts.path}", settings=dict(SETTINGS)
                )
            else:
                client = clickhouse_connect.get_client(
                    **self.address,
                    settings=dict(SETTINGS),
                    autogenerate_session_id=False,  # threads ask side by side
                    form_encode_query_params=True,  # long lists don't fit into an address
                    connect_timeout=5,
                    client_name="tifo",
                )
            client.command(f"CREATE DATABASE IF NOT EXISTS {quoted(self.database)}")
        except clickhouse_connect.driver.exceptions.Error as error:
            raise _silent(error) from error
        return client

    def run(self, statement: str, params: Mapping[str, Any] | None = None) -> None:
        with _answering(self.client) as client:
            client.command(statement, parameters=dict(params) if params else None)

    def ask(self, statement: str, params: Mapping[str, Any] | None = None) -> pa.Table:
        with _answering(self.client) as client:
            return client.query_arrow(
                statement, parameters=dict(params) if params else None, use_strings=True
            )

    def insert(self, table: str, rows: pa.Table) -> None:
        with _answering(self.client) as client:
            client.insert_arrow(table, rows, database=self.database)

    def close(self) -> None:
        with self._lock:
            if self._client is not None:
                self._client[1].close()
                self._client = None


@contextmanager
def _answering(client: Any) -> Iterator[Any]:
    """Say it in one sentence when the server is gone; what it says of a statement is ours to mend."""
    from clickhouse_connect.driver.exceptions import OperationalError

    try:
        yield client
    except OperationalError as error:
        raise _silent(error) from error


def _silent(error: Exception) -> Refused:
    return Refused(_("The lake's ClickHouse doesn't answer: %(why)s", why=_first_line(error)))


def _first_line(error: BaseException) -> str:
    """The root of it where that is the network, else what the server said."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror
        cause = getattr(cause, "reason", None) or cause.__cause__ or cause.__context__
        cause = cause if isinstance(cause, BaseException) else None
    said = str(error)
    return said.splitlines()[0][:200] if said else type(error).__name__


class ClickHouseEngine:
    """The lake on a ClickHouse server; a writer that dies leaves the last generation as it was."""

    def __init__(self) -> None:
        self.server = ClickHouseServer(settings.TIFO_LAKE_URL)

    @contextmanager
    def writing(self) -> Iterator[ClickHouseWriter]:
        with self._lease():
            writer = ClickHouseWriter(self.server)
            writer.prepare()
            yield writer

    @contextmanager
    def _lease(self) -> Iterator[None]:
        """The lock on a file holds the processes of this host apart, PostgreSQL's those of all hosts."""
        with file_lease(data_path("lake", "lease")), _lock_over_hosts():
            yield

    @contextmanager
    def reading(self) -> Iterator[ClickHouseReader]:
        found = newest(self.server)
        if found is None or not found.tables:
            raise Refused(_("The lake is empty: start `tifo worker`, or run `tifo lake refresh`."))
        yield ClickHouseReader(_generation(found), self.server, found.tables)

    def current(self) -> Generation | None:
        found = newest(self.server)
        return _generation(found) if found and found.tables else None

    def drop(self) -> None:
        """The live tables go; the published generation serves until the next one is there."""
        with self._lease():
            ClickHouseWriter(self.server).drop()


def _generation(found: Pointer) -> Generation:
    return Generation(found.number, found.as_of, found.positions)


@contextmanager
def _lock_over_hosts() -> Iterator[None]:
    if truth.vendor != "postgresql":
        yield
        return

    def run(statement: str) -> bool:
        with truth.cursor() as cursor:
            cursor.execute(statement, [LEASE])
            return bool(cursor.fetchone()[0])

    wait_for(lambda: run("SELECT pg_try_advisory_lock(%s)"))
    try:
        yield
    finally:
        run("SELECT pg_advisory_unlock(%s)")
