"""`python -m bench.crash.page`: puts bench/crash.json and bench/hosts.json into docs/explanation/when-a-machine-dies.md."""

import json
from pathlib import Path
from typing import Any

from bench.page import put_between

ROOT = Path(__file__).resolve().parents[2]
LAST = ROOT / "bench" / "crash.json"
HOSTS = ROOT / "bench" / "hosts.json"
PAGE = ROOT / "docs" / "explanation" / "when-a-machine-dies.md"
BEGIN, END = "<!-- matrix: begin -->\n", "<!-- matrix: end -->\n"
HOSTS_BEGIN, HOSTS_END = "<!-- hosts: begin -->\n", "<!-- hosts: end -->\n"


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


def hosts_table(rows: list[dict[str, Any]]) -> str:
    """As Markdown."""
    head = "| struck by | times | duplicates | silent losses | unknown |\n|---|---:|---:|---:|---:|\n"
    names = ("points", "duplicates", "silent_losses", "unknown")
    return head + "".join(
        f"| {row['process']} | {' | '.join(f'{row[name]:,}' for name in names)} |\n" for row in rows
    )


def page(text: str) -> str:
    """The page with its tables in place."""
    rows, hosts = (json.loads(file.read_text(encoding="utf-8")) for file in (LAST, HOSTS))
    text = put_between(text, BEGIN, table(rows), END)
    return put_between(text, HOSTS_BEGIN, hosts_table(hosts), HOSTS_END)


def main() -> None:
    """Rewrite the page."""
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
