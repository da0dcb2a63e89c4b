"""Proof of work: once, for its action, before its end, and nothing that a stranger makes up (Q4)."""

import base64
import json
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
import time_machine
from altcha.v1 import solve_challenge
from django.db import connections
from django.test import Client

from tifo.accounts.actions import forget_spent_work
from tifo.accounts.models import SpentWork
from tifo.accounts.public import spend_work, work_for
from tifo.kernel.public import Refused, clock

pytestmark = pytest.mark.django_db


def solved(action: str = "join") -> dict[str, Any]:
    """What an honest browser sends, before it is packed."""
    asked = work_for(action)
    found = solve_challenge(asked["challenge"], asked["salt"], max_number=asked["maxnumber"])
    assert found is not None
    return {
        **{name: asked[name] for name in ("algorithm", "challenge", "salt", "signature")},
        "number": found.number,
    }


def packed(answer: Any) -> str:
    return base64.b64encode(json.dumps(answer).encode()).decode()


def test_q4_work_counts_once_and_only_for_its_action() -> None:
    answer = solved("join")
    assert not spend_work("enter", packed(answer))
    assert spend_work("join", packed(answer))
    assert not spend_work("join", packed(answer))
    assert not spend_work("join", packed({**answer, "salt": answer["salt"].rstrip("&")})), (
        "the same in other clothes"
    )
    assert SpentWork.objects.count() == 1


def test_q4_work_that_is_too_old_counts_for_nothing() -> None:
    answer = packed(solved())
    end = clock.now() + timedelta(minutes=30) + clock.FORGIVEN
    with time_machine.travel(end + timedelta(seconds=1), tick=False):
        assert not spend_work("join", answer)
    with time_machine.travel(end - timedelta(seconds=2), tick=False):
        assert spend_work("join", answer)
        forget_spent_work()
        assert not spend_work("join", answer), "remembered for as long as it would count"
    with time_machine.travel(end + clock.FORGIVEN, tick=False):
        forget_spent_work()
        assert SpentWork.objects.count() == 0
        assert not spend_work("join", answer)


@pytest.mark.parametrize("name", ["algorithm", "challenge", "number", "salt", "signature"])
def test_q4_any_change_makes_it_worthless(name: str) -> None:
    answer = solved()
    changed = answer[name] + 1 if name == "number" else "x" + answer[name]
    assert not spend_work("join", packed({**answer, name: changed}))
    assert not spend_work("join", packed({**answer, name: None}))
    del answer[name]
    assert not spend_work("join", packed(answer))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "é",
        "=" * 9,
        packed([]),
        packed(1),
        packed(None),
        packed("[" * 500),
        "A" * 2001,
        base64.b64encode(b"[" * 1400).decode(),
    ],
)
def test_rubbish_is_no_work(text: str) -> None:
    assert not spend_work("join", text)


def test_an_end_moved_by_a_stranger_is_no_end() -> None:
    answer = solved()
    for salt in (
        answer["salt"] + "expires=9999999999&",
        answer["salt"].replace("action=join", "action=enter"),
    ):
        assert not spend_work("join", packed({**answer, "salt": salt}))
        assert not spend_work("enter", packed({**answer, "salt": salt}))


def test_the_browser_fetches_it_and_looking_keeps_nothing() -> None:
    answer = Client().get("/work/join/")
    assert set(answer.json()) == {"algorithm", "challenge", "maxnumber", "salt", "signature"}
    assert "no-store" in answer["Cache-Control"]
    assert SpentWork.objects.count() == 0
    assert Client().get("/work/pay/").status_code == 404
    with pytest.raises(Refused):
        work_for("pay")


@pytest.mark.django_db(transaction=True)
def test_q4_of_eight_who_send_it_at_once_one_is_heard() -> None:
    answer, barrier, heard = packed(solved()), Barrier(8), []

    def send() -> None:
        barrier.wait()
        heard.append(spend_work("join", answer))
        connections.close_all()

    threads = [Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(heard) == [False] * 7 + [True]
