"""Doubts are settled by evidence (M6): a real Postfix's log behind a fence, or a person who signs for it."""

import gzip
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.db import connections

from tests.accounts.signing import staff
from tests.delivery.world import Recorder, entered, fan, fans, newsletter, transport_to, woven
from tests.postfix import Postfix, postfix
from tifo.accounts.public import audit_entries
from tifo.delivery.actions import doubts as acts
from tifo.delivery.actions.doubts import Fence
from tifo.delivery.adapters.postfix import PostfixLog
from tifo.delivery.adapters.postfix import log as postfix_log
from tifo.delivery.models import Message
from tifo.delivery.ports import Heard, OpenSession, Outcome, Verdict
from tifo.delivery.public import (
    Crossing,
    claim,
    counts,
    cross,
    doubts,
    open_transport,
    recover,
    settle_doubts,
    sign_for,
)
from tifo.delivery.rules import seals
from tifo.kernel import crash
from tifo.kernel.public import Refused, clock, jobs

pytestmark = pytest.mark.django_db(transaction=True)

NONE = timedelta(0)
AT_ONCE = Fence(NONE, NONE, NONE)


def in_doubt(number: int, *, owner: str = "gone", accepted: int = 2) -> tuple[int, list[Message]]:
    """So many messages in doubt, beside some that were accepted."""
    mailing = newsletter()
    entered(mailing, fans(number + accepted), chunk=0)
    Message.objects.update(due_at=clock.now() - timedelta(minutes=5))
    if accepted:
        cross(mailing, woven(claim(mailing, 0, owner=owner, size=accepted)), Recorder())
    lost = Recorder(lambda _: Outcome(Verdict.UNKNOWN, "final", 0, "no answer"))
    cross(mailing, woven(claim(mailing, 0, owner=owner, size=number)), lost)
    return mailing, list(Message.objects.filter(state="unknown").order_by("pk"))


def message_id(row: Message) -> str:
    return acts._names([row])[row.pk]


class Known:
    """A log that says what it is told, and knows every accepted message."""

    def __init__(self, **said: object) -> None:
        now = clock.now()
        self.heard = Heard(now - timedelta(days=1), now, {}, frozenset(), ())._replace(**said)  # type: ignore[arg-type]
        self.blind = False

    def read(self, wanted: object, since: datetime) -> Heard:  # noqa: ARG002  the port's
        witnesses = Message.objects.filter(state="accepted", evidence="")
        known = {} if self.blind else {message_id(row): "relay log" for row in witnesses}
        return self.heard._replace(taken={**self.heard.taken, **known})


def test_m6_what_the_relay_took_is_accepted_and_the_rest_planned_again() -> None:
    mailing, (first, second) = in_doubt(2)
    settled = settle_doubts(Known(taken={message_id(first): "relay log, queue id 4F2"}), AT_ONCE)
    assert settled == (1, 1, 0)
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, first.evidence) == ("accepted", "relay log, queue id 4F2")
    assert second.state == "planned"
    assert counts(mailing).prepared == 4
    transport = Recorder()
    cross(mailing, woven(claim(mailing, 0, owner="next", size=9)), transport)
    assert len(transport.parcels) == 1
    second.refresh_from_db()
    assert second.state == "accepted"


@pytest.mark.parametrize(
    "log",
    [
        lambda row: Known(since=row.due_at + timedelta(seconds=1)),
        lambda _: Known(since=None),
        lambda row: Known(unclear=frozenset({message_id(row)})),
        lambda row: Known(sessions=(OpenSession(row.at - timedelta(minutes=1), "", None),)),
        lambda row: Known(
            sessions=(
                OpenSession(row.at - timedelta(minutes=1), message_id(row), row.at + timedelta(seconds=1)),
            )
        ),
    ],
    ids=["begins too late", "empty", "half a word", "a connection is open", "the same sender's connection"],
)
def test_m6_without_proof_it_rests(log: Callable[[Message], Known]) -> None:
    _, (row,) = in_doubt(1)
    assert settle_doubts(log(row), AT_ONCE) == (0, 0, 1)
    row.refresh_from_db()
    assert row.state == "unknown"


def test_m6_a_log_that_does_not_know_what_was_accepted_is_not_the_relays() -> None:
    _, (_row,) = in_doubt(1)
    log = Known()
    log.blind = True
    assert settle_doubts(log, AT_ONCE) == (0, 0, 1)


def test_m6_without_anything_accepted_nothing_vouches_for_the_log() -> None:
    _, (_row,) = in_doubt(1, accepted=0)
    assert settle_doubts(Known(), AT_ONCE) == (0, 0, 1)


def test_m6_a_sender_that_may_live_is_waited_for() -> None:
    """Lost out of sight: longer than any patience. Dead on this machine: as long as the relay holds a connection."""
    _, (_row,) = in_doubt(1, owner=f"{jobs.me()}:1")
    assert settle_doubts(Known(), Fence(NONE, timedelta(hours=1), NONE)) == (0, 0, 1)
    child = subprocess.Popen([sys.executable, "-c", "pass"])
    child.wait()
    place, _, word = jobs.me().split(":")
    Message.objects.filter(state="unknown").update(owner=f"{place}:{child.pid}:{word}:1")
    assert settle_doubts(Known(), Fence(timedelta(hours=1), timedelta(hours=1), NONE)) == (0, 0, 1)
    assert settle_doubts(Known(), Fence(NONE, timedelta(hours=1), NONE)) == (0, 1, 0)


def test_m6_a_connection_that_others_use_since_is_no_doubt() -> None:
    mailing, (row,) = in_doubt(1)
    entered(mailing, [fan(99)], chunk=1)
    cross(mailing, woven(claim(mailing, 1, owner="another:1:w:1", size=1)), Recorder())
    others = Message.objects.get(chunk=1)
    session = OpenSession(row.at - timedelta(minutes=1), message_id(others), row.at + timedelta(seconds=1))
    assert settle_doubts(Known(sessions=(session,)), AT_ONCE) == (0, 1, 0)


# -- the real thing ----------------------------------------------------------------------------------------


@pytest.fixture
def relay() -> Iterator[Postfix]:
    with postfix() as server:
        yield server


def until(true: Callable[[], bool], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


def raw(relay: Postfix, row: Message, *, whole: bool) -> None:
    """A message handed over by somebody who dies before he hears the answer, or in the middle of the text."""
    name = message_id(row)
    text = f"Message-ID: {name}\r\nX-Tifo-Key: k\r\nSubject: x\r\n\r\nhello\r\n".encode()
    with socket.create_connection(("127.0.0.1", relay.port)) as line, line.makefile("rb") as heard:
        heard.readline()
        for word in (b"EHLO x", b"MAIL FROM:<a@example.org>", b"RCPT TO:<b@example.org>", b"DATA"):
            line.sendall(word + b"\r\n")
            while heard.readline()[3:4] == b"-":
                pass
        line.sendall(text + (b".\r\n" if whole else b"hel"))
        time.sleep(0.1)


def test_m6_a_real_postfix_tells_taken_from_cut_short_and_never_seen(
    relay: Postfix, settings: LazySettings
) -> None:
    """Postfix's own words: named in the log and thrown away is not taken; answered into the void is."""
    mailing = newsletter()
    entered(mailing, fans(4))
    Message.objects.update(due_at=clock.now() - timedelta(seconds=1))
    time.sleep(1.1)  # lines of the log have whole seconds
    Message.objects.update(due_at=clock.now())
    with transport_to(relay.url) as transport:
        assert cross(mailing, woven(claim(mailing, 0, owner="gone", size=1)), transport).accepted == 1
    lost = Recorder(lambda _: Outcome(Verdict.UNKNOWN, "final", 0, "no answer"))
    cross(mailing, woven(claim(mailing, 0, owner="gone", size=3)), lost)
    taken, cut, never = Message.objects.filter(state="unknown").order_by("pk")
    raw(relay, taken, whole=True)
    raw(relay, cut, whole=False)
    until(lambda: "lost connection after DATA" in relay.log.read_text())
    until(lambda: relay.log.read_text().count("(queue active)") == 2)
    settings.TIFO_RELAY_LOG = str(relay.log)
    assert settle_doubts(fence=Fence(NONE, NONE, timedelta(seconds=-2))) == (1, 2, 0)
    taken.refresh_from_db()
    assert taken.state == "accepted"
    assert re.fullmatch(r"relay log, .*, queue id [0-9A-F]+", taken.evidence)
    assert {Message.objects.get(pk=row.pk).state for row in (cut, never)} == {"planned"}
    with transport_to(relay.url) as transport:
        assert cross(mailing, woven(claim(mailing, 0, owner="next", size=9)), transport).accepted == 2
    until(lambda: relay.log.read_text().count("(queue active)") == 4)
    active = relay.log.read_text()
    for row in Message.objects.all():
        assert active.count(f"message-id={message_id(row)}") == (2 if row.pk == cut.pk else 1)


@pytest.mark.crash
def test_m6_senders_killed_while_a_real_postfix_listens_leave_nothing_unknown(
    relay: Postfix, settings: LazySettings
) -> None:
    """Killed again and again; behind the fence every message has an end, and the relay has each exactly once."""
    size = 60
    mailing = newsletter()
    entered(mailing, fans(size))
    time.sleep(1.1)
    Message.objects.update(due_at=clock.now())

    def send() -> None:
        owner = f"{jobs.me()}:1"
        recover(mailing, 0, owner=owner)
        with open_transport(relay.url) as transport, Crossing(mailing, transport) as line:
            while window := claim(mailing, 0, owner=owner, size=4):
                line.send(woven(window))

    def child(crash_at: str = "") -> None:
        connections.close_all()
        pid = os.fork()
        if pid == 0:
            crash._wanted, _, crash._count = crash_at.partition(":")
            crash._passed = 0
            try:
                send()
            finally:
                os._exit(0)
        os.waitpid(pid, 0)

    doubted = 0
    settings.TIFO_RELAY_LOG = str(relay.log)
    for point in (
        "delivery.committed:1",
        "delivery.handed-over:1",
        "delivery.handed-over:2",
        "delivery.handed-over:3",
    ):
        child(point)
        recover(mailing, 0)
        doubted += Message.objects.filter(state="unknown").count()
    child()
    end = time.monotonic() + 30
    while not all(state == "accepted" for state in Message.objects.values_list("state", flat=True)):
        assert time.monotonic() < end, counts(mailing)
        time.sleep(0.3)
        settle_doubts(fence=Fence(NONE, NONE, timedelta(seconds=-2)))
        child()
    assert doubted >= 8
    until(lambda: relay.log.read_text().count("(queue active)") >= size)
    heard = PostfixLog(relay.log).read(
        [message_id(row) for row in Message.objects.all()], clock.now() - timedelta(hours=1)
    )
    assert len(heard.taken) == size
    assert relay.log.read_text().count("(queue active)") == size


# -- the log by itself -------------------------------------------------------------------------------------

NAME = "<7.5.abcdefgh@example.org>"


def lines(day: str, *texts: str) -> str:
    return "".join(f"{day} relay postfix/{text}\n" for text in texts)


TAKEN = (
    "smtpd[1]: connect from a[1]",
    "smtpd[1]: 4F2: client=a[1]",
    f"cleanup[2]: 4F2: message-id={NAME}",
    "qmgr[3]: 4F2: from=<x>, size=1, nrcpt=1 (queue active)",
)


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> datetime:
    now = datetime(2027, 1, 1, 12, tzinfo=UTC)
    monkeypatch.setattr(postfix_log.clock, "now", lambda: now)
    return now


@pytest.mark.parametrize("day", ["Jan  1 10:00:00", "2027-01-01T10:00:00.123456+00:00"])
def test_both_forms_of_a_syslog_line_are_read(
    day: str, at: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "UTC")
    (tmp_path / "mail.log").write_text(lines(day, *TAKEN))
    heard = PostfixLog(tmp_path / "mail.log").read([NAME], at - timedelta(hours=3))
    assert list(heard.taken) == [NAME]
    assert heard.since is not None
    assert heard.since.replace(microsecond=0) == at.replace(hour=10)
    assert len(heard.sessions) == 1


def test_rotated_files_are_read_in_their_order_and_last_years_too(at: datetime, tmp_path: Path) -> None:
    older = tmp_path / "mail.log.2.gz"
    with gzip.open(older, "wt") as file:
        file.write(lines("2026-12-31T22:00:00+00:00", *TAKEN[:2]))
    (tmp_path / "mail.log.1").write_text(lines("2026-12-31T23:59:59+00:00", *TAKEN[2:3]))
    (tmp_path / "mail.log").write_text(lines("2027-01-01T00:00:01+00:00", *TAKEN[3:]))
    for name, hours in (("mail.log.2.gz", 14), ("mail.log.1", 12), ("mail.log", 1)):
        moment = (at - timedelta(hours=hours)).timestamp()
        os.utime(tmp_path / name, (moment, moment))
    heard = PostfixLog(tmp_path / "mail.log").read([NAME], at - timedelta(hours=16))
    assert list(heard.taken) == [NAME]


@pytest.mark.parametrize(
    ("texts", "unclear", "open_sessions"),
    [
        (TAKEN[:3], True, 1),  # named, nothing more: cleanup may still be at it
        ((*TAKEN[:3], "smtpd[1]: lost connection after DATA (12 bytes) from a[1]", "smtpd[1]: disconnect from a[1]"), False, 0),
        ((*TAKEN[:3], "smtpd[1]: lost connection after END-OF-MESSAGE from a[1]", "smtpd[1]: disconnect from a[1]"), True, 0),
        ((*TAKEN[:2], "master[9]: terminating on signal 15"), False, 0),
        ((*TAKEN[:2], "cleanup[2]: 4F2: message-id=<7.5.othersig@example.org>"), True, 1),
    ],
    ids=["half a word", "cut in the text", "cut after the text", "stopped", "another base's"],
)  # fmt: skip
def test_what_a_log_decides(
    texts: tuple[str, ...], unclear: bool, open_sessions: int, at: datetime, tmp_path: Path
) -> None:
    (tmp_path / "mail.log").write_text(lines("2027-01-01T10:00:00+00:00", *texts))
    heard = PostfixLog(tmp_path / "mail.log").read([NAME], at)
    assert not heard.taken
    assert (NAME in heard.unclear) == unclear
    assert len(heard.sessions) == open_sessions


def test_lines_that_the_logger_dropped_are_a_gap(at: datetime, tmp_path: Path) -> None:
    text = lines("2027-01-01T10:00:00+00:00", *TAKEN[:1])
    text += "2027-01-01T11:00:00+00:00 relay rsyslogd[1]: imuxsock: 200 messages lost due to rate-limiting\n"
    text += lines("2027-01-01T11:00:05+00:00", "smtpd[1]: disconnect from a[1]")
    (tmp_path / "mail.log").write_text(text)
    heard = PostfixLog(tmp_path / "mail.log").read([NAME], at - timedelta(hours=3))
    assert heard.since == datetime(2027, 1, 1, 11, 0, 5, tzinfo=UTC)


# -- by hand -----------------------------------------------------------------------------------------------


def test_m6_v2_a_person_signs_for_doubts_one_or_many() -> None:
    _, rows = in_doubt(3)
    who = staff("support").pk
    with pytest.raises(Refused, match="how you know"):
        sign_for([rows[0].pk], "accepted", actor_id=who, because=" ")
    with pytest.raises(Refused, match="nothing is sent again"):
        sign_for([rows[0].pk], "planned", actor_id=who, because="sure")
    assert sign_for([row.pk for row in rows[:2]], "accepted", actor_id=who, because="fans wrote back") == 2
    assert [one.message_id for one in doubts()] == [rows[2].pk]
    rows[0].refresh_from_db()
    assert rows[0].evidence == f"signed by account {who}: fans wrote back"
    (entry,) = [entry for entry in audit_entries() if entry.act == "delivery.sign-for-doubts"]
    assert str(rows[0].pk) in entry.detail
    with pytest.raises(Refused, match="any more"):
        sign_for([rows[0].pk], "refused", actor_id=who, because="no")


def test_a_message_key_is_the_name_that_the_relay_logs() -> None:
    _, (row,) = in_doubt(1)
    key = seals.message_key(row.mailing_id, row.pk)
    assert message_id(row).startswith(f"<{row.mailing_id}.{row.pk}.{key[-8:]}@")
