"""`python -m bench.writing OUT`: the columns of the lake, held as Arrow, merely written by DuckDB."""

import json
import sys
import time
from collections.abc import Iterator
from itertools import islice

import django

django.setup()

import duckdb  # noqa: E402  Django first
import pyarrow as pa  # noqa: E402

from tifo.lake.adapters.duckdb import DuckDBEngine  # noqa: E402
from tifo.lake.public import tables  # noqa: E402

BATCH, HELD = 500_000, 20  # rows, and batches of them in memory at once: all rows of a large base don't fit


def _held(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.Table]:
    while some := list(islice(batches, HELD)):
        yield pa.Table.from_batches(some)


def main() -> None:
    """One line of JSON: rows of all tables, and the seconds that writing them takes."""
    rows, seconds = 0, 0.0
    with (
        DuckDBEngine().reading() as lake,
        duckdb.connect(sys.argv[1], config={"memory_limit": "2GB"}) as base,
    ):
        for name in tables():
            source = lake.connection.sql(f'SELECT * FROM "{name}"')
            base.register("given", source.limit(0).to_arrow_table())
            base.execute(f'CREATE TABLE "{name}" AS SELECT * FROM given')
            for table in _held(iter(source.to_arrow_reader(BATCH))):
                began = time.perf_counter()
                base.register("given", table)
                base.execute(f'INSERT INTO "{name}" SELECT * FROM given')
                base.unregister("given")
                seconds += time.perf_counter() - began
                rows += table.num_rows
        began = time.perf_counter()
        base.execute("CHECKPOINT")
        seconds += time.perf_counter() - began
    print(json.dumps({"rows": rows, "seconds": seconds}))


main()
