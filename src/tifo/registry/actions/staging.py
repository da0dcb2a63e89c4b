"""Staging: a file becomes checked people in numbered chunks, before the truth is touched.

Its result depends on nothing but the file, the reading and the moment, so a killed staging is simply done again.
Memory doesn't grow with the file: a block of records at a time, each a row group of one Parquet file.
"""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tifo.fans.public import FIELDS
from tifo.kernel.public import crash_point
from tifo.registry.actions.checking import MOMENT, check_all
from tifo.registry.rules import reading
from tifo.registry.types import Reading, Staged

BLOCK = 20_000  # records that are checked together
CHUNK = 40_000  # records that are merged together: what each chunk costs whatever its size is paid seldom
PEOPLE = "people.parquet"
REJECTS = "rejects.parquet"

REJECT_COLUMNS = pa.schema([("line", pa.int64()), ("reason", pa.string())])


@dataclass(frozen=True)
class Staging:
    """What staging needs to know. `moment` is the run's now; reasons are said in the language that is active."""

    path: Path
    folder: Path
    reading: Reading
    moment: datetime
    progress: Callable[[float], None]


def stage(task: Staging) -> Staged:
    """Leave PEOPLE (a row group a chunk) and REJECTS in `task.folder`. Raises BadFile."""
    shutil.rmtree(task.folder, ignore_errors=True)
    task.folder.mkdir(parents=True)
    how, schema = task.reading, _schema(task.reading)
    read = good = refused = 0
    size = max(task.path.stat().st_size, 1)
    with (
        pq.ParquetWriter(task.folder / PEOPLE, schema, compression="lz4", use_dictionary=False) as people,
        pq.ParquetWriter(task.folder / REJECTS, REJECT_COLUMNS, compression="zstd") as rejects,
    ):
        blocks = reading.blocks(task.path, how.encoding, how.delimiter, len(how.targets), min(BLOCK, CHUNK))
        chunk: list[pa.Table] = []
        records = 0
        for checked in check_all(how, task.moment, blocks, size):
            table, faults = checked.people, checked.faults
            read += table.num_rows + len(faults)
            good += table.num_rows
            refused += len(faults)
            records += table.num_rows + len(faults)
            if table.num_rows:
                chunk.append(table.select(schema.names).cast(schema))
            if chunk and records >= CHUNK:
                _write_chunk(people, chunk)
                records = 0
            if faults:
                rejects.write_table(_rejects(faults))
            crash_point("registry.stage.block")
            task.progress(min(1.0, checked.position / size))
        if chunk:
            _write_chunk(people, chunk)
    crash_point("registry.stage.written")
    return Staged(read, good, refused, tuple(how.under("likes")), tuple(how.under("consent")))


def _write_chunk(people: pq.ParquetWriter, chunk: list[pa.Table]) -> None:
    together = pa.concat_tables(chunk)
    people.write_table(together, row_group_size=together.num_rows)
    chunk.clear()


def _schema(how: Reading) -> pa.Schema:
    kinds = {"birth_date": pa.date32(), "joined_at": MOMENT, "club_member": pa.bool_()}
    return pa.schema(
        [
            ("row", pa.int64()),
            ("line", pa.int64()),
            *((name, kinds.get(name, pa.string())) for name in FIELDS),
            *((f"said:{purpose}", pa.string()) for purpose in how.under("consent")),
            *((f"moment:{purpose}", MOMENT) for purpose in how.under("consent")),
            *((f"likes:{topic}", pa.float64()) for topic in how.under("likes")),
        ]
    )


def _rejects(faults: list[tuple[int, str]]) -> pa.Table:
    said = sorted(faults)
    return pa.Table.from_arrays(
        [pa.array([line for line, _ in said], pa.int64()), pa.array([text for _, text in said], pa.string())],
        schema=REJECT_COLUMNS,
    )


def chunks_of_people(folder: Path) -> int:
    """How many chunks there are."""
    return int(pq.ParquetFile(folder / PEOPLE).num_row_groups)


def chunk_of_people(folder: Path, number: int) -> pa.Table:
    """The people of one chunk, from 0."""
    return pq.ParquetFile(folder / PEOPLE).read_row_group(number)


def rejects_of(folder: Path) -> Iterator[tuple[int, str]]:
    """Lines and reasons that staging refused, in the order of the file."""
    for batch in pq.ParquetFile(folder / REJECTS).iter_batches(CHUNK):
        yield from zip(batch.column(0).to_pylist(), batch.column(1).to_pylist(), strict=True)
