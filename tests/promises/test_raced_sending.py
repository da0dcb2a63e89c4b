"""C1, C2, M11 against a real worker in mid-send: a no, on a page or by the link in the mail, an edit, a pause, a cancel.

Whatever crossed before it was stored may arrive; nothing crosses after. What crossed is read from the ledger as soon as
the act is stored, so the order of things is the database's, no clock's.
"""

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.conf import LazySettings
from django.test import Client

from tests.campaigns.made import definition, fan, taken
from tests.delivery.world import Sink, inbox
from tests.loops import elsewhere
from tests.processes import environment
from tifo.campaigns.public import (
    Progress,
    campaign,
    cancel,
    occurrence,
    pause,
    progress,
    resume,
    save_campaign,
    start,
)
from tifo.consents.public import withdraw
from tifo.delivery.actions.withdrawals import spooled
from tifo.delivery.models import Message
from tifo.delivery.rules import seals
from tifo.delivery.web.tracker import Tracker

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.crash]

FANS = 400  # far more than two windows, and no more than two are under way at once while the door is shut
WORKER = """
import sys, django
django.setup()
from tifo.delivery.actions import crossing
crossing.LAG = 3600.0  # a window that is kept waiting does not step aside here
sys.argv = ["tifo", "worker"]
from tifo.server.cli import main
main()
"""
SAID_NO = 120
LONGEST = 120.0
CROSSED = ("committing", "accepted", "unknown", "refused")
WAITING = ("planned", "claimed")


class Gated(Sink):
    """Takes no more than `most`: the rest waits at the door, so that most of the sending lies ahead as long as we like."""

    def __init__(self) -> None:
        super().__init__()
        self.most = 30

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802  aiosmtpd's name
        while len(self.contents) >= self.most:
            await asyncio.sleep(0.01)
        return await super().handle_DATA(server, session, envelope)


@dataclass
class Race:
    """A sending under way in another process."""

    sending: int
    sink: Gated
    fans: list[int]

    @property
    def messages(self) -> Any:
        return Message.objects.filter(mailing_id=occurrence(self.sending).mailing_id)

    def crossed(self) -> set[int]:
        """The fans whose messages crossed the line by now."""
        return set(self.messages.filter(state__in=CROSSED).values_list("fan_id", flat=True))

    def wait(self, until: Callable[[], bool]) -> None:
        end = time.monotonic() + LONGEST
        while not until():
            assert time.monotonic() < end, progress(self.sending)
            time.sleep(0.01)

    def end(self) -> Progress:
        """Open the door and wait until it is over; nobody got two, and the sum is right."""
        self.sink.most = FANS
        self.wait(lambda: (now := progress(self.sending)).stage.ended and not now.open)
        found = progress(self.sending)
        assert set(self.sink.recipients.values()) <= {1}
        closed = found.accepted + found.refused + found.unknown + found.suppressed_total
        assert found.planned == closed + found.expired + found.cancelled
        assert found.accepted == len(self.sink.contents)
        return found


@contextmanager
def racing(settings: LazySettings) -> Iterator[Race]:
    """A worker has handed over the first messages of many."""
    fans = [fan(number, "newsletter") for number in range(FANS)]
    save_campaign(definition())
    sink = Gated()
    with inbox(sink) as (_, url):
        race = Race(start("the-week"), sink, fans)
        worker = subprocess.Popen(
            [sys.executable, "-c", WORKER],
            env=environment(settings, TIFO_SMTP_URL=url, DJANGO_SETTINGS_MODULE="tifo.server.settings"),
        )
        try:
            race.wait(lambda: len(sink.contents) == sink.most)
            yield race
        finally:
            worker.kill()
            worker.wait()


def test_c1_c2_after_a_no_is_stored_nothing_crosses(settings: LazySettings) -> None:
    with racing(settings) as race:
        before = set()
        said_no = set(race.fans[:SAID_NO])
        for number, fan_id in enumerate(race.fans[:SAID_NO]):
            withdraw(fan_id, "newsletter", source="page")
            if fan_id in race.crossed():
                before.add(fan_id)
            race.sink.most = 30 + number // 4  # it goes on meanwhile
        found = race.end()
        late = race.crossed() & said_no
    assert late == before
    assert found.suppressed_total == len(said_no) - len(before) > 0
    for (version,) in race.messages.filter(state="accepted").values_list("consent_version"):
        assert version == 1


def test_c2_after_the_link_in_the_mail_is_heard_nothing_crosses(settings: LazySettings) -> None:
    with racing(settings) as race:
        mailing = occurrence(race.sending).mailing_id
        assert mailing is not None
        waiting = race.messages.filter(state__in=WAITING).order_by("-id")
        pressed = dict(waiting.values_list("fan_id", "id")[:40])
        assert elsewhere(
            asyncio.run, _press([seals.unsubscribe_token(mailing, one) for one in pressed.values()])
        ) == {200}
        race.wait(lambda: not spooled())
        before = race.crossed()
        race.end()
        assert race.crossed() & set(pressed) == before & set(pressed)
        assert set(pressed) - before


async def _press(tokens: list[str]) -> set[int]:
    app = Tracker()
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://t.example.org") as client:
        answers = [await client.post(f"/u/{token}") for token in tokens]
    await app.close()
    return {answer.status_code for answer in answers}


def test_m11_nothing_crosses_while_it_rests_or_after_it_is_cancelled(settings: LazySettings) -> None:
    with racing(settings) as race:
        for _ in range(3):
            pause(race.sending)
            before = race.crossed()
            race.sink.most += 5
            race.wait(lambda: len(race.sink.contents) == race.sink.most)
            assert race.crossed() == before
            resume(race.sending)
            race.sink.most += 5
            race.wait(lambda: len(race.sink.contents) == race.sink.most)
        cancel(race.sending)
        before = race.crossed()
        found = race.end()
        assert race.crossed() == before
    assert found.cancelled == FANS - len(before) > 0


def test_c2_after_a_no_on_the_preference_page_nothing_crosses(settings: LazySettings) -> None:
    """By the link in the mail, without signing in."""
    with racing(settings) as race:
        mailing = occurrence(race.sending).mailing_id
        assert mailing is not None
        before, said_no = set(), set()
        waiting = list(
            race.messages.filter(state__in=WAITING).order_by("id").values_list("fan_id", "id")[:60]
        )
        for number, (fan_id, message) in enumerate(waiting):
            words = {"t": seals.unsubscribe_token(mailing, message), "purpose": "newsletter", "say": "no"}
            assert Client().post("/preferences/answer/", words).status_code == 302
            said_no.add(fan_id)
            if fan_id in race.crossed():
                before.add(fan_id)
            race.sink.most = 30 + number
        found = race.end()
        assert race.crossed() & said_no == before
    assert found.suppressed_total == len(said_no) - len(before) > 0


def test_m11_what_is_edited_beside_a_sending_is_not_in_it(settings: LazySettings) -> None:
    with racing(settings) as race:
        for edition in range(2, 8):
            save_campaign(definition(edition=edition), expected=campaign("the-week").fingerprint)
            race.sink.most += 20
            race.wait(lambda: len(race.sink.contents) == race.sink.most)
        found = race.end()
        assert found.accepted == FANS
        assert {subject for _, subject in taken(race.sink)} == {"Edition 1"}
        assert campaign("the-week").definition == definition(edition=7)
