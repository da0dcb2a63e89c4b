"""Staging: a file becomes checked people in numbered chunks, before the truth is touched.

Its result depends on nothing but the file, the reading and the moment, so a killed staging is simply done again.
Memory doesn't grow with the file: a block of records at a time, each a row group of one Parquet file.
"""

import itertools
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tifo.fans.public import FIELDS, read_people
from tifo.kernel.public import crash_point
from tifo.registry.rules import reading, values
from tifo.registry.types import LEFT_OUT, UNKNOWN, Block, Fault, Reading, Staged

CHUNK = 20_000
PEOPLE = "people.parquet"
REJECTS = "rejects.parquet"

REJECT_COLUMNS = pa.schema([("line", pa.int64()), ("reason", pa.string())])
MOMENT = pa.timestamp("us", tz="UTC")


@dataclass(frozen=True)
class Staging:
    """What staging needs to know. `say` gives a sentence in the reader's language, `moment` is the run's now."""

    path: Path
    folder: Path
    reading: Reading
    moment: datetime
    say: Callable[[str], str]
    progress: Callable[[float], None]

    @property
    def columns(self) -> list[str]:
        return [target for target in self.reading.targets if target not in (UNKNOWN, LEFT_OUT)]

    @property
    def places(self) -> list[int]:
        """Where in the file each of `columns` stands."""
        return [n for n, target in enumerate(self.reading.targets) if target not in (UNKNOWN, LEFT_OUT)]

    def under(self, head: str) -> list[str]:
        """The purposes of `consent:` columns, the topics of `likes:` columns."""
        parts = (column.partition(":") for column in self.columns)
        return [rest for start, colon, rest in parts if colon and start == head]


class Complaints:
    """What is wrong, row by row, in words."""

    def __init__(self, say: Callable[[str], str]) -> None:
        self.say = say
        self.texts: dict[int, list[str]] = {}

    def add(self, row: int, column: str, fault: Fault | str) -> None:
        words = fault if isinstance(fault, str) else fault.words(self.say)
        self.texts.setdefault(row, []).append(f"{column}: {words}")


def stage(task: Staging) -> Staged:
    """Leave PEOPLE (a row group a chunk) and REJECTS in `task.folder`. Raises BadFile."""
    shutil.rmtree(task.folder, ignore_errors=True)
    task.folder.mkdir(parents=True)
    schema = pa.schema(
        [
            ("row", pa.int64()),
            ("line", pa.int64()),
            *((name, kind) for name, kind in _person_types().items()),
            *((f"said:{purpose}", pa.string()) for purpose in task.under("consent")),
            *((f"moment:{purpose}", MOMENT) for purpose in task.under("consent")),
            *((f"likes:{topic}", pa.float64()) for topic in task.under("likes")),
        ]
    )
    read = good = refused = 0
    size = max(task.path.stat().st_size, 1)
    with (
        pq.ParquetWriter(task.folder / PEOPLE, schema, compression="zstd") as people,
        pq.ParquetWriter(task.folder / REJECTS, REJECT_COLUMNS, compression="zstd") as rejects,
    ):
        how = task.reading
        for block in reading.blocks(task.path, how.encoding, how.delimiter, len(how.targets), CHUNK):
            table, faults = _check(task, block, read)
            read += table.num_rows + len(faults)
            good += table.num_rows
            refused += len(faults)
            if table.num_rows:
                people.write_table(table.select(schema.names).cast(schema), row_group_size=CHUNK)
            if faults:
                rejects.write_table(_rejects(task, faults))
            crash_point("registry.stage.block")
            task.progress(min(1.0, block.position / size))
    crash_point("registry.stage.written")
    return Staged(read, good, refused, tuple(task.under("likes")), tuple(task.under("consent")))


def _person_types() -> dict[str, pa.DataType]:
    kinds = {"birth_date": pa.date32(), "joined_at": MOMENT, "club_member": pa.bool_()}
    return {name: kinds.get(name, pa.string()) for name in FIELDS}


def _rejects(task: Staging, faults: list[tuple[int, Fault | str]]) -> pa.Table:
    said = sorted(
        (line, fault if isinstance(fault, str) else fault.words(task.say)) for line, fault in faults
    )
    return pa.Table.from_arrays(
        [pa.array([line for line, _ in said], pa.int64()), pa.array([text for _, text in said], pa.string())],
        schema=REJECT_COLUMNS,
    )


def _check(task: Staging, block: Block, start: int) -> tuple[pa.Table, list[tuple[int, Fault | str]]]:
    """The good rows of a block as values, numbered from `start`; lines and reasons of the others."""
    faults: list[tuple[int, Fault | str]] = list(block.faults)
    lines, cells = _readable(task, block, faults)
    turned = list(zip(*cells, strict=True)) or [()] * len(task.reading.targets)
    texts = {
        column: _trimmed(pa.array(turned[place], pa.string()))
        for column, place in zip(task.columns, task.places, strict=True)
    }
    rows = pa.array(range(start, start + len(lines)), pa.int64())
    complaints = Complaints(task.say)
    for column in values.FREE_TEXTS:
        if column in texts:
            found = pc.fill_null(pc.match_substring_regex(texts[column], values.FORMULA_START), False)
            for place in pc.indices_nonzero(found).to_pylist():
                complaints.add(start + place, column, Fault(values.FORMULA))
    beside = _beside(task, texts, start, complaints)
    persons = pa.table(
        [rows, *(texts[name] for name in FIELDS if name in texts)],
        names=["row", *(name for name in FIELDS if name in texts)],
    )
    people, problems = read_people(persons, now=task.moment, country=task.reading.default_country or None)
    for problem in problems:
        complaints.add(problem.row, problem.column, problem.text)
    faults += [(lines[row - start], "; ".join(said)) for row, said in complaints.texts.items()]
    if complaints.texts:
        bad = pa.array(sorted(complaints.texts), pa.int64())
        people = people.filter(pc.invert(pc.is_in(people.column("row"), value_set=bad)))
    kept = pc.subtract(people.column("row"), start)
    people = people.append_column("line", pa.chunked_array([pa.array(lines, pa.int64())]).take(kept))
    for name, column in beside.items():
        people = people.append_column(name, column.take(kept))
    return people, faults


def _trimmed(column: pa.Array) -> pa.Array:
    """Without white space around; a line end within becomes a space; NULL where nothing is left."""
    bare = pc.utf8_trim_whitespace(pc.replace_substring_regex(column, r"[\r\n\t]+", " "))
    return pc.if_else(pc.equal(bare, ""), pa.scalar(None, pa.string()), bare)


def _readable(
    task: Staging, block: Block, faults: list[tuple[int, Fault | str]]
) -> tuple[list[int], list[list[str]]]:
    """Records whose mapped cells are letters of sane length; others go to `faults`, empty ones nowhere."""
    joined = "\n".join(map("".join, block.cells))
    longest = max(map(len, itertools.chain.from_iterable(block.cells)), default=0)
    blank = any(not "".join(record).strip() for record in block.cells)
    if longest <= reading.LONGEST_CELL and "\0" not in joined and not blank and _whole_letters(joined):
        return block.lines, block.cells
    lines, cells = [], []
    for line, record in zip(block.lines, block.cells, strict=True):
        if not "".join(record).strip():
            continue  # the empty rows that spreadsheets leave at the end
        fault = next(filter(None, (reading.cell_fault(record[place]) for place in task.places)), None)
        if fault:
            faults.append((line, fault))
        else:
            lines.append(line)
            cells.append(record)
    return lines, cells


def _whole_letters(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\ufffd" not in text


def _beside(
    task: Staging, texts: dict[str, pa.Array], start: int, complaints: Complaints
) -> dict[str, pa.Array]:
    """The values of consents and tastes, by the name of their staged column."""
    found: dict[str, pa.Array] = {}

    def judge(column: str, rule: Callable[[str], object]) -> list[object]:
        texts_here = texts[column].to_pylist()
        known, wrong = values.each(
            [text for text in texts[column].unique().to_pylist() if text is not None], rule
        )
        if wrong:
            for row, text in enumerate(texts_here, start):
                if text in wrong:
                    complaints.add(row, column, wrong[text])
        return [known.get(text) for text in texts_here]

    for purpose in task.under("consent"):
        cells = judge(f"consent:{purpose}", lambda text: values.consent(text, task.moment))
        said = [cell.said if isinstance(cell, values.ConsentCell) else None for cell in cells]
        moments = [cell.moment if isinstance(cell, values.ConsentCell) else None for cell in cells]
        found[f"said:{purpose}"] = pa.array(said, pa.string())
        found[f"moment:{purpose}"] = pa.array(moments, MOMENT)
    for topic in task.under("likes"):
        found[f"likes:{topic}"] = pa.array(judge(f"likes:{topic}", values.likes), pa.float64())
    return found


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
