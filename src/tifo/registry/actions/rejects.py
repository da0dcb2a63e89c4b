"""The file of rejected rows: line, reason, and the row as it was written, to be mended and imported again."""

import csv
import os
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
from django.utils.translation import gettext

from tifo.registry.actions import files, merging, staging
from tifo.registry.models import ImportRun
from tifo.registry.rules import reading
from tifo.registry.rules.values import formula_safe
from tifo.registry.types import Reading

_WORDS = {"conflict": merging.CONFLICT, "erased": merging.ERASED}


def write(run: ImportRun, path: Path) -> bool:
    """Make the run's rejects file, whole or not at all; whether there was anything to write."""
    folder = files.staged_folder(run)
    refused = _all_of(folder)
    first = next(refused, None)
    final = files.rejects_path(run)
    if first is None:
        final.unlink(missing_ok=True)
        return False
    kept = dict(run.reading)
    how = Reading(**{**kept, "targets": tuple(kept["targets"])})
    temporary = final.with_suffix(".part")
    handle = os.open(temporary, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    with open(handle, "w", encoding="utf-8-sig", newline="", errors="replace") as file:  # noqa: PTH123
        writer = csv.writer(file)
        header, rows = reading.header_and_rows(path, how.encoding, how.delimiter)
        writer.writerow(["line", "reason", *map(formula_safe, header)])
        for line, reason, cells in _with_cells(_chain(first, refused), rows):
            writer.writerow([line, reason, *map(formula_safe, cells)])
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(final)
    return True


def _chain(
    first: tuple[int, str, bool], rest: Iterator[tuple[int, str, bool]]
) -> Iterator[tuple[int, str, bool]]:
    yield first
    yield from rest


def _all_of(folder: Path) -> Iterator[tuple[int, str, bool]]:
    """(line, reason, whether the row itself may be kept) of what staging and merging refused, by line."""
    late = iter(sorted(_refused_by_base(folder)))
    waiting = next(late, None)
    for line, reason in staging.rejects_of(folder):
        while waiting and waiting[0] < line:
            yield waiting
            waiting = next(late, None)
        yield line, reason, True
    while waiting:
        yield waiting
        waiting = next(late, None)


def _refused_by_base(folder: Path) -> Iterator[tuple[int, str, bool]]:
    for name in ("merged", "tried"):
        for path in sorted((folder / name).glob("refused-*.parquet")):
            for row in pq.read_table(path).to_pylist():
                # Nothing of somebody who asked to be forgotten is written down anew.
                outcome = row["outcome"]
                yield row["line"], gettext(_WORDS[outcome]), outcome != "erased"


def _with_cells(
    refused: Iterator[tuple[int, str, bool]], rows: Iterator[tuple[int, list[str]]]
) -> Iterator[tuple[int, str, list[str]]]:
    """The rows of the file that were refused; one that couldn't be read has no cells."""
    at, cells = next(rows, (0, []))
    for line, reason, keep in refused:
        while at and at < line:
            at, cells = next(rows, (0, []))
        yield line, reason, cells if keep and at == line else []
