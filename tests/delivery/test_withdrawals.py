"""The way out: from the tracker's spool into the truth, before anything more is sent (C2, C7)."""

import asyncio
import json

import httpx
import pytest
from django.db import DatabaseError

from tests.delivery.world import Recorder, entered, fan, fans, newsletter, woven
from tests.loops import elsewhere
from tifo.consents.public import consent_states, ledger
from tifo.delivery.actions import withdrawals as module
from tifo.delivery.models import Letter, Message
from tifo.delivery.public import (
    claim,
    counts,
    cross,
    drain_withdrawals,
    forget_fan,
    named_by,
    send_letter,
    sent_to,
    unsubscribed,
)
from tifo.delivery.rules import seals
from tifo.delivery.web.tracker import Tracker
from tifo.fans.public import erase_fan
from tifo.kernel.public import data_path

pytestmark = pytest.mark.django_db


def one_click(token: str, times: int = 1) -> None:
    async def post() -> None:
        app = Tracker()
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://t.example.org"
        ) as client:
            for _ in range(times):
                assert (await client.post(f"/u/{token}")).status_code == 200

    elsewhere(asyncio.run, post())


def newsletter_state(fan_id: int) -> str:
    return next(state.state for state in consent_states(fan_id) if state.purpose == "newsletter")


def test_a_spooled_withdrawal_is_drained_before_the_next_window_crosses() -> None:
    """C2, C7: a click kept while the database was away comes before the next message."""
    her, other = fans(2)
    first = newsletter("first")
    entered(first, [her, other])
    claimed = claim(first, 0, owner="a")
    cross(first, woven(claimed), Recorder())
    second = newsletter("second")
    entered(second, [her, other])
    waiting = claim(second, 0, owner="a")
    one_click(next(one.unsubscribe_token for one in claimed if one.fan_id == her))
    assert newsletter_state(her) == "given"  # only on the tracker's disk so far
    transport = Recorder()
    report = cross(second, woven(waiting), transport)
    assert transport.recipients == ["fan1@example.org"]
    assert dict(report.suppressed) == {"withdrawn": 1}
    assert newsletter_state(her) == "withdrawn"
    assert (unsubscribed(first), unsubscribed(second)) == (1, 0)
    assert sent_to(her)[-1].unsubscribed_at is not None


def test_clicking_again_and_draining_again_withdraws_once() -> None:
    """C7: idempotent, however often it is clicked, and however often its file is read."""
    her = fan(1)
    mailing = newsletter()
    entered(mailing, [her])
    (claimed,) = claim(mailing, 0, owner="a")
    for _ in range(3):
        one_click(claimed.unsubscribe_token, times=2)
    files = {path: path.read_bytes() for path in data_path("spool", "x").parent.iterdir()}
    assert drain_withdrawals() == 1
    for path, content in files.items():
        path.write_bytes(content)
    assert drain_withdrawals() == 0
    assert [entry.act for entry in ledger(her) if entry.purpose == "newsletter"] == ["given", "withdrawn"]
    assert drain_withdrawals() == 0


def test_a_database_that_is_down_keeps_the_spool(monkeypatch: pytest.MonkeyPatch) -> None:
    her = fan(1)
    mailing = newsletter()
    entered(mailing, [her])
    (claimed,) = claim(mailing, 0, owner="a")
    one_click(claimed.unsubscribe_token)

    def down(*arguments: object, **more: object) -> None:
        raise DatabaseError("down")

    transport = Recorder()
    with monkeypatch.context() as patch:
        patch.setattr(module, "withdraw", down)
        with pytest.raises(DatabaseError):
            cross(mailing, woven([claimed]), transport)
    assert transport.parcels == []
    assert len(module.spooled()) == 1
    assert drain_withdrawals() == 1


def test_lines_that_name_nobody_are_left_out() -> None:
    her = fan(1)
    mailing = newsletter()
    entered(mailing, [her])
    message = Message.objects.get().pk
    lines = [
        {"m": mailing + 1, "i": message, "t": 0},
        {"m": mailing, "i": message + 5, "t": 0},
        {"m": mailing, "t": 0},
        {"m": mailing, "i": "x", "t": 0},
    ]
    path = data_path("spool", "1.jsonl")
    path.write_text("".join(json.dumps(line) + "\n" for line in lines) + "rubbish\n")
    assert drain_withdrawals() == 0
    assert newsletter_state(her) == "given"
    assert not path.exists()


def test_the_token_says_whom_it_names() -> None:
    her = fan(1)
    mailing = newsletter()
    entered(mailing, [her])
    (claimed,) = claim(mailing, 0, owner="a")
    named = named_by(claimed.unsubscribe_token)
    assert named is not None
    assert (named.fan_id, named.purpose, named.label) == (her, "newsletter", "news")
    assert named_by(claimed.link_token) is None
    assert named_by(seals.unsubscribe_token(mailing, 999_999)) is None


def test_an_erased_fan_leaves_numbers_only() -> None:
    her, other = fans(2)
    mailing, before = newsletter(), newsletter("before")
    entered(before, [her, other])
    cross(before, woven(claim(before, 0, owner="a")), Recorder())
    entered(mailing, [her, other])
    send_letter("hello", fan_id=her, subject="Hello", text="Hello")
    forget_fan(her)
    forget_fan(her)
    rows = Message.objects.filter(fan_id=her).order_by("mailing_id")
    assert sorted((row.state, row.reason, row.destination_key) for row in rows) == [
        ("accepted", "", None),
        ("suppressed", "erased", None),
    ]
    letter = Letter.objects.get()
    assert (letter.state, letter.address, bytes(letter.content), bytes(letter.destination_key)) == (
        "expired",
        "",
        b"",
        b"",
    )
    assert counts(mailing).planned == 1


def test_an_erased_fan_may_still_press_the_button() -> None:
    her = fan(1)
    mailing = newsletter()
    entered(mailing, [her])
    (claimed,) = claim(mailing, 0, owner="a")
    erase_fan(her)
    one_click(claimed.unsubscribe_token)
    drain_withdrawals()
    assert newsletter_state(her) == "withdrawn"
    assert data_path("spool", "x").parent.is_dir()
    assert not list(data_path("spool", "x").parent.iterdir())
