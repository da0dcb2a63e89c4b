"""`python -m bench.reading FILE OUT`: DuckDB merely reads an import file and writes the clean columns."""

import json
import sys
import time

import duckdb


def main() -> None:
    """One line of JSON: rows and seconds."""
    began = time.perf_counter()
    with duckdb.connect(sys.argv[2]) as base:
        base.execute("CREATE TABLE people AS SELECT * FROM read_csv(?)", [sys.argv[1]])
        rows = base.execute("SELECT count(*) FROM people").fetchall()[0][0]
    print(json.dumps({"rows": rows, "seconds": time.perf_counter() - began}))


main()
