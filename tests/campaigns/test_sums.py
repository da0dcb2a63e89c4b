"""M12 while a real worker sends to a real mail server; M7: the same file again mails nobody twice."""

import threading
import time
from collections.abc import Callable, Iterator
from importlib import import_module

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.conf import LazySettings
from django.db import connection

from tests.campaigns.made import definition, fan, taken
from tests.delivery.world import Sink, inbox
from tifo.campaigns.public import (
    Progress,
    Stage,
    cancel,
    occurrence,
    pause,
    progress,
    resume,
    save_campaign,
    start,
)
from tifo.kernel.public import Refused
from tifo.server.worker import run_until_idle

pytestmark = pytest.mark.django_db(transaction=True)

FANS, NO_CONSENT = 60, 5


class Moody(Sink):
    """Takes its time, and refuses every mail to an address that ends in 7@example.org."""

    async def handle_RCPT(  # noqa: N802  aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        _ = server, session, options
        if address.endswith("7@example.org"):
            return "550 5.7.1 not here"
        envelope.rcpt_tos.append(address)
        time.sleep(0.003)
        return "250 ok"


@pytest.fixture
def post(settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sink]:
    monkeypatch.setattr("tests.delivery.world.Sink", Moody)
    monkeypatch.setattr(import_module("tifo.campaigns.actions.plan"), "CHUNK_ROWS", 15)
    with inbox() as (sink, url):
        settings.TIFO_SMTP_URL = url
        yield sink


@pytest.fixture
def sending() -> int:
    for number in range(FANS):
        fan(number, *(["newsletter"] if number >= NO_CONSENT else []))
    save_campaign(definition())
    return start("the-week")


def _adds_up(done: Progress) -> bool:
    closed = done.accepted + done.refused + done.unknown + done.suppressed_total
    return done.planned == closed + done.expired + done.cancelled + done.open


class Watch:
    """Looks at the sums all the time from a thread of its own, with its own connection."""

    def __init__(self, sending: int) -> None:
        self.sending, self.seen = sending, list[Progress]()
        self.failed: BaseException | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def _look(self) -> None:
        try:
            while not self._over.is_set():
                self.seen.append(progress(self.sending))
        except BaseException as error:
            self.failed = error
        finally:
            connection.close()

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        self._thread.join()


def test_the_sum_holds_at_every_instant(post: Sink, sending: int) -> None:
    """M12, from before the plan until the last answer."""
    with Watch(sending) as watch:
        run_until_idle()
    assert watch.failed is None
    assert [done for done in watch.seen if not _adds_up(done)] == []
    assert len({done.accepted for done in watch.seen}) > 3, "it was not looked at while it went out"
    planned = [done.planned for done in watch.seen if done.stage is not Stage.PLANNING]
    assert set(planned) == {FANS}
    accepted = [done.accepted for done in watch.seen]
    assert accepted == sorted(accepted)
    refused = len([n for n in range(NO_CONSENT, FANS) if n % 10 == 7])
    done = progress(sending)
    assert done.stage is Stage.FINISHED
    assert (done.refused, done.suppressed, done.open) == (refused, {"no_consent": NO_CONSENT}, 0)
    assert done.accepted == len(post.contents) == FANS - refused - NO_CONSENT
    assert max(post.recipients.values()) == 1


def test_pauses_and_a_cancel_in_the_middle_keep_the_sum_and_stop_what_was_not_let_through(
    post: Sink, sending: int
) -> None:
    """M11, M12: what is cancelled is counted so, and when cancel has returned no new window begins."""
    worker = threading.Thread(target=_work)
    with Watch(sending) as watch:
        worker.start()
        _until(lambda: len(post.contents) >= 10)
        pause(sending)
        _until(lambda: not watch.seen or watch.seen[-1].stage is Stage.PAUSED)
        resume(sending)
        _until(lambda: len(post.contents) >= 20)
        cancel(sending)
        worker.join(30)
    assert watch.failed is None
    assert [done for done in watch.seen if not _adds_up(done)] == []
    run_until_idle()
    done = progress(sending)
    assert done.stage is Stage.CANCELLED
    assert (done.open, done.unknown, done.planned) == (0, 0, FANS)
    assert done.accepted == len(post.contents)
    assert done.cancelled > 0
    assert max(post.recipients.values()) == 1


def _work() -> None:
    try:
        run_until_idle()
    finally:
        connection.close()


def _until(so: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not so():
        assert time.monotonic() < end, "it did not come so far"
        time.sleep(0.005)


def test_the_same_again_mails_nobody(post: Sink) -> None:
    """M7: the same definition resumes its sending, or finds it done."""
    fan(1, "newsletter")
    save_campaign(definition())
    sending = start("the-week")
    assert start("the-week") == sending
    run_until_idle()
    before = taken(post)
    assert len(before) == 1
    save_campaign(definition())
    assert start("the-week") == sending
    run_until_idle()
    assert taken(post) == before
    save_campaign(definition(edition=2))
    with pytest.raises(Refused, match="--again"):
        start("the-week")
    another = start("the-week", again=True)
    run_until_idle()
    assert another != sending
    assert occurrence(another).number == 2
    assert taken(post) == [("fan1@example.org", "Edition 1"), ("fan1@example.org", "Edition 2")]
