"""Checking a block of records: texts become values, and what is wrong is named row by row.

Blocks don't depend on each other, so those of a large file are checked by several processes.
"""

import itertools
import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc
from django.utils import translation
from django.utils.translation import gettext

from tifo.fans.public import FIELDS, plain_moments, read_people
from tifo.registry.rules import processes, reading, values
from tifo.registry.types import Block, Reading

MOMENT = pa.timestamp("us", tz="UTC")
PROCESSES = max(1, min(4, (os.cpu_count() or 1)))
LARGE = 20_000_000  # bytes of a file from which starting processes pays

Faults = list[tuple[int, str]]


@dataclass(frozen=True)
class Checked:
    """A block after checking: its good rows as values; line and reason of each other row."""

    people: pa.Table
    faults: Faults
    position: int


@dataclass
class _Complaints:
    """What is wrong, row by row, in words."""

    texts: dict[int, list[str]] = field(default_factory=dict)

    def add(self, row: int, column: str, words: str) -> None:
        self.texts.setdefault(row, []).append(f"{column}: {words}")


def check_all(how: Reading, moment: datetime, blocks: Iterable[Block], size: int) -> Iterator[Checked]:
    """All blocks of a file of `size` bytes in their order; a few of them at a time in other processes if it is large."""
    numbered = _numbered(blocks)
    if size < LARGE or PROCESSES == 1:
        for block, start in numbered:
            yield check(how, moment, block, start)
        return
    language = translation.get_language() or "en"
    context = multiprocessing.get_context("spawn")  # a fork would copy the locks of Arrow's threads
    with ProcessPoolExecutor(PROCESSES, context, processes.begin, (language,)) as pool:
        waiting: deque[Future[Checked]] = deque()
        try:
            for block, start in numbered:
                waiting.append(pool.submit(check, how, moment, block, start))
                if len(waiting) > PROCESSES + 1:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _numbered(blocks: Iterable[Block]) -> Iterator[tuple[Block, int]]:
    """Blocks with the number of their first row in the file."""
    start = 0
    for block in blocks:
        yield block, start
        start += len(block.lines)


def check(how: Reading, moment: datetime, block: Block, start: int) -> Checked:
    """The good rows of a block as values, numbered from `start`; lines and reasons of the others."""
    faults: Faults = [(line, fault.words(gettext)) for line, fault in block.faults]
    lines, cells = _readable(how, block, faults)
    turned = list(zip(*cells, strict=True)) or [()] * len(how.targets)
    texts = {
        column: _trimmed(pa.array(turned[place], pa.string()))
        for column, place in zip(how.columns, how.places, strict=True)
    }
    rows = pa.array(range(start, start + len(lines)), pa.int64())
    complaints = _Complaints()
    for column in values.FREE_TEXTS:
        if column in texts:
            found = pc.fill_null(pc.match_substring_regex(texts[column], values.FORMULA_START), False)
            for place in pc.indices_nonzero(found).to_pylist():
                complaints.add(start + place, column, gettext(values.FORMULA))
    beside = _beside(how, moment, texts, start, complaints)
    persons = pa.table(
        [rows, *(texts[name] for name in FIELDS if name in texts)],
        names=["row", *(name for name in FIELDS if name in texts)],
    )
    people, problems = read_people(persons, now=moment, country=how.default_country or None)
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
    return Checked(people, faults, block.position)


def _trimmed(column: pa.Array) -> pa.Array:
    """Without white space around; a line end within becomes a space; NULL where nothing is left."""
    bare = pc.utf8_trim_whitespace(pc.replace_substring_regex(column, r"[\r\n\t]+", " "))
    return pc.if_else(pc.equal(bare, ""), pa.scalar(None, pa.string()), bare)


def _readable(how: Reading, block: Block, faults: Faults) -> tuple[list[int], list[list[str]]]:
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
        fault = next(filter(None, (reading.cell_fault(record[place]) for place in how.places)), None)
        if fault:
            faults.append((line, fault.words(gettext)))
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
    how: Reading, moment: datetime, texts: dict[str, pa.Array], start: int, complaints: _Complaints
) -> dict[str, pa.Array]:
    """The values of consents and tastes, by the name of their staged column."""
    found: dict[str, pa.Array] = {}

    def judge(column: str, texts_here: list[str], rule: Callable[[str], object]) -> dict[str, object]:
        known, wrong = values.each(texts_here, rule)
        if wrong:
            for row, text in enumerate(texts[column].to_pylist(), start):
                if text in wrong:
                    complaints.add(row, column, wrong[text].words(gettext))
        return known

    last = moment + values.SLACK
    for purpose in how.under("consent"):
        column = f"consent:{purpose}"
        coded = texts[column].dictionary_encode()
        distinct = coded.dictionary
        moments = plain_moments(distinct, values.FIRST, last)  # a plain moment is a yes
        odd = distinct.filter(pc.is_null(moments)).to_pylist()
        cells = judge(column, odd, lambda text: values.consent(text, moment))
        said = pc.if_else(pc.is_valid(moments), pa.scalar("yes"), pa.scalar(None, pa.string()))
        if cells:
            judged = [cells.get(text) for text in distinct.to_pylist()]
            fit = [cell if isinstance(cell, values.ConsentCell) else None for cell in judged]
            said = pc.coalesce(said, pa.array([cell and cell.said for cell in fit], pa.string()))
            moments = pc.coalesce(moments, pa.array([cell and cell.moment for cell in fit], MOMENT))
        found[f"said:{purpose}"] = said.take(coded.indices)
        found[f"moment:{purpose}"] = moments.take(coded.indices)
    for topic in how.under("likes"):
        column = f"likes:{topic}"
        coded = texts[column].dictionary_encode()
        scores = judge(column, coded.dictionary.to_pylist(), values.likes)
        judged = [scores.get(text) for text in coded.dictionary.to_pylist()]
        found[column] = pa.array(judged, pa.float64()).take(coded.indices)
    return found
