"""Buttons and pages are called in the documentation what they are called on screen; the drawing shows the real house."""

import re
import tomllib
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from tests.docs.pages import DOCS, ROOT, fences, name, pages, without_fences

PAGES = [DOCS / "tutorial.md", *sorted((DOCS / "how-to").glob("*.md")), DOCS / "reference" / "csv.md"]
SAID = re.compile(r"(?<![*\w])\*([A-Z][^*\n]+)\*(?!\*)")
"""Names on screen are written in italics and begin with a capital: *Fans → Import people*."""


@pytest.fixture(scope="module")
def on_screen() -> frozenset[str]:
    texts: set[str] = set()
    for catalogue in (ROOT / "src" / "tifo").glob("*/locale/fr/LC_MESSAGES/django.po"):
        with catalogue.open("rb") as file:
            texts |= {str(message.id) for message in read_po(file) if isinstance(message.id, str)}
    for template in (ROOT / "src" / "tifo").glob("*/templates/**/*.html"):
        texts |= set(re.findall(r'translate "([^"]+)"', template.read_text(encoding="utf-8")))
    assert len(texts) > 100
    return frozenset(texts)


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_names_of_buttons_and_pages_are_those_on_screen(page: Path, on_screen: frozenset[str]) -> None:
    said = [part.strip() for names in SAID.findall(without_fences(page)) for part in names.split("→")]
    assert [part for part in said if part not in on_screen] == []


def test_the_drawing_shows_the_floors_in_their_order() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    floors = next(contract["layers"] for contract in contracts if contract["id"] == "the-one-law")
    drawing = (DOCS / "explanation" / "house.svg").read_text(encoding="utf-8")
    drawn = re.findall(r'<rect class="floor".*?<text class="name"[^>]*>([^<]+)<', drawing)
    assert drawn == [floor for floor in floors if floor != "__main__"]


def test_the_house_in_an_hour_names_every_floor() -> None:
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    rooms = {path.parent.name for path in (ROOT / "src" / "tifo").glob("*/README.md")}
    assert {room for room in rooms if f"(src/tifo/{room}/README.md)" not in page} == set()


def test_what_make_is_told_to_make_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    said = {
        target
        for page in pages()
        for body in [*fences(page), *re.findall(r"`([^`\n]+)`", without_fences(page))]
        for target in re.findall(r"^\s*make ([a-z-]+)", body, re.MULTILINE)
    }
    assert {"run", "test", "setup"} <= said <= targets


def test_the_front_page_is_a_page_and_its_pictures_are_light() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 70
    assert re.search(r"make run.*\n?make test", text)
    for picture in (DOCS / "pictures").glob("*.png"):
        assert picture.stat().st_size < 200_000, picture.name
    assert set(re.findall(r'src="docs/pictures/([^"]+)"', text)) == {"studio.png", "newsletter.png"}


@pytest.mark.parametrize("page", pages(), ids=name)
def test_files_of_the_code_that_are_named_exist(page: Path) -> None:
    places = (ROOT, ROOT / "src" / "tifo", ROOT / "tests", page.parent)
    text = re.sub(r"`[\w/]+\.py::\w+`", "", page.read_text(encoding="utf-8"))
    named = set(re.findall(r"`([\w.-][\w./-]*/[\w.-]+\.(?:py|md|toml|svg))`", text))
    somewhere = {path for path in named if any((ROOT / "src" / "tifo").rglob(path))}
    assert {
        path for path in named - somewhere if not any((place / path).exists() for place in places)
    } == set()
