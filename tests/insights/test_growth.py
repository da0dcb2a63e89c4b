"""How the base grew: totals at the end of each month, by source; lines that can be told apart."""

from datetime import UTC, date, datetime
from itertools import pairwise

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from tifo.fans.public import create_fan, erase_fan, join_club
from tifo.insights.public import growth
from tifo.insights.rules import DASHES, folded, spread
from tifo.lake.public import refresh

NOW = datetime(2027, 5, 20, 9, 0, tzinfo=UTC)


def _came(number: int, source: str, moment: datetime) -> int:
    return create_fan(source=source, email=f"fan{number}@lac.example", joined_at=moment)


@pytest.mark.django_db(transaction=True)
def test_totals_count_those_who_came_before_the_first_month_shown() -> None:
    with time_machine.travel(NOW, tick=True):
        _came(1, "shop", datetime(2024, 1, 5, tzinfo=UTC))
        _came(2, "shop", datetime(2027, 3, 31, 23, 59, tzinfo=UTC))
        _came(3, "web", datetime(2027, 5, 19, tzinfo=UTC))
        gone = _came(4, "web", datetime(2027, 4, 1, tzinfo=UTC))
        member = _came(5, "web", datetime(2027, 4, 1, tzinfo=UTC))
        join_club(member)
        erase_fan(gone)
        refresh()
        found = growth(months=3)
    assert found.months == (date(2027, 3, 1), date(2027, 4, 1), date(2027, 5, 1))
    assert found.by_source == {"shop": (2, 2, 2), "web": (0, 1, 2)}
    assert (found.fans, found.fans_this_week, found.members, found.members_this_week) == (4, 1, 1, 1)


@pytest.mark.django_db(transaction=True)
def test_an_empty_base_has_no_growth() -> None:
    found = growth()
    assert (found.fans, found.by_source, found.as_of) == (0, {}, None)


@given(
    st.dictionaries(st.text(min_size=1), st.lists(st.integers(0, 10**7), min_size=2, max_size=2), max_size=20)
)
def test_no_fan_is_lost_by_folding(by_source: dict[str, list[int]]) -> None:
    shown = folded(by_source, others="\0others")
    assert len(shown) <= len(DASHES)
    assert sum(line[-1] for line in shown.values()) == sum(line[-1] for line in by_source.values())


@given(st.lists(st.integers(0, 1000), max_size=6), st.integers(1, 50))
def test_names_stand_apart_and_in_order(heights: list[int], gap: int) -> None:
    placed = spread(heights, gap)
    assert all(there >= here for here, there in zip(heights, placed, strict=True))
    inorder = sorted(placed)
    assert all(above - below >= gap for below, above in pairwise(inorder))
    assert sorted(range(len(heights)), key=heights.__getitem__) == sorted(
        range(len(placed)), key=placed.__getitem__
    )
