"""Places first, then the log: nobody waits for ever where a draw, an erasure and an instant win meet."""

import time
from datetime import timedelta
from threading import Event, Thread
from typing import Any

import pytest
from django.db import connections

from tests.rewards.world import BEACON, CLOSES, OPENS, TEN, Hands, fans_with, offered
from tifo.rewards.actions import at_once, awarding, drawing
from tifo.rewards.models import WinTime
from tifo.rewards.public import AwardState, State, draw, enter, freeze, mine, offer, open_offer

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def hands(monkeypatch: pytest.MonkeyPatch) -> Hands:
    return Hands(monkeypatch, OPENS)


def beside(act: Any, after: Event, faults: list[Exception]) -> Thread:
    """In a thread of its own, once `after` happened."""

    def run() -> None:
        after.wait(10)
        try:
            act()
        except Exception as fault:
            faults.append(fault)
        finally:
            connections.close_all()

    thread = Thread(target=run)
    thread.start()
    return thread


def test_a_draw_and_an_erasure_of_who_is_in_two_offers_both_end(
    hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_offer(offered("places: 1\n"))
    open_offer(offered("places: 1\n", head=TEN.replace("ten-bibs", "other-bibs")))
    (her,) = fans_with([1])
    for name in ("ten-bibs", "other-bibs"):
        enter(her, name)
    hands.go(CLOSES)
    freeze("ten-bibs")
    freeze("other-bibs")
    hands.go(timedelta(hours=1))
    draw("other-bibs", BEACON)
    logged, faults = Event(), list[Exception]()
    append = drawing.append

    def append_and_linger(*told: Any) -> Any:
        done = append(*told)
        if not logged.is_set():  # the log's head is ours: time for the other to come as far as it can
            logged.set()
            time.sleep(0.5)
        return done

    monkeypatch.setattr(drawing, "append", append_and_linger)
    erasure = beside(lambda: awarding.let_go(her), logged, faults)
    draw("ten-bibs", BEACON)
    erasure.join()
    assert faults == []
    assert offer("ten-bibs").state == State.DRAWN
    assert [mine(name, her).award for name in ("ten-bibs", "other-bibs")] == [AwardState.FORFEITED] * 2


def test_of_two_who_try_at_once_each_has_a_moment_of_an_instant_win(
    hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_offer(offered("method: instant-win\nplaces: 2\n", randomness=""))
    WinTime.objects.update(at=OPENS)
    hands.go(timedelta(hours=1))
    first, second = fans_with([1, 1])
    found, faults = Event(), list[Exception]()
    take = at_once.take

    def find_and_linger(*told: Any, **words: Any) -> None:
        if not found.is_set():  # a moment is ours, and not yet written
            found.set()
            time.sleep(0.5)
        take(*told, **words)

    monkeypatch.setattr(at_once, "take", find_and_linger)
    other = beside(lambda: enter(second, "ten-bibs"), found, faults)
    enter(first, "ten-bibs")
    other.join()
    assert faults == []
    assert [mine("ten-bibs", fan).award for fan in (first, second)] == [AwardState.CLAIMED] * 2
