"""The scoring rules as properties: bounded, monotone, order does not matter, it fades, declared wins."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tifo.kernel.public import Refused
from tifo.preferences.rules import (
    HALF_LIFE_DAYS,
    WEIGHTS,
    Evidence,
    checked_score,
    checked_slug,
    effective,
    learnt,
    mass,
)

NOW = datetime(2026, 7, 1, tzinfo=UTC)
moments = st.floats(0, 2000).map(lambda days: NOW - timedelta(days=days))
pieces = st.builds(Evidence, weight=st.floats(0, 20), at=moments)
scores = st.floats(0, 1)


def score(evidence: list[Evidence], now: datetime = NOW) -> float:
    return learnt(mass(evidence), now)


@given(st.lists(pieces, max_size=30))
def test_a_score_lies_between_0_and_1(evidence: list[Evidence]) -> None:
    assert 0 <= score(evidence) <= 1


def test_nothing_known_is_0() -> None:
    assert score([]) == 0


@given(st.lists(pieces, max_size=20), pieces)
def test_more_evidence_never_lowers_it(evidence: list[Evidence], more: Evidence) -> None:
    assert score([*evidence, more]) >= score(evidence) - 1e-12


@given(st.lists(pieces, max_size=20), st.randoms(use_true_random=False))
def test_the_order_of_evidence_does_not_matter(evidence: list[Evidence], chance: object) -> None:
    shuffled = evidence.copy()
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert score(shuffled) == score(evidence)  # exactly: the sum is rounded once


@given(st.lists(pieces, max_size=20), st.integers(0, 2000), st.integers(0, 2000))
def test_it_fades_and_never_grows_by_waiting(evidence: list[Evidence], days: int, more: int) -> None:
    sooner, later = NOW + timedelta(days=days), NOW + timedelta(days=days + more)
    assert score(evidence, later) <= score(evidence, sooner) + 1e-12


@given(pieces)
def test_a_half_life_halves_the_weight(piece: Evidence) -> None:
    full = Evidence(piece.weight, NOW)
    half = Evidence(piece.weight / 2, NOW)
    later = NOW + timedelta(days=HALF_LIFE_DAYS)
    assert score([full], later) == pytest.approx(score([half], NOW), abs=1e-12)


@given(pieces, st.floats(0, 5))
def test_a_younger_piece_counts_at_least_as_much(piece: Evidence, years: float) -> None:
    older = Evidence(piece.weight, piece.at - timedelta(days=365 * years))
    assert score([piece]) >= score([older]) - 1e-12


@given(scores, st.lists(pieces, max_size=20))
def test_declared_always_wins(declared: float, evidence: list[Evidence]) -> None:
    assert effective(declared, score(evidence)) == declared
    assert effective(None, score(evidence)) == score(evidence)


def test_the_weights_say_what_they_claim() -> None:
    one = {source: score([Evidence(weight, NOW)]) for source, weight in WEIGHTS.items()}
    assert one["click"] == pytest.approx(0.20, abs=0.005)
    assert one["quiz"] == pytest.approx(0.30, abs=0.005)
    assert one["survey"] == pytest.approx(0.50, abs=0.005)
    assert one["ticket"] == pytest.approx(0.70, abs=0.005)
    assert score([Evidence(WEIGHTS["click"], NOW)] * 4) == pytest.approx(0.585, abs=0.001)


@given(st.floats(allow_nan=True, allow_infinity=True).filter(lambda value: not 0 <= value <= 1))
def test_an_impossible_score_is_refused(value: float) -> None:
    with pytest.raises(Refused, match="write a number from 0"):
        checked_score(value)


@pytest.mark.parametrize(
    ("written", "slug"),
    [
        ("Judo", "judo"),
        (" Beach Volleyball ", "beach-volleyball"),
        ("3x3_Basketball", "3x3-basketball"),
        ("été", "été"),
    ],
)
def test_a_topic_has_one_spelling(written: str, slug: str) -> None:
    assert checked_slug(written) == slug
    assert checked_slug(slug) == slug


@pytest.mark.parametrize("written", ["", "  ", "-", "a--b", "a/b", "judo;drop", "x" * 65])
def test_what_cannot_name_a_topic(written: str) -> None:
    with pytest.raises(Refused, match="can't name a topic"):
        checked_slug(written)
