"""The pages of the documentation, and what stands in their fences."""

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
DOCS = ROOT / "docs"

_FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def pages() -> list[Path]:
    """Every Markdown file that people read: docs, README and the page of each context."""
    rooms = (ROOT / "src" / "tifo").glob("*/README.md")
    return sorted([*DOCS.rglob("*.md"), *ROOT.glob("*.md"), *rooms])


def name(page: Path) -> str:
    """How a test calls it."""
    return str(page.relative_to(ROOT))


def fences(page: Path, language: str = "") -> list[str]:
    """The fenced texts of a page, of one language or of all."""
    found = _FENCE.findall(page.read_text(encoding="utf-8"))
    return [body for said, body in found if language in ("", said)]


def pairs(page: Path) -> Iterator[tuple[str, str]]:
    """(language, body) of each fence, in the order of the page."""
    yield from _FENCE.findall(page.read_text(encoding="utf-8"))


def without_fences(page: Path) -> str:
    """The prose of a page."""
    return _FENCE.sub("", page.read_text(encoding="utf-8"))
