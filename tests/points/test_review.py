"""Who earned faster than people do."""

from datetime import UTC, datetime, timedelta

import pytest

from tifo.fans.public import create_fan
from tifo.kernel.public import clock
from tifo.points.public import Rule, earn, hasty, publish_rule

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


def test_many_deeds_within_a_minute_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    publish_rule(Rule("quiz", "answer", points=1))
    quick, calm, absent = (create_fan(source="test", external_id=name) for name in ("q", "c", "a"))
    for number in range(6):
        monkeypatch.setattr(clock, "now", lambda n=number: NOW + timedelta(seconds=9 * n))
        earn(quick, "quiz", f"{number}")
        monkeypatch.setattr(clock, "now", lambda n=number: NOW + timedelta(seconds=30 * n))
        earn(calm, "quiz", f"{number}")
    assert hasty([quick, calm, absent], at_least=6) == {quick: 6}
    assert hasty([quick, calm, absent], at_least=2) == {quick: 6, calm: 2}
    assert hasty([calm], at_least=6) == {}
    assert hasty([]) == {}
