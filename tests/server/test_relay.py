"""C2: mail that lies in our relay, where no withdrawal reaches it, is gone within the hour; a real Postfix."""

import smtplib
import time
from datetime import timedelta
from pathlib import Path

import pytest

from tests.postfix import Postfix, postfix
from tests.processes import run_tifo
from tifo.server.relay import queue_lifetime

LONGEST = 60.0


def _lying(server: Postfix) -> int:
    return sum(
        1
        for name in ("incoming", "active", "deferred")
        for path in (server.folder / "queue" / name).rglob("*")
        if path.is_file()
    )


def test_c2_what_can_not_be_delivered_leaves_the_queue_when_its_time_is_over() -> None:
    with postfix(
        default_transport="smtp:[127.0.0.1]:1",  # nobody listens there
        maximal_queue_lifetime="2s",
        bounce_queue_lifetime="0",
        minimal_backoff_time="1s",
        maximal_backoff_time="1s",
        queue_run_delay="1s",
    ) as server:
        with smtplib.SMTP("127.0.0.1", server.port) as client:
            client.sendmail("", ["fan@mail.example"], b"Subject: x\r\n\r\nx\r\n")
        end = time.monotonic() + LONGEST
        while "status=deferred" not in server.log.read_text() or _lying(server):
            assert time.monotonic() < end, server.log.read_text()
            time.sleep(0.1)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("1h", timedelta(hours=1)),
        ("90m", timedelta(minutes=90)),
        ("5d", timedelta(days=5)),
        ("5", timedelta(days=5)),
    ],
)
def test_the_lifetime_is_read_as_postfix_reads_it(
    said: str, meant: timedelta, monkeypatch: pytest.MonkeyPatch
) -> None:
    with postfix(maximal_queue_lifetime=said) as server:
        monkeypatch.setenv("MAIL_CONFIG", str(server.folder / "config"))
        assert queue_lifetime() == meant


@pytest.mark.parametrize(("said", "state"), [("1h", "good"), ("5d", "watch")])
def test_c2_the_doctor_sees_a_relay_that_keeps_mail_for_days(said: str, state: str, tmp_path: Path) -> None:
    with postfix(maximal_queue_lifetime=said) as server:
        done = run_tifo(
            "doctor", data=tmp_path, MAIL_CONFIG=str(server.folder / "config"), TIFO_RELAY_LOG=str(server.log)
        )
    (line,) = (line for line in done.stdout.splitlines() if "Postfix's queue" in line)
    assert ("watch" in line) == (state == "watch")
    assert ("postconf maximal_queue_lifetime=1h" in done.stdout) == (state == "watch")
