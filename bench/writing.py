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
    with reading() as lake:
        held = {name: lake.sql(f'SELECT * FROM "{name}"') for name in tables()}
    began = time.perf_counter()
    with duckdb.connect(sys.argv[1]) as base:
        for name, table in held.items():
            base.register("given", table)
            base.execute(f'CREATE TABLE "{name}" AS SELECT * FROM given')
            base.unregister("given")
        base.execute("CHECKPOINT")
    seconds = time.perf_counter() - began
    print(json.dumps({"rows": sum(table.num_rows for table in held.values()), "seconds": seconds}))


main()
