"""Many SELECTs over one state of the embedded database, by a child process that only reads.

The child reads through ADBC, which makes Arrow columns of SQLite's rows without an object for each value. It is a
process of its own because two SQLite libraries in one process drop each other's locks, and rows are lost.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

import pyarrow as pa
from django.db import connection

WORTHWHILE = 32 * 2**20
"""Bytes of the database from which on starting a process pays."""

Asked = Mapping[str, tuple[str, pa.Schema]]


@dataclass(frozen=True)
class Snapshot:
    """One state: `settled` as in `revisions`, and the rows of each SELECT, to be read in the order of asking."""

    settled: int
    tables: Iterator[tuple[str, Iterator[pa.RecordBatch]]]


@contextmanager
def snapshot(asked: Asked) -> Iterator[Snapshot | None]:
    """What the SELECTs give over one state of the database; None where reading by a child can't be or doesn't pay."""
    file = _file()
    if file is None or not asked:
        yield None
        return
    child = subprocess.Popen(
        [sys.executable, "-m", "tifo.kernel.snapshot_reader"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    into, out = cast(IO[bytes], child.stdin), cast(IO[bytes], child.stdout)
    try:
        tables = [[sql, schema.serialize().to_pybytes().hex()] for sql, schema in asked.values()]
        into.write(json.dumps({"file": str(file), "tables": tables}).encode())
        into.close()
        settled = out.readline()
        if not settled:
            raise ChildProcessError(f"the reader of {file.name} ended with {child.wait()}")
        yield Snapshot(int(settled), _tables(list(asked), out, child.wait))
    finally:
        out.close()
        child.kill()
        child.wait()


def _tables(
    names: list[str], stream: IO[bytes], ended: Callable[[], int]
) -> Iterator[tuple[str, Iterator[pa.RecordBatch]]]:
    """To Arrow a stream that breaks off looks like one that ends: only all of them and a good end are the whole."""
    for name in names:
        with pa.ipc.open_stream(stream) as reader:
            yield name, iter(reader)
    if code := ended():
        raise ChildProcessError(f"the reader of the database ended with {code}")


def _file() -> Path | None:
    """The database's file, where another process sees in it all that we see."""
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        return None
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA database_list")
        name = next(path for _, database, path in cursor.fetchall() if database == "main")
    file = Path(name) if name else None
    return file if file and file.stat().st_size >= WORTHWHILE else None
