"""`python -m bench.crash`: the crash matrix. Its table goes to the output, its figures to bench/crash.json.

Exit code 1 when a promise broke, 2 where this machine does not allow tracing.
"""

import argparse
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tests.cluster import cluster

from bench.children import environment
from bench.crash.names import NAMES

RESULT = Path(__file__).resolve().parents[1] / "crash.json"
DATABASES = ["sqlite", "postgresql"]
SHOWN = 12  # broken promises that are written out for a process


class WorkerDiedError(RuntimeError):
    """A process of the matrix itself is gone."""


@dataclass
class Row:
    """A process on a database."""

    database: str
    process: str
    points: int = 0
    duplicates: int = 0
    silent_losses: int = 0
    unknown: int = 0
    broken: list[str] = field(default_factory=list)

    def add(self, answer: dict[str, Any]) -> None:
        """One point more."""
        self.points += bool(answer["killed"])
        self.duplicates += answer["duplicates"]
        self.silent_losses += answer["silent_losses"]
        self.unknown += answer["unknown"]
        self.broken += [f"killed before {answer['at'] or 'nothing'}: {words}" for words in answer["broken"]]

    def figures(self) -> dict[str, Any]:
        """As in bench/crash.json."""
        figures = asdict(self)
        del figures["broken"]
        return figures


class Helper:
    """A worker process."""

    def __init__(self, database: str, number: int, room: Path, host: Path) -> None:
        folder = room / database / str(number)
        (folder / "data").mkdir(parents=True)
        (room / database / "templates").mkdir(exist_ok=True)
        variables = environment(folder / "data", TIFO_ALLOWED_RECIPIENTS="*@*.example")
        variables.pop("STATE_DIRECTORY", None)
        if database == "postgresql":
            variables["TIFO_DATABASE_URL"] = f"postgresql://tifo@/crash{number}?host={host}"
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.crash.worker", str(folder), str(room / database / "templates")],
            env=variables,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, **task: Any) -> dict[str, Any]:
        """Have it do a task. RuntimeError with its words where it failed."""
        assert self._process.stdin is not None  # noqa: S101  both are pipes
        assert self._process.stdout is not None  # noqa: S101
        print(json.dumps(task), file=self._process.stdin, flush=True)
        line = self._process.stdout.readline()
        if not line:
            raise WorkerDiedError("the worker died")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer

    def close(self) -> None:
        """Let it end."""
        if self._process.stdin:
            self._process.stdin.close()
        self._process.wait()


@contextlib.contextmanager
def _helpers(database: str, count: int, room: Path, host: Path) -> Iterator[list[Helper]]:
    helpers = [Helper(database, number, room, host) for number in range(count)]
    try:
        yield helpers
    finally:
        for helper in helpers:
            helper.close()


def _matrix(row: Row, helpers: list[Helper], step: int) -> None:
    """Every point of one process: the first, the next, … until a run ends before its turn comes."""
    helpers[0].ask(do="prepare", part=row.process)
    whole = helpers[0].ask(do="point", part=row.process, number=0)
    row.add(whole)
    lock, state = threading.Lock(), {"next": 1, "last": False}
    begun = time.monotonic()

    def work(helper: Helper) -> None:
        while True:
            with lock:
                number = state["next"]
                if state["last"]:
                    return
                state["next"] += step
            try:
                answer = helper.ask(do="point", part=row.process, number=number)
            except WorkerDiedError:
                with lock:
                    row.broken.append(f"point {number}: a process of the matrix itself died")
                    state["last"] = True
                return
            except RuntimeError as error:
                with lock:
                    row.broken.append(f"point {number}: {error}")
                continue
            with lock:
                state["last"] = state["last"] or not answer["killed"]
                row.add(answer)
                if number % 10 < step:
                    spent = time.monotonic() - begun
                    said = (
                        f"{row.database}, {row.process}: {number} of about {whole['points']}, {spent:.0f} s"
                    )
                    print(f"{said}, {len(row.broken)} broken", file=sys.stderr, flush=True)

    with ThreadPoolExecutor(len(helpers)) as pool:
        try:
            list(pool.map(work, helpers))
        finally:
            state["last"] = True  # asked to stop: after the point that is under way


def table(rows: list[dict[str, Any]]) -> str:
    """As Markdown."""
    head = "| database | process | points | duplicates | silent losses | unknown |\n|---|---|---:|---:|---:|---:|\n"
    names = ("database", "process", "points", "duplicates", "silent_losses", "unknown")
    lines = [
        " | ".join(f"{row[name]:,}" if isinstance(row[name], int) else row[name] for name in names)
        for row in rows
    ]
    total = {name: sum(row[name] for row in rows) for name in names[2:]}
    lines.append(" | ".join(["**all**", "", *(f"**{total[name]:,}**" for name in names[2:])]))
    return head + "\n".join(f"| {line} |" for line in lines)


def _keep(figures: list[dict[str, Any]]) -> None:
    """In bench/crash.json; what was not run again stays."""
    found = json.loads(RESULT.read_text(encoding="utf-8")) if RESULT.exists() else []
    rows = {(row["database"], row["process"]): row for row in [*found, *figures]}
    order = [(database, process) for database in DATABASES for process in NAMES]
    kept = [rows[place] for place in order if place in rows]
    RESULT.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


def main() -> int:
    """Run it."""
    asked = argparse.ArgumentParser(prog="python -m bench.crash", description=__doc__)
    asked.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    asked.add_argument("--database", action="append", choices=DATABASES)
    asked.add_argument("--process", action="append", choices=NAMES)
    asked.add_argument("--every", type=int, default=1, help="only every n-th point")
    asked.add_argument("--keep", action="store_true", help="keep the figures also of a run with --every")
    given = asked.parse_args()
    databases, processes = given.database or DATABASES, given.process or NAMES
    rows: list[Row] = []
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # the server and the worlds go with us
    base = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108  made by mkdtemp
    room = Path(tempfile.mkdtemp(prefix="tifo-crash-", dir=base))
    try:
        with contextlib.ExitStack() as stack:
            host = stack.enter_context(cluster()) if "postgresql" in databases else Path()
            for database in databases:
                with _helpers(database, given.workers, room, host) as helpers:
                    for process in processes:
                        row = Row(database, process)
                        try:
                            _matrix(row, helpers, given.every)
                        except RuntimeError as error:
                            row.broken.append(str(error))
                        rows.append(row)
                        for words in row.broken[:SHOWN]:
                            print(f"{database}, {process}: {words}", file=sys.stderr, flush=True)
                        print(json.dumps(row.figures()), file=sys.stderr, flush=True)
    finally:
        shutil.rmtree(room, ignore_errors=True)
    figures = [row.figures() for row in rows]
    print(table(figures))
    if given.every == 1 or given.keep:
        _keep(figures)
    broken = sum(bool(row.broken) for row in rows)
    if broken:
        print(f"A promise broke in {broken} of {len(rows)} rows.", file=sys.stderr)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
