"""Two devices at once, and a process that dies: an answer counts once, and stays once it was taken."""

import subprocess
import sys
from threading import Barrier, Thread

import pytest
from django.conf import LazySettings
from django.db import connection, connections

from tests.processes import environment
from tests.quests.world import HALF, RIGHT, quiz
from tifo.fans.public import create_fan
from tifo.points.public import balances
from tifo.quests.models import Pick, Play
from tifo.quests.public import open_quest, take_part

ANSWER = (
    "import django; django.setup(); from tifo.quests.public import take_part; "
    "print(take_part({fan}, 'judo-quiz', {answer!r}, may_learn=True).points, flush=True); "
    "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
)


@pytest.mark.django_db(transaction=True)
def test_q1_of_eight_answers_sent_at_once_one_counts() -> None:
    fan = create_fan(source="test", email="lea@example.org")
    open_quest(quiz())
    barrier, points = Barrier(8), []

    def send(answer: dict[str, tuple[str, ...]]) -> None:
        barrier.wait()
        points.append(take_part(fan, "judo-quiz", answer).points)
        connections.close_all()

    threads = [Thread(target=send, args=(RIGHT if number % 2 else HALF,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    play = Play.objects.get()
    assert points == [5 * play.quantity] * 8
    assert balances([fan])[fan].points == 5 * play.quantity
    assert Pick.objects.count() == (3 if play.quantity == 2 else 2)


@pytest.mark.crash
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("point", ["", "quests.answered"])
def test_q3_what_was_answered_stays_and_what_was_not_left_nothing(settings: LazySettings, point: str) -> None:
    fan = create_fan(source="test", email="lea@example.org")
    open_quest(quiz())
    variables = environment(settings, DJANGO_SETTINGS_MODULE="tifo.server.settings", TIFO_CRASH_AT=point)
    script = ANSWER.format(fan=fan, answer=RIGHT)
    killed = subprocess.run(
        [sys.executable, "-c", script], env=variables, capture_output=True, text=True, check=False
    )
    connection.close()
    assert killed.stdout == ("" if point else "10\n"), killed.stderr
    assert killed.returncode == (137 if point else -9)
    assert (Play.objects.count(), Pick.objects.count()) == ((0, 0) if point else (1, 3))
    assert (balances([fan])[fan].points if fan in balances([fan]) else 0) == (0 if point else 10)
    assert take_part(fan, "judo-quiz", RIGHT).points == 10
