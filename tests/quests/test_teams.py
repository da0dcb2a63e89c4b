"""Teams: founded, joined by a code, added up; at the goal each member has done it, once."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import pytest
from django.db import connections
from django.test import Client

from tests.accounts.signing import staff_client
from tests.fanclub.world import joined
from tests.quests.world import RIGHT, quiz, simple
from tifo.accounts.public import audit_entries
from tifo.fans.public import create_fan
from tifo.kernel.public import Refused, clock
from tifo.points.public import balances
from tifo.quests.actions import add_up_teams, forget_plays, reward_teams
from tifo.quests.models import Member, Play, Team
from tifo.quests.public import (
    board_of_teams,
    found_team,
    join_team,
    leave_team,
    names_to_look_at,
    open_quest,
    quest_named,
    take_part,
    team_of,
)
from tifo.quests.rules import read_quest_file

pytestmark = pytest.mark.django_db
CHALLENGE = "counts: [judo-quiz, code]\ngoal: 4\nmost: 3\n"
PLACE = "/quests/team/"


def points(fans: list[int]) -> list[int]:
    has = balances(fans)
    return [has[fan].points if fan in has else 0 for fan in fans]


def turn() -> None:
    add_up_teams()
    while reward_teams():
        pass


def opened() -> list[int]:
    open_quest(quiz())
    open_quest(simple("code", "codes: [LAKE-2026]").replace("points: 7", "points: 0"))
    open_quest(simple("team", CHALLENGE))
    return [create_fan(source="test", email=f"f{number}@example.org") for number in range(5)]


def total(fan: int) -> int:
    quest = quest_named("team")
    assert quest is not None
    team = team_of(fan, quest)
    assert team is not None
    return team.total


def test_at_the_goal_each_member_has_done_it_once() -> None:
    fans = opened()
    found_team(fans[0], "team", "  The  Lakes ")
    team = Team.objects.get()
    join_team(fans[1], "team", f" {team.code.lower()[:4]}-{team.code[4:]} ")
    join_team(fans[1], "team", team.code)
    take_part(fans[0], "judo-quiz", RIGHT)
    take_part(fans[1], "code", {"code": ("LAKE-2026",)})
    take_part(fans[2], "judo-quiz", RIGHT)  # in no team
    turn()
    assert (total(fans[0]), points(fans[:3])) == (3, [10, 0, 10])
    take_part(fans[1], "judo-quiz", {"1": ("ippon",), "2": ("osoto",)})
    for _twice in range(2):
        turn()
    assert (total(fans[1]), points(fans[:3])) == (4, [17, 12, 10])
    assert [(one.number, one.name, one.total, one.reached) for one in board_of_teams("team")] == [
        (1, "", 4, True)
    ]
    with pytest.raises(Refused, match="reached its goal"):
        join_team(fans[3], "team", team.code)
    with pytest.raises(Refused, match="reached its goal"):
        leave_team(fans[0], "team")


def test_a_team_is_full_and_nobody_is_in_two() -> None:
    fans = opened()
    found_team(fans[0], "team", "One")
    team = Team.objects.get()
    with pytest.raises(Refused, match="in a team already"):
        found_team(fans[0], "team", "Two")
    with pytest.raises(Refused, match="no team with this code"):
        join_team(fans[1], "team", "AAAAAAAA")
    for fan in fans[1:3]:
        join_team(fan, "team", team.code)
    with pytest.raises(Refused, match="full"):
        join_team(fans[3], "team", team.code)
    leave_team(fans[1], "team")
    join_team(fans[3], "team", team.code)
    found_team(fans[1], "team", "Two")
    with pytest.raises(Refused, match="in a team already"):
        join_team(fans[1], "team", team.code)
    assert [one.number for one in Team.objects.order_by("id")] == [1, 2]
    with pytest.raises(Refused, match="no teams here"):
        found_team(fans[4], "judo-quiz", "X team")
    for called in ("x", "x" * 41, "a\u202eb", "\x00ab"):
        with pytest.raises(Refused, match="2 to 40 signs"):
            found_team(fans[4], "team", called)


def test_only_what_was_done_while_it_was_open_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    fans = opened()
    at = datetime(2026, 6, 1, 12, tzinfo=UTC)

    def now() -> datetime:
        return at

    monkeypatch.setattr(clock, "now", now)
    take_part(fans[0], "judo-quiz", RIGHT)
    later = at + timedelta(days=1)
    window = (
        simple("team", CHALLENGE)
        .replace("2020-01-01T00:00Z", later.isoformat())
        .replace("2090-01-01T00:00Z", (later + timedelta(days=2)).isoformat())
    )
    open_quest(window)
    at = later
    found_team(fans[0], "team", "Late")
    take_part(fans[0], "code", {"code": ("LAKE-2026",)})
    assert total(fans[0]) == 1
    join_team(fans[1], "team", Team.objects.get().code)
    at = later + timedelta(days=3)
    take_part(fans[1], "judo-quiz", RIGHT)
    assert total(fans[0]) == 1
    turn()
    assert Team.objects.get().total == 0  # closed long ago: what stood is left as it was
    with pytest.raises(Refused, match="closed"):
        found_team(fans[2], "team", "Later")


def test_who_leaves_or_is_erased_takes_along_what_she_did() -> None:
    fans = opened()
    found_team(fans[0], "team", "One")
    join_team(fans[1], "team", Team.objects.get().code)
    take_part(fans[0], "judo-quiz", RIGHT)
    assert total(fans[1]) == 2
    forget_plays(fans[0])
    assert (total(fans[1]), Member.objects.count(), Play.objects.count()) == (0, 1, 0)
    leave_team(fans[1], "team")
    leave_team(fans[1], "team")
    assert (Team.objects.count(), Member.objects.count()) == (0, 0)


def test_her_page_founds_joins_and_shows_others_no_name_before_staff_let_it_in(client: Client) -> None:
    opened()
    lea, omar = joined(client, language="en"), 0
    client.post(f"{PLACE}team/", {"act": "found", "name": "<b>The Lakes</b>"})
    page = client.get(PLACE).content.decode()
    assert "&lt;b&gt;The Lakes" in page
    code = Team.objects.get().code
    assert f"?team={code}" in page
    other = Client()
    omar = joined(other, language="en", email="omar@example.org")
    page = other.get(f"{PLACE}?team={code}").content.decode()
    assert f'value="{code}"' in page
    add_up_teams()
    assert "The Lakes" not in other.get(PLACE).content.decode()
    desk = staff_client("animator")
    assert "The Lakes" in desk.get("/studio/club/quests/team/").content.decode()
    (waiting,) = names_to_look_at("team")
    for _twice in range(2):
        desk.post(f"/studio/club/quests/team/teams/{waiting.team_id}/", {"act": "count"})
    assert len(audit_entries(act="quests.team-name")) == 1
    assert "The Lakes" in other.get(PLACE).content.decode()
    other.post(f"{PLACE}team/", {"act": "join", "code": code})
    assert set(Member.objects.values_list("fan_id", flat=True)) == {lea, omar}
    assert "2 members of at most 3" in re.sub(r"\s+", " ", other.get(PLACE).content.decode())
    other.post(f"{PLACE}team/", {"act": "leave"})
    assert Member.objects.count() == 1
    desk.post(f"/studio/club/quests/team/teams/{waiting.team_id}/", {"act": "refuse"})
    assert "Lakes" not in client.get(PLACE).content.decode()
    assert client.post(f"{PLACE}answer/").status_code == 422
    for way in ("found", "join", "leave"):
        client.get(f"{PLACE}team/", {"act": way, "name": "Looking", "code": code})
    assert Team.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_six_who_join_at_once_only_so_many_come_in_and_all_are_paid_once() -> None:
    fans = opened()
    fans += [create_fan(source="test", email=f"g{number}@example.org") for number in range(2)]
    found_team(fans[0], "team", "One")
    code = Team.objects.get().code
    take_part(fans[0], "judo-quiz", RIGHT)
    barrier, said = Barrier(8), []

    def at_once(work: Callable[[], None]) -> None:
        barrier.wait()
        try:
            work()
        except Refused as refused:
            said.append(str(refused))
        connections.close_all()

    def join(fan: int) -> Callable[[], None]:
        def work() -> None:
            join_team(fan, "team", code)
            take_part(fan, "judo-quiz", RIGHT)

        return work

    threads = [Thread(target=at_once, args=(join(fan),)) for fan in fans[1:]]
    threads += [Thread(target=at_once, args=(turn,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    turn()
    members = set(Member.objects.values_list("fan_id", flat=True))
    assert 2 <= len(members) <= 3  # full, or at the goal before
    assert len(said) == 7 - len(members)
    has = balances(fans)
    for fan in members:
        assert has[fan].points == 17


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ("goal: 5", "needs `counts`"),
        ("counts: [a]", "and a `goal`"),
        ("counts: [team]\ngoal: 5", "names other quests"),
        ("counts: [a, a]\ngoal: 5", "line 7, column 13: .*twice"),
        ("counts: [A b]\ngoal: 5", "line 7, column 10"),
        (CHALLENGE.replace("most: 3", "most: 1"), "two members at least"),
        (CHALLENGE + "topics: [judo]", "take `topics` out"),
    ],
)
def test_a_wrong_file_is_refused_with_place_and_mend(more: str, says: str) -> None:
    with pytest.raises(Refused, match=says):
        read_quest_file(simple("team", more))
