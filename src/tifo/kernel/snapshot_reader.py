"""`python -m tifo.kernel.snapshot_reader`: the child of `snapshot`; it reads SQLite's file and writes Arrow streams.

Neither Django nor Python's own SQLite is loaded here.
"""

import json
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote

import adbc_driver_sqlite.dbapi
import pyarrow as pa

ROWS = 65_536


def _typed(sql: str, schema: pa.Schema) -> str:
    """The same rows after one that says the types: the driver takes them from the first rows, all of which may be NULL.

    Moments and dates lie in SQLite as text, truth as numbers.
    """
    first = ", ".join(f"{_first(field.type)} AS c{number}" for number, field in enumerate(schema))
    return f"SELECT {first} UNION ALL SELECT * FROM ({sql})"


def _first(kind: pa.DataType) -> str:
    if pa.types.is_string(kind) or pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return "''"
    return "0.5" if pa.types.is_floating(kind) else "0"


def _cast(column: pa.Array, kind: pa.DataType) -> pa.Array:
    if pa.types.is_timestamp(kind) and kind.tz is not None:
        return column.cast(pa.timestamp("us")).cast(pa.timestamp("us", tz="UTC")).cast(kind)
    return column.cast(kind)


def _send(cursor: Any, sql: str, schema: pa.Schema, out: Any) -> None:
    cursor.execute(_typed(sql, schema))
    with pa.ipc.new_stream(out, schema) as stream:
        skipped = 1
        for batch in cursor.fetch_record_batch():
            rows, skipped = batch.slice(skipped), 0
            columns = [_cast(column, field.type) for column, field in zip(rows.columns, schema, strict=True)]
            stream.write_batch(pa.record_batch(columns, schema=schema))


def main() -> None:
    """One line with the newest revision of the state read, then a stream for each SELECT."""
    asked = json.load(sys.stdin.buffer)
    out = sys.stdout.buffer
    uri = f"file:{quote(str(Path(asked['file'])))}?mode=ro"
    with adbc_driver_sqlite.dbapi.connect(uri) as base, base.cursor() as cursor:
        # Without autocommit the driver begins a transaction, and its first SELECT fixes the state for all others.
        cursor.execute("SELECT coalesce(max(value), 0) FROM kernel_revision")
        out.write(b"%d\n" % cursor.fetchall()[0][0])
        out.flush()
        cursor.adbc_statement.set_options(**{"adbc.sqlite.query.batch_rows": str(ROWS)})
        for sql, shape in asked["tables"]:
            schema = pa.ipc.read_schema(pa.py_buffer(bytes.fromhex(shape)))
            _send(cursor, sql, schema, out)


if __name__ == "__main__":
    main()
