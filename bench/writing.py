"""`python -m bench.writing OUT`: the columns of the lake, held as Arrow, merely written by DuckDB."""

import json
import sys
import time

import django

django.setup()

import duckdb  # noqa: E402

from tifo.lake.public import reading, tables  # noqa: E402


def main() -> None:
    """One line of JSON: rows of all tables, and the seconds that writing them takes."""
    rows, seconds = 0, 0.0
    with reading() as lake, duckdb.connect(sys.argv[1]) as base:
        for name in tables():  # one at a time: all of them don't fit in memory at many millions of fans
            table = lake.sql(f'SELECT * FROM "{name}"')
            began = time.perf_counter()
            base.register("given", table)
            base.execute(f'CREATE TABLE "{name}" AS SELECT * FROM given')
            base.unregister("given")
            seconds += time.perf_counter() - began
            rows += table.num_rows
            del table
        began = time.perf_counter()
        base.execute("CHECKPOINT")
        seconds += time.perf_counter() - began
    print(json.dumps({"rows": rows, "seconds": seconds}))


main()
