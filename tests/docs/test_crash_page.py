"""The page on dying machines shows what was run last, and nothing else."""

import json

from bench.crash.names import STORIES
from bench.crash.page import HOSTS, LAST, PAGE, page


def test_the_page_shows_the_last_matrix() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert text == page(text), "run `python -m bench.crash.page`"


def test_nobody_got_two_and_nothing_was_lost() -> None:
    rows = json.loads(LAST.read_text(encoding="utf-8"))
    assert {row["database"] for row in rows} == {"sqlite", "postgresql"}
    for row in rows:
        assert set(row) == {"database", "process", "points", "duplicates", "silent_losses", "unknown"}
        assert row["points"] > 0
        assert (row["duplicates"], row["silent_losses"]) == (0, 0)


def test_all_stories_of_two_hosts_were_told() -> None:
    rows = json.loads(HOSTS.read_text(encoding="utf-8"))
    assert [row["process"] for row in rows] == STORIES
    for row in rows:
        assert row["points"] > 0
        assert (row["duplicates"], row["silent_losses"]) == (0, 0)
