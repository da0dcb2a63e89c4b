"""`python -m bench 100000 1000000`: the performance table, and the same as data in bench/last.json.

After the sizes comes the journey of Paris 2024, for 50,000 fans (`--paris N` for N, 0 for none). A step that ends badly
is said to have, and the others go on. What is made on the way lies below $TIFO_BENCH_DATA, or where temporary files do,
and goes at the end. Where only some sizes are measured, the lines of the others stay in last.json.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.children import disk_megabytes
from bench.club import CLUB_STEPS, FANS, Club
from bench.figures import Aim, Figure, Say
from bench.paris import journey
from bench.programme import programme
from bench.steps import Season, said_plainly

LAST = Path(__file__).parent / "last.json"
NEEDED = ("making people and tickets", "import of people")
"""Without these nothing else can be measured."""


def _number(value: float) -> str:
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _aim(one: Figure) -> str:
    return f"{one.aim.words}: {'holds' if one.aim.holds else 'not reached'}" if one.aim else ""


def _table(figures: list[Figure]) -> Table:
    table = Table(title="tifo, measured", title_justify="left")
    for name in ("fans", "step"):
        table.add_column(name)
    for name in ("figure", "beside", "ratio", "peak MB", "disk MB", "time"):
        table.add_column(name, justify="right")
    for name in ("beside what", "aim"):
        table.add_column(name)
    for one in figures:
        table.add_row(
            f"{one.fans:,}",
            one.step,
            f"{_number(one.figure)} {one.unit}" if one.figure else "failed",
            _number(one.limit) if one.limit else "",
            f"{one.ratio:.2f}" if one.ratio else "",
            f"{one.megabytes:,.0f}" if one.megabytes else "",
            f"{one.disk_megabytes:,.0f}" if one.disk_megabytes else "",
            f"{one.seconds:,.0f} s" if one.seconds else "",
            one.limit_name,
            _aim(one),
        )
    return table


def _asked() -> argparse.Namespace:
    asked = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    asked.add_argument("sizes", nargs="*", type=int, default=[1_000_000], help="fans; one table each")
    asked.add_argument("--paris", type=int, default=50_000, help="fans of the journey of Paris 2024")
    asked.add_argument(
        "--club", action=argparse.BooleanOptionalAction, default=True, help="answers, redemptions, a draw"
    )
    asked.add_argument("--minutes", type=float, default=0.0, help="begin no step after so many; 0: no end")
    asked.add_argument("--out", type=Path, default=LAST)
    return asked.parse_args()


class Step:
    """What is said while a step lasts is kept back until its time and what it left on the disk are known."""

    def __init__(self, say: Say, folder: Path) -> None:
        self._out, self._folder, self._began = say, folder, time.monotonic()
        self._said: list[Figure] = []

    def say(self, one: Figure) -> None:
        """Take a line."""
        self._said.append(one)

    def end(self) -> None:
        """Let them go."""
        seconds, disk = time.monotonic() - self._began, disk_megabytes(self._folder)
        for one in self._said:
            self._out(replace(one, seconds=round(seconds, 1), disk_megabytes=round(disk)))


def attempt(step: str, fans: int, act: Callable[[], None], say: Say) -> bool:
    """Take a step; say it where it ends badly."""
    try:
        act()
    except (Exception, SystemExit) as error:
        print(f"{step}: {error}", file=sys.stderr)
        say(Figure(step, fans, 0, "", limit_name=said_plainly(error), aim=Aim("runs to its end", False)))
        return False
    return True


def season(fans: int, say: Say, in_time: Callable[[], bool]) -> None:
    """All steps of one size."""
    with tempfile.TemporaryDirectory(
        prefix="tifo bench ", dir=os.environ.get("TIFO_BENCH_DATA"), ignore_cleanup_errors=True
    ) as folder:
        here = Season(fans, Path(folder), programme(), lambda one: taken.say(one))
        for step, act in here.steps():
            taken = Step(say, here.data)
            if not in_time():
                say(Figure(step, fans, 0, "", limit_name="the time was up", aim=Aim("runs", False)))
                continue
            well = attempt(step, fans, act, taken.say)
            taken.end()
            if not well and step in NEEDED:
                return


def club(say: Say, in_time: Callable[[], bool]) -> None:
    """What the club does at once, and a draw of millions."""
    with tempfile.TemporaryDirectory(prefix="tifo bench ", dir=os.environ.get("TIFO_BENCH_DATA")) as folder:
        for step, act in CLUB_STEPS.items():
            taken = Step(say, Path(folder))
            if in_time():
                attempt(step, FANS, partial(act, Club(Path(folder), taken.say)), taken.say)
                taken.end()


def paris(fans: int, say: Say) -> None:
    """The journey, with each message judged."""
    with tempfile.TemporaryDirectory(prefix="tifo bench ", dir=os.environ.get("TIFO_BENCH_DATA")) as folder:
        attempt("Paris 2024", fans, lambda: journey(fans, Path(folder) / "paris", say), say)


def kept(figures: list[Figure], before: Path) -> list[dict[str, object]]:
    """What was measured now, and of what was known before the sizes that were not, in the order of size."""
    now = [figure.plain() for figure in figures]
    paris_now = any(figure.step.startswith("Paris") for figure in figures)
    sizes = {figure.fans for figure in figures if not figure.step.startswith("Paris")}
    old = json.loads(before.read_text(encoding="utf-8")) if before.exists() else []
    for one in old:
        of_paris = one["step"].startswith("Paris")
        if (of_paris and not paris_now) or (not of_paris and one["fans"] not in sizes):
            now.append(one)
    return sorted(now, key=lambda one: (one["step"].startswith("Paris"), one["fans"]))


def main() -> None:
    """Every size, one after the other, then Paris; temporary folders go at the end."""
    asked = _asked()
    figures: list[Figure] = []
    console = Console(width=None if sys.stdout.isatty() else 180)
    began = time.monotonic()
    unfinished = Path(tempfile.gettempdir()) / f"tifo-bench-{os.getpid()}.json"

    def in_time() -> bool:
        return not asked.minutes or time.monotonic() - began < asked.minutes * 60

    def say(one: Figure) -> None:
        figures.append(one)
        seconds = time.monotonic() - began
        print(
            f"{seconds:6.0f} s  {one.fans:,} fans: {one.step}: {_number(one.figure)} {one.unit}",
            file=sys.stderr,
            flush=True,
        )
        _write(unfinished, [figure.plain() for figure in figures])

    print(f"Until all is measured, the figures lie in {unfinished}.", file=sys.stderr)
    try:
        for fans in asked.sizes:
            season(fans, say, in_time)
        if asked.club:
            club(say, in_time)
        if asked.paris and in_time():
            paris(asked.paris, say)
        _write(asked.out, kept(figures, asked.out))
        unfinished.unlink(missing_ok=True)
    finally:
        console.print(_table(figures))


def _write(path: Path, figures: list[dict[str, object]]) -> None:
    path.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":  # the judges' processes are forks of this one
    main()
