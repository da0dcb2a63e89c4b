"""Whole tables in and out of the truth, through Django's own connection, as Arrow."""

import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
from django.db import connection

BATCH = 50_000
ROWS = 40  # in one INSERT; times the columns of our widest table it stays far below SQLite's 32,766 places
BITE = 2_000  # rows that are Python's objects at once: more of them leave the processor's cache, and take twice as long


ROOM = 256_000  # kB of pages that SQLite keeps while a whole base is written
LOG_PAGES = (
    50_000  # of SQLite's write-ahead log, before they go into the base: a page written often goes there once
)


def _quoted(name: str) -> str:
    if '"' in name:
        raise ValueError(f"not a name: {name!r}")
    return f'"{name}"'


def _names(data: pa.Table) -> str:
    return ", ".join(_quoted(name) for name in data.column_names)


def insert(table: str, data: pa.Table, *, conflict: str = "") -> int:
    """Insert all rows of `data` (column names are the table's); the number of rows inserted or updated.

    `conflict`: what stands after ON CONFLICT, e.g. `(fan_id, topic) DO NOTHING`.
    """
    if not data.num_rows:
        return 0
    if connection.vendor == "postgresql":
        return _copy(table, data, conflict)
    return _insert_into_sqlite(table, data, f" ON CONFLICT {conflict}" if conflict else "")


def _insert_into_sqlite(table: str, data: pa.Table, clause: str) -> int:
    """Many rows a statement: each statement costs as much as a row of a narrow table."""
    places = "(" + ", ".join(["?"] * data.num_columns) + ")"
    head = f"INSERT INTO {_quoted(table)} ({_names(data)}) VALUES "
    together, left = divmod(data.num_rows, ROWS)
    cursor, changed = _raw_sqlite_cursor(), 0
    if together:
        rows = _sqlite_rows(data.slice(0, together * ROWS))
        groups = (tuple(chain.from_iterable(islice(rows, ROWS))) for _ in range(together))
        changed += cursor.executemany(head + ", ".join([places] * ROWS) + clause, groups).rowcount
    if left:
        changed += cursor.executemany(
            head + places + clause, _sqlite_rows(data.slice(together * ROWS))
        ).rowcount
    return changed


def _sqlite_rows(data: pa.Table) -> Iterator[tuple[Any, ...]]:
    """The rows as the driver takes them, a bite at a time."""
    for start in range(0, data.num_rows, BITE):
        bite = data.slice(start, BITE)
        yield from zip(*map(_sqlite_values, bite.columns), strict=True)


@contextmanager
def roomy() -> Iterator[None]:
    """For long writing with large transactions: indexes whose keys come in no order stay in memory."""
    if not _sqlite():
        yield
        return
    with connection.cursor() as cursor:
        before = {}
        for name, value in (("cache_size", -ROOM), ("wal_autocheckpoint", LOG_PAGES)):
            before[name] = cursor.execute(f"PRAGMA {name}").fetchone()[0]
            cursor.execute(f"PRAGMA {name}={value}")
        try:
            yield
        finally:
            for name, value in before.items():
                cursor.execute(f"PRAGMA {name}={value}")


def _raw_sqlite_cursor() -> Any:
    """The driver's own cursor: Django's would format every row's placeholders anew."""
    connection.ensure_connection()
    return connection.connection.cursor()


def _moment_text(array: pa.ChunkedArray) -> pa.ChunkedArray:
    """As Django writes a moment into SQLite: UTC, no zone, no fraction where it is zero."""
    naive = array.cast(pa.timestamp("us", tz="UTC") if array.type.tz else pa.timestamp("us")).cast(
        pa.timestamp("us")
    )
    return pc.replace_substring(naive.cast(pa.string()), ".000000", "")


def _sqlite_values(array: pa.ChunkedArray) -> list[Any]:
    if pa.types.is_timestamp(array.type):
        return list(_moment_text(array).to_pylist())
    if pa.types.is_date(array.type):
        return list(array.cast(pa.string()).to_pylist())
    if pa.types.is_boolean(array.type):
        return list(array.cast(pa.int8()).to_pylist())
    if pa.types.is_dictionary(array.type):
        return list(array.cast(array.type.value_type).to_pylist())
    return list(array.to_pylist())


def _copy(table: str, data: pa.Table, conflict: str) -> int:
    names = _names(data)
    with connection.cursor() as cursor:
        if not conflict:
            _copy_rows(cursor, f"COPY {_quoted(table)} ({names}) FROM STDIN (FORMAT csv)", data)
            return int(data.num_rows)
        cursor.execute(
            f"CREATE TEMP TABLE kernel_incoming ON COMMIT DROP AS SELECT {names} FROM {_quoted(table)} LIMIT 0"
        )
        _copy_rows(cursor, f"COPY kernel_incoming ({names}) FROM STDIN (FORMAT csv)", data)
        cursor.execute(
            f"INSERT INTO {_quoted(table)} ({names}) SELECT {names} FROM kernel_incoming ON CONFLICT {conflict}"
        )
        changed = cursor.rowcount
        cursor.execute("DROP TABLE kernel_incoming")
        return int(changed)


def _hexed(array: pa.ChunkedArray) -> pa.ChunkedArray:
    """PostgreSQL reads bytes as \\x6869."""
    return pa.chunked_array(
        [[None if v is None else "\\x" + v.hex() for v in array.to_pylist()]], type=pa.string()
    )


def _copy_rows(cursor: Any, statement: str, data: pa.Table) -> None:
    columns = []
    for array in data.columns:
        if pa.types.is_binary(array.type) or pa.types.is_fixed_size_binary(array.type):
            columns.append(_hexed(array))
        elif pa.types.is_timestamp(array.type) and not array.type.tz:
            columns.append(array.cast(pa.timestamp("us")).cast(pa.timestamp("us", tz="UTC")))
        elif pa.types.is_dictionary(array.type):
            columns.append(array.cast(array.type.value_type))
        else:
            columns.append(array)
    clean = pa.table(columns, names=data.column_names)
    with cursor.copy(statement) as copy:
        for batch in clean.to_batches(max_chunksize=BATCH):
            buffer = io.BytesIO()
            # pyarrow writes NULL as nothing and an empty text as "": just what PostgreSQL's CSV means by them
            pa_csv.write_csv(
                pa.Table.from_batches([batch]), buffer, pa_csv.WriteOptions(include_header=False)
            )
            copy.write(buffer.getvalue())


_COLUMN_TYPES = (
    (pa.types.is_boolean, "boolean", "integer"),
    (pa.types.is_integer, "bigint", "integer"),
    (pa.types.is_floating, "double precision", "real"),
    (pa.types.is_timestamp, "timestamptz", "text"),
    (pa.types.is_date, "date", "text"),
    (pa.types.is_binary, "bytea", "blob"),
    (pa.types.is_fixed_size_binary, "bytea", "blob"),
)


def _column_type(kind: pa.DataType) -> str:
    for fits, postgresql, sqlite in _COLUMN_TYPES:
        if fits(kind):
            return postgresql if connection.vendor == "postgresql" else sqlite
    return "text"


@contextmanager
def temp_table(name: str, data: pa.Table, *, index: Sequence[str] = ()) -> Iterator[str]:
    """`data` as a temporary table of this connection, for set-based SQL; empty or gone at the end. Gives the name."""
    columns = ", ".join(f"{_quoted(field.name)} {_column_type(field.type)}" for field in data.schema)
    keys = ", ".join(map(_quoted, index))
    with connection.cursor() as cursor:
        (_sqlite_temp_table if _sqlite() else _postgresql_temp_table)(cursor, name, columns)
        insert(name, data)
        if keys:
            where = "temp." if _sqlite() else ""
            cursor.execute(
                f"CREATE INDEX IF NOT EXISTS {where}{_quoted(name + '_key')} ON {_quoted(name)} ({keys})"
            )
        if not _sqlite():
            cursor.execute(f"ANALYZE {_quoted(name)}")
        yield name
        cursor.execute(f"DELETE FROM temp.{_quoted(name)}" if _sqlite() else f"DROP TABLE {_quoted(name)}")


def _postgresql_temp_table(cursor: Any, name: str, columns: str) -> None:
    cursor.execute(f"DROP TABLE IF EXISTS pg_temp.{_quoted(name)}")
    cursor.execute(f"CREATE TEMP TABLE {_quoted(name)} ({columns})")


def _sqlite_temp_table(cursor: Any, name: str, columns: str) -> None:
    """Empty. A table of these columns stays for the next time: each new one makes SQLite prepare all statements anew."""
    statement = f"CREATE TABLE {_quoted(name)} ({columns})"
    cursor.execute("SELECT sql FROM temp.sqlite_master WHERE type = 'table' AND name = %s", [name])
    known = cursor.fetchone()
    if known and known[0] == statement:
        cursor.execute(f"DELETE FROM temp.{_quoted(name)}")
        return
    if known:
        cursor.execute(f"DROP TABLE temp.{_quoted(name)}")
    cursor.execute(statement.replace("CREATE TABLE", "CREATE TEMP TABLE", 1))


def _sqlite() -> bool:
    return connection.vendor == "sqlite"


def among(column: str, numbers: Iterable[int]) -> tuple[str, Any]:
    """A condition that `column` is one of these, and its one parameter: any number of them, in one statement whose
    text stays the same, so that it is prepared once."""
    if _sqlite():
        return f"{column} IN (SELECT value FROM json_each(%s))", f"[{','.join(map(str, map(int, numbers)))}]"
    return f"{column} = ANY(%s::bigint[])", list(map(int, numbers))


def read(sql: str, params: Sequence[Any] = (), *, schema: pa.Schema | None = None) -> pa.Table:
    """All rows of a SELECT. With `schema`, exactly those types; else guessed from the values."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        names = [column[0] for column in cursor.description]
        return _table(cursor.fetchall(), names, schema)


def batches(
    sql: str, params: Sequence[Any] = (), *, schema: pa.Schema, size: int = BATCH
) -> Iterator[pa.RecordBatch]:
    """The rows of a SELECT in batches of `size`, in flat memory."""
    with connection.chunked_cursor() if not _sqlite() else connection.cursor() as cursor:
        cursor.execute(_undeclared(sql, len(schema)) if _sqlite() else sql, params)
        while bites := _bites(cursor, schema, size):
            yield from pa.concat_tables(bites).combine_chunks().to_batches()


def _bites(cursor: Any, schema: pa.Schema, size: int) -> list[pa.Table]:
    """The next `size` rows, or what is left of them."""
    bites: list[pa.Table] = []
    while size > 0 and (rows := cursor.fetchmany(min(BITE, size))):
        bites.append(_table(rows, list(schema.names), schema))
        size -= len(rows)
    return bites


def _undeclared(sql: str, columns: int) -> str:
    """The same rows without the columns' declared types: for each moment and date the driver would call Python code
    of Django's, which takes longer than all the rest; Arrow reads the texts itself."""
    names = [f"c{number}" for number in range(columns)]
    shown = ", ".join(f"+{name}" for name in names)  # what is computed has no declared type
    return f"WITH kernel_rows ({', '.join(names)}) AS ({sql}) SELECT {shown} FROM kernel_rows"


def _table(rows: Sequence[Sequence[Any]], names: list[str], schema: pa.Schema | None) -> pa.Table:
    columns: list[Sequence[Any]] = list(zip(*rows, strict=True)) if rows else [()] * len(names)
    if schema is None:
        return pa.table([pa.array(list(column)) for column in columns], names=names)
    arrays = [_array(column, field) for column, field in zip(columns, schema, strict=True)]
    return pa.table(arrays, schema=schema)


def _array(values: Sequence[Any], field: pa.Field) -> pa.Array:
    """SQLite gives moments and dates as text and booleans as numbers; drivers give both as they are."""
    first = next((value for value in values if value is not None), None)
    if isinstance(first, str) and (pa.types.is_timestamp(field.type) or pa.types.is_date(field.type)):
        text = pa.array(values, pa.string())
        if pa.types.is_date(field.type):
            return text.cast(field.type)
        moment = text.cast(pa.timestamp("us"))
        return (
            moment.cast(field.type)
            if field.type.tz is None
            else moment.cast(pa.timestamp("us", tz="UTC")).cast(field.type)
        )
    if isinstance(first, int) and not isinstance(first, bool) and pa.types.is_boolean(field.type):
        return pa.array(values, pa.int8()).cast(pa.bool_())
    return pa.array(values, field.type)
