"""`python -m bench 100000 1000000`: the performance table, and the same as data in bench/last.json.

After the sizes comes the journey of Paris 2024, for 200,000 fans (`--paris N` for N, 0 for none).
"""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.figures import Figure
from bench.paris import journey
from bench.programme import programme
from bench.steps import Season


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
    for name in ("figure", "beside", "ratio", "peak MB"):
        table.add_column(name, justify="right")
    for name in ("beside what", "aim"):
        table.add_column(name)
    for one in figures:
        table.add_row(
            f"{one.fans:,}",
            one.step,
            f"{_number(one.figure)} {one.unit}",
            _number(one.limit) if one.limit else "",
            f"{one.ratio:.2f}" if one.ratio else "",
            f"{one.megabytes:,.0f}" if one.megabytes else "",
            one.limit_name,
            _aim(one),
        )
    return table


def _asked() -> argparse.Namespace:
    asked = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    asked.add_argument("sizes", nargs="*", type=int, default=[100_000], help="fans; one table line each")
    asked.add_argument("--paris", type=int, default=200_000, help="fans of the journey of Paris 2024")
    asked.add_argument("--out", type=Path, default=Path(__file__).parent / "last.json")
    return asked.parse_args()


def main() -> None:
    """Every size, one after the other, then Paris; temporary folders go at the end."""
    asked = _asked()
    figures: list[Figure] = []
    console = Console(width=None if sys.stdout.isatty() else 180)
    began = time.monotonic()

    def say(one: Figure) -> None:
        figures.append(one)
        seconds = time.monotonic() - began
        print(
            f"{seconds:6.0f} s  {one.fans:,} fans: {one.step}: {_number(one.figure)} {one.unit}",
            file=sys.stderr,
        )
        plain = [figure.plain() for figure in figures]
        asked.out.write_text(json.dumps(plain, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")

    try:
        for fans in asked.sizes:
            with tempfile.TemporaryDirectory(prefix="tifo bench ") as folder:
                Season(fans, Path(folder), programme(), say).all()
        if asked.paris:
            with tempfile.TemporaryDirectory(prefix="tifo bench ") as folder:
                journey(asked.paris, Path(folder) / "paris", say)
    finally:
        console.print(_table(figures))


if __name__ == "__main__":  # the judges' processes are forks of this one
    main()
