"""No link of the documentation leads nowhere."""

import re
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.docs.pages import ROOT, name, pages, without_fences

LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)[^)]*\)|<img[^>]* src=\"([^\"]+)\"|srcset=\"([^\"]+)\"")
HEADING = re.compile(r"^#+ +(.+?)\s*#*$", re.MULTILINE)
CODE = re.compile(r"`[^`\n]*`")


def _anchors(page: Path) -> set[str]:
    """What headings are called in addresses, as forges make them."""
    plain = (
        re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", r"\1", title) for title in HEADING.findall(without_fences(page))
    )
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in plain}


@pytest.mark.parametrize("page", pages(), ids=name)
def test_relative_links_lead_somewhere(page: Path) -> None:
    wrong = []
    for groups in LINK.findall(CODE.sub("", without_fences(page))):
        target = next(filter(None, groups))
        if "://" in target or target.startswith("mailto:"):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / unquote(path)).resolve() if path else page
        if not file.exists() or not file.is_relative_to(ROOT):
            wrong.append(f"{target}: no such file")
        elif anchor and file.suffix == ".md" and anchor not in _anchors(file):
            wrong.append(f"{target}: no such heading")
    assert wrong == []


def test_a_link_that_leads_nowhere_is_seen(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# A title, with `code`\n\n[here](other.md#there)\n", encoding="utf-8")
    assert LINK.findall(page.read_text(encoding="utf-8"))[0][0] == "other.md#there"
    assert _anchors(page) == {"a-title-with-code"}


@pytest.mark.parametrize("page", pages(), ids=name)
def test_every_page_of_the_documentation_is_reached_from_its_index(page: Path) -> None:
    index = ROOT / "docs" / "README.md"
    if page.parent == ROOT / "docs" and page != index:
        assert f"]({page.name})" in index.read_text(encoding="utf-8")
    elif page.is_relative_to(ROOT / "docs") and page != index:
        lists = "\n".join(
            one.read_text(encoding="utf-8") for one in (index, page.parent / "README.md") if one.exists()
        )
        assert page.name in lists
