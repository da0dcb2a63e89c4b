"""The page on performance shows what was measured last, and nothing else."""

import json
from pathlib import Path

from bench.__main__ import attempt, kept
from bench.figures import Figure
from bench.page import LAST, PAGE, page, tables


def test_the_page_shows_the_last_measurement() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert text == page(text, json.loads(LAST.read_text(encoding="utf-8"))), "run `python -m bench.page`"


def test_the_last_measurement_is_whole() -> None:
    figures = json.loads(LAST.read_text(encoding="utf-8"))
    assert {one["fans"] for one in figures} >= {100_000, 1_000_000}
    for one in figures:
        assert {
            "step",
            "fans",
            "figure",
            "unit",
            "limit",
            "limit_name",
            "megabytes",
            "aim",
            "holds",
            "ratio",
        } <= set(one)
        assert one["figure"] > 0 or one["holds"] is False, f"{one['step']} failed and does not say so"
        assert (one["holds"] is None) == (one["aim"] == "")


def test_sizes_that_were_not_measured_keep_their_lines(tmp_path: Path) -> None:
    before = tmp_path / "last.json"
    old = [
        Figure("plan", 1_000, 3.0, "s"),
        Figure("plan", 20, 1.0, "s"),
        Figure("Paris 2024, all", 20, 5, "s"),
    ]
    before.write_text(json.dumps([one.plain() for one in old]), encoding="utf-8")
    found = kept([Figure("plan", 1_000, 2.0, "s"), Figure("plan", 30, 9.0, "s")], before)
    assert [(one["step"], one["fans"], one["figure"]) for one in found] == [
        ("plan", 20, 1.0),
        ("plan", 30, 9.0),
        ("plan", 1_000, 2.0),
        ("Paris 2024, all", 20, 5),
    ]


def test_a_step_that_fails_says_so_and_the_bench_goes_on() -> None:
    said: list[Figure] = []

    def act() -> None:
        raise OSError("no room | left")

    assert not attempt("plan", 20, act, said.append)
    shown = tables([one.plain() for one in said])
    assert "| plan | **failed** | no room / left |" in shown
    assert "not reached" in shown
