"""The page on performance shows what was measured last, and nothing else."""

import json

from bench.page import LAST, PAGE, page


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
