"""`python -m bench.page`: puts the table of bench/last.json into docs/explanation/performance.md."""

import json
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
LAST = HERE / "last.json"
PAGE = HERE.parent / "docs" / "explanation" / "performance.md"
BEGIN, END = "<!-- measured: begin -->\n", "<!-- measured: end -->\n"


def number(value: float) -> str:
    """As a person reads it."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _line(one: dict[str, Any]) -> str:
    beside = f"{number(one['limit'])} ({one['limit_name']})" if one["limit"] else ""
    aim = f"{one['aim']}: {'**holds**' if one['holds'] else 'not reached'}" if one["aim"] else ""
    failed = not one["figure"]
    seconds, disk = one.get("seconds"), one.get("disk_megabytes")
    cells = (
        one["step"],
        "**failed**" if failed else f"{number(one['figure'])} {one['unit']}",
        (one["unit"] or one["limit_name"]).replace("|", "/") if failed else beside,
        f"{one['ratio']:.2f}" if one["ratio"] else "",
        f"{one['megabytes']:,.0f} MB" if one["megabytes"] else "",
        f"{disk:,.0f} MB" if disk else "",
        f"{seconds:,.0f} s" if seconds else "",
        aim,
    )
    return f"| {' | '.join(cells)} |"


def tables(figures: list[dict[str, Any]]) -> str:
    """A table for each size, in the order measured."""
    parts = []
    for fans in dict.fromkeys(one["fans"] for one in figures):
        lines = [_line(one) for one in figures if one["fans"] == fans]
        head = (
            "| step | measured | beside it | ratio | peak memory | on disk | whole step | aim |\n"
            "|---|---:|---:|---:|---:|---:|---:|---|"
        )
        parts.append(f"### {fans:,} fans\n\n{head}\n" + "\n".join(lines) + "\n")
    return "\n".join(parts)


def page(text: str, figures: list[dict[str, Any]]) -> str:
    """The page with its tables in place."""
    return put_between(text, BEGIN, tables(figures), END)


def put_between(text: str, begin: str, inside: str, end: str) -> str:
    """The text with something else between two of its lines."""
    before, _, rest = text.partition(begin)
    _, _, after = rest.partition(end)
    return f"{before}{begin}\n{inside}\n{end}{after}"


def main() -> None:
    """Rewrite the page."""
    figures = json.loads(LAST.read_text(encoding="utf-8"))
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8"), figures), encoding="utf-8")


if __name__ == "__main__":
    main()
