"""The plain ways of writing a day or a moment give what the rules give."""

from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tifo.fans.rules.person import OLDEST, canonical_birth_date, canonical_moment
from tifo.fans.rules.plain import plain_dates, plain_moments
from tifo.kernel.public import Refused

NOW = datetime(2024, 7, 26, 19, 30, tzinfo=UTC)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DIGITS = st.builds(
    "{:04}-{:02}-{:02}".format, st.integers(0, 2100), st.integers(0, 13), st.integers(0, 32)
) | st.sampled_from(["2024-02-29", "2023-02-29", "1900-01-01", "1899-12-31", "2024-07-26", "2024-07-27"])
CLOCKS = st.builds(
    "{:02}:{:02}:{:02}{}".format,
    st.integers(0, 25),
    st.integers(0, 61),
    st.integers(0, 61),
    st.sampled_from(["Z", "", "z", "+02:00", "Z\n", ".5Z"]),
)


def ruled(rule, text):
    try:
        return rule(text)
    except Refused:
        return None


@given(st.lists(DIGITS, max_size=5))
def test_a_plain_day_is_the_day_of_the_rule_and_one_it_refuses_is_never_plain(texts: list[str]) -> None:
    found = plain_dates(pa.array(texts, pa.string()), OLDEST, NOW.date()).to_pylist()
    for text, day in zip(texts, found, strict=True):
        assert day is None or day == ruled(lambda one: canonical_birth_date(one, NOW.date()), text)


@given(st.lists(st.builds("{}T{}".format, DIGITS, CLOCKS), max_size=5))
def test_a_plain_moment_is_the_moment_of_the_rule_and_one_it_refuses_is_never_plain(texts: list[str]) -> None:
    found = plain_moments(pa.array(texts, pa.string()), EPOCH, NOW).to_pylist()
    for text, moment in zip(texts, found, strict=True):
        assert moment is None or moment == ruled(lambda one: canonical_moment(one, NOW), text)


@pytest.mark.parametrize("impossible", [[], ["2023-02-30"]])
def test_what_is_plain_is_found_and_an_impossible_day_leaves_all_to_the_rules(impossible: list[str]) -> None:
    days = plain_dates(
        pa.array(["1990-07-14", "2030-01-01", "14/07/1990", None, *impossible]), OLDEST, NOW.date()
    )
    assert days.to_pylist()[:4] == [None if impossible else date(1990, 7, 14), None, None, None]
    edges = [EPOCH, NOW, EPOCH - timedelta(seconds=1), NOW + timedelta(seconds=1)]
    texts = pa.array([f"{edge:%Y-%m-%dT%H:%M:%SZ}" for edge in edges])
    assert plain_moments(texts, EPOCH, NOW).to_pylist() == [EPOCH, NOW, None, None]
