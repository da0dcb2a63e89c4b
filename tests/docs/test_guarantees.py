"""Each promise names tests that exist, and what tests claim to hold is on the page."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, ROOT

PAGE = DOCS / "guarantees.md"
TESTS = ROOT / "tests"
ROW = re.compile(r"^\| ([A-Z]\d+) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
NAMED = re.compile(r"`([\w/]+\.py)::(\w+)`")
PROMISES = {
    "M": 15,
    "C": 9,
    "S": 8,
    "H": 5,
    "T": 7,
    "L": 9,
    "D": 10,
    "Q": 5,
    "P": 7,
    "X": 6,
    "V": 6,
    "U": 5,
    "B": 4,
    "W": 6,
}
ALL = [f"{letter}{number}" for letter, most in PROMISES.items() for number in range(1, most + 1)]
_ID = re.compile(rf"\b([{''.join(PROMISES)}])(\d{{1,2}})\b")
_RANGE = re.compile(r"\b([A-Z])(\d+)(?: to |–)(?:[A-Z])?(\d+)\b")


def _rows() -> dict[str, str]:
    return {promise: held for promise, _, held in ROW.findall(PAGE.read_text(encoding="utf-8"))}


@cache
def _functions(file: Path) -> frozenset[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return frozenset(
        node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )


def _claimed(file: Path) -> set[str]:
    """The promises that a test file says it holds: in docstrings, and in names such as test_u3_…"""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    said = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            said.append(ast.get_docstring(node) or "")
        if isinstance(node, ast.FunctionDef) and (found := re.match(r"test_([a-z]\d+)_", node.name)):
            said.append(found[1].upper())
    text = "\n".join(said)
    claimed = {letter + number for letter, number in _ID.findall(text)}
    for letter, first, last in _RANGE.findall(text):
        claimed |= {f"{letter}{number}" for number in range(int(first), int(last) + 1)}
    return claimed & set(ALL)


def test_every_promise_has_one_row() -> None:
    told = [promise for promise, _, _ in ROW.findall(PAGE.read_text(encoding="utf-8"))]
    assert sorted(told) == sorted(ALL)


@pytest.mark.parametrize("promise", ALL)
def test_a_promise_names_tests_that_exist_or_says_not_yet(promise: str) -> None:
    held = _rows()[promise]
    named = NAMED.findall(held)
    assert named or held.startswith("not yet"), held
    assert not (named and held.startswith("not yet"))
    for path, function in named:
        assert (TESTS / path).exists(), path
        assert function in _functions(TESTS / path), f"{path} has no {function}"


@pytest.mark.parametrize(
    "file", sorted(TESTS.rglob("test_*.py")), ids=lambda file: str(file.relative_to(TESTS))
)
def test_what_a_test_claims_to_hold_is_on_the_page(file: Path) -> None:
    if file.parent.name == "docs":
        return
    rows = _rows()
    open_promises = {promise for promise in _claimed(file) if rows[promise].startswith("not yet")}
    assert open_promises == set(), (
        f"{file.relative_to(ROOT)} says that it holds them: name it in docs/guarantees.md"
    )


def test_claims_are_read_from_docstrings_names_and_ranges(tmp_path: Path) -> None:
    file = tmp_path / "test_x.py"
    file.write_text(
        '"""Kill it (M3 to M5, M8)."""\ndef test_u3_is_held():\n    """C9"""\n    x = "T1"\n',
        encoding="utf-8",
    )
    assert _claimed(file) == {"M3", "M4", "M5", "M8", "U3", "C9"}
