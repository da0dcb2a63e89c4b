"""A process dies while a team is paid, a guest counted, a photo kept: all of it is there, or nothing, and then once."""

import subprocess
import sys

import pytest
from django.conf import LazySettings
from django.db import connection

from tests.processes import environment
from tests.quests.test_photos import jpeg
from tests.quests.world import RIGHT, quiz, simple
from tifo.fans.public import create_fan
from tifo.points.public import balances, broken_promises
from tifo.quests.actions import add_up_teams, count_guests, reward_teams
from tifo.quests.models import Guest, Photo, Play, Team
from tifo.quests.public import (
    found_team,
    guest_confirmed,
    invite,
    join_team,
    open_quest,
    redraw,
    take_part,
)
from tifo.quests.queries import photo_place

pytestmark = [pytest.mark.crash, pytest.mark.django_db(transaction=True)]


def killed(settings: LazySettings, point: str, script: str) -> None:
    """Run this in a process of its own that dies at the point."""
    variables = environment(settings, DJANGO_SETTINGS_MODULE="tifo.server.settings", TIFO_CRASH_AT=point)
    done = subprocess.run(
        [sys.executable, "-c", f"import django; django.setup()\n{script}"],
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )
    connection.close()
    assert done.returncode == 137, done.stderr


def points(fans: list[int]) -> list[int]:
    has = balances(fans)
    return [has[fan].points if fan in has else 0 for fan in fans]


def test_q3_a_team_is_paid_whole_or_not_at_all(settings: LazySettings) -> None:
    fans = [create_fan(source="test", email=f"f{number}@example.org") for number in range(2)]
    open_quest(quiz())
    open_quest(simple("team", "counts: [judo-quiz]\ngoal: 2"))
    found_team(fans[0], "team", "One")
    join_team(fans[1], "team", Team.objects.get().code)
    take_part(fans[0], "judo-quiz", RIGHT)
    add_up_teams()
    killed(settings, "quests.team-rewarded", "from tifo.quests.actions import *; reward_teams()")
    assert (Team.objects.get().reached_at, points(fans)) == (None, [10, 0])
    for _twice in range(2):
        reward_teams()
    assert (points(fans), broken_promises()) == ([17, 7], [])


def test_q3_a_guest_is_counted_whole_or_not_at_all(settings: LazySettings) -> None:
    lea, omar = (create_fan(source="test", email=f"{name}@example.org") for name in ("lea", "omar"))
    open_quest(simple("referral", ""))
    guest_confirmed(invite(lea, "referral"), omar)
    killed(settings, "quests.guest-counted", "from tifo.quests.actions import *; count_guests()")
    assert (Guest.objects.get().state, points([lea])) == ("waits", [0])
    while count_guests():
        pass
    assert (Guest.objects.get().state, points([lea]), broken_promises()) == ("counted", [7], [])


def test_q3_a_photo_is_kept_with_its_play_or_neither(settings: LazySettings) -> None:
    fan = create_fan(source="test", email="lea@example.org")
    open_quest(simple("photo", ""))
    script = (
        "from tests.quests.test_photos import jpeg\nfrom tifo.quests.public import redraw, take_part\n"
        f"take_part({fan}, 'photo', {{}}, picture=redraw(jpeg()))"
    )
    killed(settings, "quests.photo-written", script)
    assert (Play.objects.count(), Photo.objects.count()) == (0, 0)
    assert len(list(photo_place("x").parent.iterdir())) == 1  # without a row: swept away later
    take_part(fan, "photo", {}, picture=redraw(jpeg()))
    assert (Play.objects.get().state, Photo.objects.count()) == ("held", 1)
