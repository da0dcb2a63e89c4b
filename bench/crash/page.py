"""`python -m bench.crash.page`: puts the table of bench/crash.json into docs/explanation/when-a-machine-dies.md."""

import json
from pathlib import Path
from typing import Any

from bench.page import put_between

ROOT = Path(__file__).resolve().parents[2]
LAST = ROOT / "bench" / "crash.json"
PAGE = ROOT / "docs" / "explanation" / "when-a-machine-dies.md"
BEGIN, END = "<!-- matrix: begin -->\n", "<!-- matrix: end -->\n"


def table(rows: list[dict[str, Any]]) -> str:
    """As Markdown, with the sums below."""
    names = ("database", "process", "points", "duplicates", "silent_losses", "unknown")
    said = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
    cells = [
        [
            said.get(str(row[name]), f"{row[name]:,}" if isinstance(row[name], int) else row[name])
            for name in names
        ]
        for row in rows
    ]
    cells.append(["**all**", "", *(f"**{sum(row[name] for row in rows):,}**" for name in names[2:])])
    head = "| database | process | points | duplicates | silent losses | unknown |\n|---|---|---:|---:|---:|---:|\n"
    return head + "".join(f"| {' | '.join(line)} |\n" for line in cells)


def page(text: str, rows: list[dict[str, Any]]) -> str:
    """The page with its table in place."""
    return put_between(text, BEGIN, table(rows), END)


def main() -> None:
    """Rewrite the page."""
    rows = json.loads(LAST.read_text(encoding="utf-8"))
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8"), rows), encoding="utf-8")


if __name__ == "__main__":
    main()
