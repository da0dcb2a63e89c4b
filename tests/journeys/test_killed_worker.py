"""M3–M6: the worker is killed in mid-send, again and again; no address gets two, and the sum is right to the unit."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from email import message_from_bytes

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.conf import LazySettings

from tests.processes import environment, free_port
from tifo.campaigns.public import occurrence, progress, read_campaign_file, save_campaign, start
from tifo.consents.public import give
from tifo.delivery.public import counts
from tifo.fans.public import create_fan
from tifo.kernel.public import clock

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.crash]

FANS = 2_400
KILLS = 20
CAMPAIGN = """
campaign: killed-and-whole
purpose: newsletter
fallback: en
audience: 'consents("newsletter")'
subject: {en: 'Hello, {{ fan.first_name | "fan" }}', fr: 'Bonjour, {{ fan.first_name | "fan" }}'}
slots:
  - {slot: trunk, blocks: [welcome]}
blocks:
  welcome: {markdown: {en: "Come [and see](https://tickets.example.org/).", fr: "Viens [voir](https://tickets.example.org/fr)."}}
"""


class Oracle:
    """A mail server that remembers every key it took, and answers slowly enough to be interrupted."""

    def __init__(self) -> None:
        self.keys: Counter[str] = Counter()
        self.recipients: Counter[str] = Counter()

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.content
        assert isinstance(content, bytes)
        self.keys[str(message_from_bytes(content)["X-Tifo-Key"])] += 1
        self.recipients.update(envelope.rcpt_tos)
        time.sleep(0.002)
        return "250 taken"


@pytest.fixture
def oracle() -> Iterator[tuple[Oracle, str]]:
    handler = Oracle()
    port = free_port()
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield handler, f"smtp://127.0.0.1:{port}"
    finally:
        controller.stop()


def _base() -> None:
    moment = clock.now()
    for number in range(FANS):
        fan = create_fan(source="tests", email=f"fan{number}@lac.example", language=("en", "fr")[number % 2])
        give(fan, "newsletter", source="tests", moment=moment)


def test_twenty_kills_double_nothing_and_lose_nothing(
    oracle: tuple[Oracle, str], settings: LazySettings
) -> None:
    handler, url = oracle
    _base()
    save_campaign(read_campaign_file(CAMPAIGN))
    sending = start("killed-and-whole")
    command = [sys.executable, "-m", "tifo", "worker"]
    variables = environment(settings, TIFO_SMTP_URL=url)
    dice = random.Random(7)
    killed = 0
    end = time.monotonic() + 240
    while not progress(sending).stage.ended:
        assert time.monotonic() < end, progress(sending)
        worker = subprocess.Popen(command, env=variables)
        try:
            taken = sum(handler.keys.values())
            while killed < KILLS and worker.poll() is None:
                if sum(handler.keys.values()) > taken or progress(sending).stage.ended:
                    break  # it has begun to send: let it go on for a random while
                assert time.monotonic() < end, progress(sending)
                time.sleep(0.02)
            if killed < KILLS:
                time.sleep(dice.uniform(0.0, 0.25))
                os.kill(worker.pid, signal.SIGKILL)
                killed += 1
            else:
                while not progress(sending).stage.ended:
                    assert time.monotonic() < end, progress(sending)
                    time.sleep(0.05)
        finally:
            worker.kill()
            worker.wait()
    done = progress(sending)
    assert killed == KILLS
    assert max(handler.keys.values()) == 1
    assert max(handler.recipients.values()) == 1
    assert done.planned == FANS
    assert done.accepted + done.unknown + done.refused + done.suppressed_total == FANS
    assert (done.refused, done.suppressed_total, done.open) == (0, 0, 0)
    # accepted means taken; what was taken beyond that is among the doubts
    assert done.accepted <= len(handler.keys) <= done.accepted + done.unknown
    assert counts(_mailing(sending)).prepared == FANS


def _mailing(sending: int) -> int:
    found = occurrence(sending).mailing_id
    assert found is not None
    return found
