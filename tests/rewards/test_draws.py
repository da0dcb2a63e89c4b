"""A draw from the published rules to the last claim, as its entrants and its checkers see it."""

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from tests.rewards.world import BEACON, CLOSES, OPENS, VERIFIER, Hands, fans_with, offered, verified
from tifo.kernel.public import Refused
from tifo.rewards.public import (
    AwardState,
    NotEligible,
    State,
    claim,
    draw,
    enter,
    forfeit,
    freeze,
    mine,
    offer,
    open_offer,
    pass_on_overdue,
    receipt,
    stock,
    transcript,
)

pytestmark = pytest.mark.django_db
THRESHOLD = "places: 2\ninputs: {points: [0, 1000, 2000]}\neligible: [points >= 1000]\n"


@pytest.fixture
def hands(monkeypatch: pytest.MonkeyPatch) -> Hands:
    return Hands(monkeypatch, OPENS - timedelta(days=1))


def drawn(hands: Hands, fans: list[int], more: str = THRESHOLD) -> None:
    open_offer(offered(more))
    hands.go(OPENS)
    for fan in fans:
        enter(fan, "ten-bibs")
    hands.go(CLOSES)
    freeze("ten-bibs")
    hands.go(timedelta(hours=1))
    draw("ten-bibs", BEACON)


def test_d1_the_verifier_agrees_with_a_draw_and_with_all_that_followed(hands: Hands, tmp_path: Path) -> None:
    fans = fans_with([1000, 2500, 1000, 3000, 1999])
    weights = "weights: {cap: 2, points: {2000: 1}}\n"
    drawn(hands, fans, THRESHOLD + weights)
    assert "all: 2 of 5 drawn" in verified("ten-bibs", tmp_path)
    ranks = {mine("ten-bibs", fan).rank: fan for fan in fans}
    assert ranks.keys() == {1, 2, 3, 4, 5}
    claim(ranks[1], "ten-bibs")
    forfeit("ten-bibs", "all", 2, reason="no passport")
    assert mine("ten-bibs", ranks[3]).award is AwardState.OFFERED
    assert "1 offered, 1 claimed, 1 forfeited" in verified("ten-bibs", tmp_path)
    assert [(one.available, one.pending, one.posted) for one in stock("ten-bibs")] == [(0, 1, 1)]


def test_d4_each_receipt_leads_to_the_root(hands: Hands, tmp_path: Path) -> None:
    fans = fans_with([1000] * 5)
    drawn(hands, fans)
    file = tmp_path / "transcript.json"
    file.write_text(json.dumps(transcript("ten-bibs")), encoding="utf-8")
    for fan in fans:
        kept = tmp_path / "receipt.json"
        kept.write_text(json.dumps(receipt(fan, "ten-bibs")), encoding="utf-8")
        done = subprocess.run(
            [sys.executable, VERIFIER, file, "--receipt", kept], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout
        assert f"rank {mine('ten-bibs', fan).rank} of 5" in done.stdout


def test_d3_who_misses_the_bound_is_told_what_she_had_when_it_counted(hands: Hands) -> None:
    few, enough = fans_with([999, 1000])
    open_offer(offered(THRESHOLD))
    hands.go(OPENS)
    with pytest.raises(NotEligible) as refused:
        enter(few, "ten-bibs")
    (why,) = refused.value.why
    assert (why.needed, why.had) == (1000, 999)
    enter(enough, "ten-bibs")
    assert mine("ten-bibs", enough).entered


def test_d7_a_second_draw_changes_nothing_and_overdue_places_go_to_the_next_ranks(
    hands: Hands, tmp_path: Path
) -> None:
    fans = fans_with([1000] * 5)
    drawn(hands, fans)
    before = transcript("ten-bibs")
    draw("ten-bibs", BEACON)
    freeze("ten-bibs")
    assert transcript("ten-bibs") == before
    ranks = {mine("ten-bibs", fan).rank: fan for fan in fans}
    claim(ranks[2], "ten-bibs")
    hands.go(timedelta(days=15))
    with pytest.raises(Refused, match="over"):
        claim(ranks[1], "ten-bibs")
    assert pass_on_overdue()
    claim(ranks[3], "ten-bibs")
    assert not pass_on_overdue()
    assert "0 offered, 2 claimed, 1 forfeited" in verified("ten-bibs", tmp_path)
    assert offer("ten-bibs").state is State.DRAWN
