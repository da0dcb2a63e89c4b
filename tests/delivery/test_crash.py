"""Kill the sender anywhere: nobody gets two, every message is counted, and the sink agrees (M3 to M6, M8)."""

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.db import connection, connections

from tests.delivery.world import Sink, Text, entered, fans, inbox, newsletter
from tests.processes import environment
from tifo.delivery.models import Message
from tifo.delivery.public import Crossing, claim, counts, open_transport, recover
from tifo.delivery.rules import seals
from tifo.kernel import crash

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.crash]

WINDOW = 4
SIZE = 22
POINTS = [
    "delivery.claimed", "delivery.claim-committed", "delivery.gate", "delivery.committed", "delivery.handed-over",
    "delivery.answered", "delivery.recording", "delivery.recorded",
]  # fmt: skip


def send_all(mailing: int, url: str) -> None:
    """What a worker does with a chunk: recover, then claim and cross until nothing is due."""
    owner = f"worker {os.getpid()}"
    recover(mailing, 0, owner=owner)
    with open_transport(url) as transport, Crossing(mailing, transport) as line:
        while claimed := claim(mailing, 0, owner=owner, size=WINDOW):
            line.send([(one, Text()) for one in claimed])


def in_child(act: Callable[[], None], *, crash_at: str = "", kill_after: float | None = None) -> int:
    """Run in a forked child; its exit code, or minus the signal that killed it."""
    connections.close_all()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            crash._wanted, _, crash._count = crash_at.partition(":")
            crash._passed = 0
            act()
            status = 0
        finally:
            os._exit(status)
    if kill_after is not None:
        time.sleep(kill_after)
        os.kill(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def agree(mailing: int, sink: Sink, kills: int) -> None:
    """Ledger and sink, to the unit."""
    found = counts(mailing)
    assert found.prepared == SIZE
    assert found.open == 0
    assert found.accepted + found.unknown == SIZE
    assert max(sink.keys.values()) == 1
    assert max(sink.recipients.values()) == 1
    assert found.unknown <= kills * 3 * WINDOW
    accepted = Message.objects.filter(mailing_id=mailing, state="accepted").values_list("id", flat=True)
    keys = {seals.message_key(mailing, message_id) for message_id in accepted}
    assert keys <= set(sink.keys)
    unknown = Message.objects.filter(mailing_id=mailing, state="unknown").values_list("id", flat=True)
    assert set(sink.keys) <= keys | {seals.message_key(mailing, message_id) for message_id in unknown}


@pytest.mark.parametrize("time_around", [1, 3])
def test_killed_at_every_named_point(time_around: int) -> None:
    """M3, M4, M5: nobody gets two, everybody is counted once, and what is called accepted the sink has."""
    everybody = fans(SIZE)
    for point in POINTS:
        mailing = newsletter(point)
        entered(mailing, everybody)
        nth = 1 if point in POINTS[-3:] else time_around  # those are passed once, at the end
        with inbox() as (sink, url):
            assert in_child(partial(send_all, mailing, url), crash_at=f"{point}:{nth}") == 137, point
            left = Counter(Message.objects.filter(mailing_id=mailing).values_list("state", flat=True))
            assert in_child(partial(send_all, mailing, url)) == 0
            agree(mailing, sink, kills=1)
        if point in POINTS[:3] and nth == 1:
            assert counts(mailing).accepted == SIZE
        if point == "delivery.committed":
            assert left["committing"] >= 1
        if point == "delivery.recorded":
            assert counts(mailing).unknown == 0


def test_killed_at_random_moments() -> None:
    """M3, M4, M5, M6: the same at moments that nobody chose."""
    seed = random.randrange(10**6)
    chance = random.Random(seed)
    mailing = newsletter()
    entered(mailing, fans(SIZE))
    kills = 0
    with inbox() as (sink, url):
        for _ in range(8):
            kills += (
                in_child(partial(send_all, mailing, url), kill_after=chance.uniform(0, 0.08))
                == -signal.SIGKILL
            )
        assert in_child(partial(send_all, mailing, url)) == 0
        try:
            agree(mailing, sink, kills)
        except AssertionError:
            print(f"seed {seed}, {kills} kills, {counts(mailing)}")  # noqa: T201  to play it again
            raise


TINY = """
import os, sys, django
django.setup()
from tests.delivery.world import Text
from tifo.delivery.public import claim, cross, open_transport
mailing, url = int(sys.argv[1]), sys.argv[2]
with open_transport(url) as transport:
    while claimed := claim(mailing, 0, owner="traced", size=2):
        text = b"MIME-Version: 1.0\\r\\n\\r\\nBODY-OF-%d\\r\\n"
        cross(mailing, [(one, Text(content=text % one.message_id)) for one in claimed], transport)
"""


def test_no_body_byte_is_written_before_its_intent_is_on_the_disk(
    settings: LazySettings, tmp_path: Path
) -> None:
    """M8, seen from the system calls: the write-ahead log is synced after its last write and before the body."""
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL syncs in a process of its own; test_gate looks from a second connection")
    if not shutil.which("strace"):
        pytest.skip("strace is not installed")
    mailing = newsletter()
    entered(mailing, fans(6))
    trace = tmp_path / "trace"
    with inbox() as (sink, url):
        done = subprocess.run(
            ["strace", "-f", "-y", "-s", "4000", "-o", trace, "-e", "trace=pwrite64,fdatasync,fsync,sendto,sendmsg",
             sys.executable, "-c", TINY, str(mailing), f"{url.split('?')[0]}?connections=1"],
            env=environment(settings, PYTHONPATH=os.pathsep.join(("src", ".")),
                            DJANGO_SETTINGS_MODULE="tifo.server.settings"),
            cwd=Path(__file__).parents[2], capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
    if "ptrace" in done.stderr and done.returncode:
        pytest.skip("this machine does not allow tracing")
    assert done.returncode == 0, done.stderr
    assert len(sink.keys) == 6
    unsynced, bodies = False, 0
    for line in trace.read_text().splitlines():
        if re.search(r"pwrite64\(\d+<[^>]*-wal>", line):
            unsynced = True
        elif re.search(r"(fdatasync|fsync)\(\d+<[^>]*-wal>", line):
            unsynced = False
        elif "BODY-OF-" in line and re.search(r"send(to|msg)\(", line):
            bodies += line.count("BODY-OF-")
            assert not unsynced, line
    assert bodies == 6
