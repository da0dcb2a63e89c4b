"""A process of the matrix: warm, with a world and an oracle of its own; does the points it is told of.

    python -m bench.crash.worker FOLDER TEMPLATES

Reads a line of JSON for each task, writes a line of JSON for each result.
"""

import contextlib
import dataclasses
import json
import os
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any

import django

django.setup()

from bench.crash import tracer  # noqa: E402  Django first
from bench.crash.parts import PARTS  # noqa: E402
from bench.crash.worlds import World, outcome  # noqa: E402


class Worker:
    """Does what it is told."""

    def __init__(self, folder: Path, templates: Path) -> None:
        self.world, self.templates = World(folder, templates), templates
        self._oracle = subprocess.Popen(
            [sys.executable, "-m", "bench.crash.oracle", str(folder)], stdout=subprocess.PIPE, text=True
        )
        said = self._oracle.stdout.readline() if self._oracle.stdout else ""
        first, second, third = map(int, said.split())
        self.parts = {part.name: part(self.world, (first, second, third)) for part in PARTS}

    def close(self) -> None:
        """End the oracle."""
        self._oracle.kill()
        self._oracle.wait()

    def prepare(self, name: str) -> dict[str, Any]:
        """Make the template of a part; how many points a run has."""
        part = self.parts[name]
        self.world.new()
        clean = outcome(part.prepare)
        self.world.keep(_template(name))
        clean |= outcome(part.clean)
        (self.templates / f"{_template(name)}.json").write_text(json.dumps(clean))
        return {}

    def point(self, name: str, number: int) -> dict[str, Any]:
        """Kill it there, start it again, judge; `number` 0: let it run to its end, and look at each call."""
        part = self.parts[name]
        clean = json.loads((self.templates / f"{_template(name)}.json").read_text())
        self.world.restore(_template(name))
        ended = tracer.run(
            lambda: _quietly(part.act, part.said),
            str(self.world),
            kill_at=number,
            watch=None if number else part.watcher(),
            started=part.started,
        )
        part.ended(killed=ended.killed)
        if not ended.killed and ended.status:
            said = part.said.read_text()
            raise RuntimeError(f"it ended with {ended.status}: {said[-2000:]}")
        verdict = outcome(lambda: dataclasses.asdict(part.finish(clean)))
        return {"killed": ended.killed, "points": ended.points, "at": str(ended.last or ""), **verdict}


def _template(name: str) -> str:
    return name.replace(" ", "_")


def _quietly(act: Any, file: Path) -> None:
    with file.open("w") as out:
        os.dup2(out.fileno(), 1)
        os.dup2(out.fileno(), 2)
        try:
            act()
        except BaseException:
            traceback.print_exc()
            raise
        finally:
            with contextlib.suppress(ValueError):
                sys.stdout.flush()
                sys.stderr.flush()


def main() -> None:
    """Until there is no more to do."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what anything prints is no answer
    worker = Worker(Path(sys.argv[1]), Path(sys.argv[2]))
    try:
        for line in sys.stdin:
            task = json.loads(line)
            try:
                if task["do"] == "prepare":
                    answer = worker.prepare(task["part"])
                else:
                    answer = worker.point(task["part"], task["number"])
            except Exception:
                answer = {"error": traceback.format_exc()}
            print(json.dumps(answer), file=answers, flush=True)
    finally:
        worker.close()


if __name__ == "__main__":
    main()
