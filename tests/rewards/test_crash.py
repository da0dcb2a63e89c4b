"""L7, D2: a process killed at any statement of a freeze, a draw, a claim leaves it undone or done, and it is done once."""

import json
import os
import signal
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from tests.delivery.test_crash import in_child
from tests.rewards.world import BEACON, CLOSES, EVE, OPENS, TEN, Hands, offered, verified
from tifo.fans.public import create_fan
from tifo.kernel.public import Refused
from tifo.points.public import Rule, balances, earn, publish_rule
from tifo.rewards.public import (
    broken_promises,
    claim,
    draw,
    enter,
    freeze,
    log_lines,
    mine,
    offer,
    open_offer,
    stock,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.crash]
WRITES = ("INSERT", "UPDATE", "DELETE", "COMMIT", "RELEASE")
EVERY = 2  # of the statements that write, this many-th is a place to die


class Death:
    """Comes with the Nth statement that writes, before or after it."""

    def __init__(self, at: int, *, after: bool) -> None:
        self._left, self._after = at, after

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        self._left -= sql.lstrip().upper().startswith(WRITES)
        if self._left == 0 and not self._after:
            os.kill(os.getpid(), signal.SIGKILL)
        done = execute(sql, params, many, context)
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return done


def killed(act: Callable[[], None], at: int, *, after: bool) -> bool:
    """Whether the act came so far as to be killed."""

    def until_death() -> None:
        with connection.execute_wrapper(Death(at, after=after)):
            act()

    status = in_child(until_death)
    assert status in (0, -signal.SIGKILL)
    return status != 0


def died_everywhere(act: Callable[[], None], whole: Callable[[], None]) -> int:
    """Kill it at one place after the other until it comes through; `whole` looks after each. How many kills."""
    kills = 0
    while killed(act, 1 + kills * EVERY, after=bool(kills % 2)):
        kills += 1
        whole()
    return kills


@pytest.fixture
def hands(monkeypatch: pytest.MonkeyPatch) -> Hands:
    return Hands(monkeypatch, OPENS)


def test_l7_d2_killed_anywhere_a_draw_is_drawn_once(hands: Hands, tmp_path: Path) -> None:
    open_offer(offered("places: 2\n"))
    fans = [create_fan(source="test", email=f"fan{number}@example.org") for number in range(5)]
    for fan in fans:
        enter(fan, "ten-bibs")
    states = []

    def whole() -> None:
        states.append(str(offer("ten-bibs").state))
        assert broken_promises() == []
        (place,) = stock("ten-bibs")
        assert place.available + place.pending + place.posted == 2
        kinds = [json.loads(line)["kind"] for line in b"".join(log_lines()).splitlines()]
        once = [kind for kind in kinds if kind != "reveal"]
        assert len(once) == len(set(once))
        assert kinds.count("reveal") == (2 if "drawn" in kinds else 0)

    hands.go(CLOSES)
    assert died_everywhere(lambda: freeze("ten-bibs"), whole) >= 3
    root = offer("ten-bibs").root
    hands.go(timedelta(hours=1))
    assert died_everywhere(lambda: draw("ten-bibs", BEACON), whole) >= 3
    assert offer("ten-bibs").root == root
    assert "drawn" not in states[:-1]
    winner = next(fan for fan in fans if mine("ten-bibs", fan).rank == 1)
    assert died_everywhere(lambda: claimed(winner), whole) >= 1
    (place,) = stock("ten-bibs")
    assert (place.available, place.pending, place.posted) == (0, 1, 1)
    verified("ten-bibs", tmp_path)


def claimed(fan: int) -> None:
    """Claim, as a fan who presses again where she saw no answer."""
    if mine("ten-bibs", fan).award != "claimed":
        claim(fan, "ten-bibs")


def test_l7_killed_anywhere_a_place_is_paid_once(hands: Hands) -> None:
    publish_rule(Rule("made", "point", points=1))
    fan = create_fan(source="test", email="lea@example.org")
    earn(fan, "made", "once", quantity=50, at=EVE)
    open_offer(offered("method: first-come\nplaces: 3\nprice: 40\n", head=TEN, randomness=""))

    def whole() -> None:
        (place,) = stock("ten-bibs")
        has = bool(place.pending or place.posted)
        assert balances([fan])[fan].points == (10 if has else 50)
        assert broken_promises() == []

    def takes() -> None:
        try:
            enter(fan, "ten-bibs")
        except Refused as refused:
            raise AssertionError(refused) from None

    assert died_everywhere(takes, whole) >= 3
    takes()
    assert balances([fan])[fan].points == 10
