"""The next generation is made from the last but one: what came since is written to it again, and nothing is copied.

A generation that somebody reads stays as it is: who reads it holds a shared lock beside it, and who makes another of
it must have that lock alone. Where it can't, the current generation is copied.
"""

import fcntl
import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import pyarrow as pa

from tifo.kernel.public import archive

MOST = 1_000_000
"""Rows of a change; a larger one isn't kept, the next generation is a copy."""


def generation_path(folder: Path, number: int) -> Path:
    """The file of a generation."""
    return folder / f"generation-{number}.duckdb"


def _lock_path(folder: Path, number: int) -> Path:
    return folder / f"generation-{number}.lock"


def hold(folder: Path, number: int) -> IO[str] | None:
    """Keep a generation as it is until the file given is closed; None where it is there no more."""
    handle = _lock_path(folder, number).open("w")
    fcntl.flock(handle, fcntl.LOCK_SH)
    if generation_path(folder, number).exists():
        return handle
    handle.close()
    return None


@contextmanager
def _alone(folder: Path, number: int) -> Iterator[bool]:
    with _lock_path(folder, number).open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


def take(folder: Path, number: int, work: Path) -> bool:
    """Give the file of a generation to the writer, unless somebody reads it."""
    path = generation_path(folder, number)
    with _alone(folder, number) as alone:
        if not alone or not path.exists():
            return False
        work.with_suffix(".duckdb.wal").unlink(missing_ok=True)
        path.replace(work)
    archive.sync_folder(folder)
    return True


def copy(folder: Path, number: int, work: Path) -> bool:
    """A copy of a generation for the writer."""
    temporary = work.with_suffix(".part")
    try:
        shutil.copyfile(generation_path(folder, number), temporary)
    except FileNotFoundError:
        return False
    work.with_suffix(".duckdb.wal").unlink(missing_ok=True)
    archive.publish(temporary, work)
    return True


@dataclass
class Change:
    """What a generation has that the one before has not: files of rows, in the order in which they were written."""

    folder: Path
    kept: bool = True
    rows: int = 0
    steps: list[tuple[str, str, str]] = field(default_factory=list)

    @property
    def _open(self) -> Path:
        return self.folder / "change.part"

    def begin(self) -> None:
        shutil.rmtree(self._open, ignore_errors=True)
        self._open.mkdir()

    def add(self, table: str, verb: str, rows: pa.Table) -> None:
        """Note rows that were replaced or appended."""
        self.rows += rows.num_rows
        self.kept = self.kept and self.rows <= MOST
        if not self.kept:
            return
        name = f"{len(self.steps)}.arrow"
        with pa.ipc.new_file(self._open / name, rows.schema) as file:
            file.write_table(rows)
        self.steps.append((table, verb, name))

    def keep(self, number: int, positions: Mapping[str, int]) -> None:
        """Let it be what leads to the generation `number`, before that is committed."""
        final = self.folder / f"change-{number}"
        shutil.rmtree(final, ignore_errors=True)
        if self.kept:
            said = {"steps": self.steps, "positions": dict(positions)}
            (self._open / "steps.json").write_text(json.dumps(said), encoding="utf-8")
            archive.publish_folder(self._open, final)
        for old in self.folder.glob("change-*"):
            if old != final:
                shutil.rmtree(old, ignore_errors=True)


@dataclass(frozen=True)
class Kept:
    """A change that was kept."""

    positions: dict[str, int]
    steps: list[tuple[str, str, Path]]


def change_to(folder: Path, number: int) -> Kept | None:
    """What leads to the generation `number` from the one before; None where it wasn't kept."""
    path = folder / f"change-{number}"
    try:
        said = json.loads((path / "steps.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return Kept(said["positions"], [(table, verb, path / name) for table, verb, name in said["steps"]])


def forget(folder: Path, below: int) -> None:
    """Old generations go; whoever has one open keeps reading it."""
    for path in folder.glob("generation-*"):
        if int(path.stem.split("-")[1]) < below:
            path.unlink()
