"""`python -m bench 100000 1000000`: the performance table, and the same as data in bench/last.json."""

import json
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.programme import programme
from bench.steps import Figure, Season


def _number(value: float) -> str:
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _table(figures: list[Figure]) -> Table:
    table = Table(title="tifo, measured", title_justify="left")
    for name in ("fans", "step"):
        table.add_column(name)
    for name in ("figure", "beside", "ratio", "peak MB"):
        table.add_column(name, justify="right")
    table.add_column("beside what")
    for one in figures:
        table.add_row(
            f"{one.fans:,}",
            one.step,
            f"{_number(one.figure)} {one.unit}",
            _number(one.limit) if one.limit else "",
            f"{one.ratio:.2f}" if one.ratio else "",
            f"{one.megabytes:,.0f}" if one.megabytes else "",
            one.limit_name,
        )
    return table


def main() -> None:
    """Every size, one after the other; temporary folders go at the end."""
    sizes = [int(text) for text in sys.argv[1:] if text.isdigit()] or [100_000]
    figures: list[Figure] = []
    console = Console(width=None if sys.stdout.isatty() else 140)
    began = time.monotonic()

    def say(one: Figure) -> None:
        figures.append(one)
        print(
            f"{time.monotonic() - began:6.0f} s  {one.fans:,} fans: {one.step}: {_number(one.figure)} {one.unit}",
            file=sys.stderr,
        )
        last = Path(__file__).parent / "last.json"
        last.write_text(json.dumps([figure.plain() for figure in figures], indent=1), encoding="utf-8")

    try:
        for fans in sizes:
            with tempfile.TemporaryDirectory(prefix="tifo bench ") as folder:
                Season(fans, Path(folder), programme(), say).all()
    finally:
        console.print(_table(figures))


main()
