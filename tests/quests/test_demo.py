"""The demo's quests: each file holds, seventeen of all kinds are open, and loading again changes nothing."""

from datetime import UTC, datetime

import pytest

from tifo.fans.public import create_fan, fans
from tifo.kernel.public import clock
from tifo.quests.models import Member, Pick, Play, Team
from tifo.quests.public import listed, open_quests
from tifo.quests.rules import KINDS
from tifo.server.demo.quests import load_quests


@pytest.mark.django_db
def test_the_demo_has_seventeen_quests_of_every_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime(2026, 6, 1, 12, tzinfo=UTC)
    monkeypatch.setattr(clock, "now", lambda: now)
    ids = [create_fan(source="test", email=f"f{number}@example.org") for number in range(6)]
    players = list(fans(ids).values())
    for _twice in range(2):
        load_quests(players[1:], seed=7, first_day=now.date())
        counts = (Play.objects.count(), Pick.objects.count())
        assert (*counts, Team.objects.count(), Member.objects.count()) == (16, 17, 2, 5)
    assert len(listed()) == 17
    assert {one.kind for one in listed()} == set(KINDS)
    assert {one.state for one in listed()} == {"open"}
    for language in ("en", "fr", "es", "ar"):
        shown = open_quests(players[0], language)
        assert (len(shown), any(one.played for one in shown)) == (17, False)
        assert len({one.title for one in shown}) == 17
