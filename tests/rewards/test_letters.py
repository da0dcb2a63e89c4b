"""Who is offered a place, has it or lost it reads it in a letter of her language, once."""

import re
from datetime import timedelta

import pytest
from django.db.models import F

from tests.rewards.world import BEACON, CLOSES, OPENS, Hands, offered
from tifo.delivery.models import Letter
from tifo.fans.public import create_fan, erase_fan
from tifo.rewards.actions import tell_awards
from tifo.rewards.public import claim, draw, enter, freeze, mine, open_offer, pass_on_overdue

pytestmark = pytest.mark.django_db


@pytest.fixture
def hands(monkeypatch: pytest.MonkeyPatch) -> Hands:
    return Hands(monkeypatch, OPENS)


def told() -> list[tuple[int | None, str, str]]:
    """The letters since the last look: to whom, of what kind, and what they say."""
    while tell_awards():
        pass
    new = [
        (one.fan_id, one.kind, re.sub(r"=\n", "", bytes(one.content).decode()))
        for one in Letter.objects.exclude(state="seen").order_by("id")
    ]
    Letter.objects.update(state="seen", kind=F("kind"))
    return new


def test_from_the_draw_to_who_moves_up(hands: Hands) -> None:
    open_offer(offered("places: 1\nclaim_days: 7\n"))
    fans = [create_fan(source="test", email=f"fan{n}@example.org", language="fr") for n in range(3)]
    for fan in fans:
        enter(fan, "ten-bibs")
    hands.go(CLOSES)
    freeze("ten-bibs")
    hands.go(timedelta(hours=1))
    assert told() == []
    draw("ten-bibs", BEACON)
    by_rank = {mine("ten-bibs", fan).rank: fan for fan in fans}
    ((to, kind, says),) = told()
    assert (to, kind) == (by_rank[1], "rewards-offered")
    assert "Dix dossards" in says
    assert "/rewards/ten-bibs/" in says
    assert told() == []
    hands.go(timedelta(days=8))
    pass_on_overdue()
    assert [(to, kind) for to, kind, _ in told()] == [
        (by_rank[1], "rewards-forfeited"),
        (by_rank[2], "rewards-offered"),
    ]
    claim(by_rank[2], "ten-bibs")
    assert [(to, kind) for to, kind, _ in told()] == [(by_rank[2], "rewards-claimed")]


def test_who_is_erased_before_she_could_be_told_gets_no_letter(hands: Hands) -> None:
    open_offer(offered("method: first-come\nplaces: 3\n", randomness=""))
    fan, other = (create_fan(source="test", email=f"fan{n}@example.org") for n in range(2))
    enter(fan, "ten-bibs")
    enter(other, "ten-bibs")
    erase_fan(fan)
    assert [(to, kind) for to, kind, _ in told()] == [(other, "rewards-claimed")]
