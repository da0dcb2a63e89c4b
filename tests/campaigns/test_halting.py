"""A sending leaves in steps, each watched; one that is complained about halts by itself (S7). Real mail server, real reports."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from html import unescape
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import time_machine
from click.testing import CliRunner
from django.conf import LazySettings
from django.test import Client

from tests.accounts.signing import staff, staff_client
from tests.campaigns.made import FILE, fan
from tests.delivery.reports import complaint
from tests.delivery.world import Sink, inbox
from tests.processes import environment
from tifo.accounts.public import audit_entries
from tifo.campaigns import cli
from tifo.campaigns.actions import begin_due, plan_waiting, send_chunk
from tifo.campaigns.models import Step
from tifo.campaigns.public import (
    SendingHalted,
    Stage,
    Timing,
    cancel,
    go_on,
    halted_sendings,
    latest_occurrence,
    occurrence,
    pause,
    progress,
    read_campaign_file,
    resume,
    save_campaign,
    start,
    watch_sendings,
    watched,
)
from tifo.delivery.ports import Parcel
from tifo.delivery.public import hear_mail
from tifo.kernel.models import OutboxEvent
from tifo.kernel.public import Refused, clock
from tifo.lake.public import refresh

pytestmark = pytest.mark.django_db(transaction=True)

FANS, FIRST = 20, 8
WATCH = timedelta(minutes=60)


def ramped(ramp: str = "{steps: [40], watch: 60}") -> str:
    return FILE.replace("subject:", f"ramp: {ramp}\nsubject:")


def work() -> None:
    """What a worker does for campaigns, until nothing is left to do now."""
    while True:
        if not (plan_waiting() or begin_due() or send_chunk() or watch_sendings()):
            return


def complain(sink: Sink, count: int, begin: int = 0) -> None:
    """So many of those who got it call it spam."""
    for number, content in enumerate(sink.contents[begin : begin + count], begin):
        parcel = Parcel(number, "news+x@example.org", "nobody", content)
        assert hear_mail(complaint(parcel), "abuse@tifo.example", "lmtp") == "complaint"


@contextmanager
def later(by: timedelta) -> Iterator[None]:
    with time_machine.travel(clock.now() + by, tick=True):
        yield


@pytest.fixture
def post(settings: LazySettings) -> Iterator[Sink]:
    for number in range(FANS):
        fan(number, "newsletter")
    with inbox() as (sink, url):
        settings.TIFO_SMTP_URL = url
        yield sink


def begun(ramp: str = "{steps: [40], watch: 60}") -> int:
    save_campaign(read_campaign_file(ramped(ramp)))
    sending = start("the-week")
    work()
    return sending


def until(sending: int) -> datetime:
    seen = watched(sending)
    assert seen is not None
    assert seen.watched_until is not None
    return seen.watched_until


def test_the_next_step_waits_until_the_first_was_watched(post: Sink) -> None:
    sending = begun()
    assert len(post.contents) == FIRST
    done = progress(sending)
    assert (done.stage, done.planned, done.accepted, done.open) == (Stage.SENDING, FANS, FIRST, FANS - FIRST)
    assert abs(until(sending) - clock.now() - WATCH) < timedelta(minutes=10)
    with later(WATCH - timedelta(minutes=10)):
        work()
    assert len(post.contents) == FIRST
    with later(WATCH):
        work()
    assert progress(sending).stage is Stage.FINISHED
    assert len(post.recipients) == FANS
    assert set(post.recipients.values()) == {1}


def test_in_each_zone_the_first_hour_waits_for_the_steps_and_the_later_ones_do_not(post: Sink) -> None:
    """Ten in Tokyo get it at nine and, the second step, at ten; all twenty in Paris at nine."""
    for number in range(FANS, FANS + 10):
        fan(number, "newsletter", timezone="Asia/Tokyo")
    nine = (clock.now() + timedelta(days=2)).replace(hour=9, minute=0, second=0, microsecond=0)
    save_campaign(read_campaign_file(ramped("{steps: [50], watch: 60}")))
    sending = start("the-week", timing=Timing(nine, own_zone=True))
    work()
    in_tokyo = nine.replace(tzinfo=ZoneInfo("Asia/Tokyo"))
    in_paris = nine.replace(tzinfo=ZoneInfo("Europe/Paris"))
    left = []
    for moment in (
        in_tokyo - timedelta(minutes=5),
        in_tokyo + timedelta(minutes=5),
        in_tokyo + timedelta(minutes=70),
        in_paris + timedelta(minutes=5),
    ):
        with time_machine.travel(moment, tick=True):
            work()
        left.append(len(post.contents))
    assert left[0] == 0
    assert 4 <= left[1] <= 6
    assert left[2:] == [10, 30]
    assert progress(sending).stage is Stage.FINISHED


def test_it_halts_and_only_a_person_lets_it_go_on(post: Sink) -> None:
    """S7: complaints about the first slice; no further crossing until an approver says why it goes on."""
    sending = begun()
    complain(post, 2)
    assert not watch_sendings()
    complain(post, 2, begin=2)
    assert watch_sendings()
    assert occurrence(sending).stage is Stage.HALTED
    assert [one.id for one in halted_sendings()] == [sending]
    (event,) = OutboxEvent.objects.filter(name=SendingHalted.name)
    assert json.loads(event.payload)["signals"] == "complaints"
    with later(timedelta(days=2)):
        work()
        assert len(post.contents) == FIRST, "however long nobody looks"
    with pytest.raises(Refused, match="approver"):
        resume(sending)
    approver = staff("approver").pk
    with pytest.raises(Refused, match="why"):
        go_on(sending, actor=approver, reason="  ")
    go_on(sending, actor=approver, reason="They shared one address list by mistake.")
    assert halted_sendings() == []
    with later(WATCH):
        work()
    done = progress(sending)
    assert done.stage is Stage.FINISHED
    assert set(post.recipients.values()) == {1}
    assert done.accepted == len(post.contents) == FANS
    entries = [(entry.act, entry.actor_id) for entry in audit_entries() if entry.act.startswith("campaigns.")]
    assert ("campaigns.halt", None) in entries
    assert ("campaigns.go-on", approver) in entries


def test_paused_and_halted_are_two_things(post: Sink) -> None:
    """Whoever resumes a sending that halted while it was paused finds it halted; a halted one can be cancelled."""
    sending = begun()
    pause(sending)
    complain(post, 4)
    assert watch_sendings()
    assert occurrence(sending).stage is Stage.PAUSED
    assert len(halted_sendings()) == 1
    approver = staff("approver").pk
    with pytest.raises(Refused):
        go_on(sending, actor=approver, reason="It is paused")
    resume(sending)
    assert occurrence(sending).stage is Stage.HALTED
    pause(sending)
    assert occurrence(sending).stage is Stage.PAUSED
    cancel(sending)
    with later(WATCH):
        work()
    done = progress(sending)
    assert (len(post.contents), done.cancelled, done.open) == (FIRST, FANS - FIRST, 0)
    assert halted_sendings() == []


def test_a_server_that_refuses_everything_halts_it(post: Sink) -> None:
    async def handle_RCPT(*_: object) -> str:  # noqa: N802  aiosmtpd's name
        return "550 5.1.1 nobody of this name"

    post.handle_RCPT = handle_RCPT  # type: ignore[attr-defined]
    sending = begun("{steps: [50], watch: 0}")
    seen = watched(sending)
    assert occurrence(sending).stage is Stage.HALTED
    assert seen is not None
    assert [rate.signal for rate in seen.halted_for] == ["hard"]
    assert progress(sending).refused == FANS // 2


def test_who_waits_on_the_command_line_is_told_for_what(
    post: Sink, settings: LazySettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "week.yaml"
    file.write_text(ramped("{steps: [40], watch: 0}"), encoding="utf-8")
    said = CliRunner().invoke(cli.send, [str(file), "--wait", "--yes", "--json"])
    assert said.exit_code == 0, said.output
    assert json.loads(said.stdout)["accepted"] == FANS

    file.write_text(ramped().replace("the-week", "watched"), encoding="utf-8")
    naps = iter(range(3))

    def nap(_: float) -> None:
        if next(naps, None) is None:  # long enough: they all complain
            complain(post, 4, begin=FANS)

    monkeypatch.setattr(cli.time, "sleep", nap)
    said = CliRunner().invoke(cli.send, [str(file), "--wait", "--yes"])
    assert said.stderr.count("Step 1 of 2 has left and is watched until") == 1
    assert isinstance(said.exception, Refused)
    assert "halted by itself" in str(said.exception)
    assert "reported as unwanted: 4 of 8" in str(said.exception)


def page(client: Client, path: str) -> str:
    return unescape(client.get(path).content.decode())


def test_the_studio_says_it_before_while_and_after(post: Sink, settings: LazySettings) -> None:
    """S7: what the ramp will do, what is watched, the red line, and who may let it go on."""
    there = "/studio/campaigns/the-week/sendings/1/"
    writer, approver = staff_client("communicator"), staff_client("approver")
    save_campaign(read_campaign_file(ramped()))
    refresh()
    assert "It leaves in 2 steps. Each is watched for 60 minutes" in page(
        writer, "/studio/campaigns/the-week/send/"
    )
    sending = start("the-week")
    work()
    assert "has left, is watched" in page(writer, there)
    assert "halted by itself" not in page(writer, "/studio/campaigns/")
    complain(post, 4)
    assert watch_sendings()
    assert "“the-week” halted by itself" in page(writer, "/studio/campaigns/")
    assert "reported as unwanted: 4 of 8, surely over" in page(writer, there)
    form = {"act": "go_on", "reason": "One wrong import, mended."}
    assert "Let it go on" not in page(writer, there)
    writer.post(f"{there}act/", form)
    assert occurrence(sending).stage is Stage.HALTED
    assert "Let it go on" in page(approver, there)
    approver.post(f"{there}act/", {**form, "reason": ""})
    assert occurrence(sending).stage is Stage.HALTED
    approver.post(f"{there}act/", form)
    assert occurrence(sending).stage is Stage.SENDING
    assert "halted by itself" not in page(writer, there)
    (entry,) = audit_entries(act="campaigns.go-on")
    assert "One wrong import, mended." in entry.words


CHILD = """
import sys, django
django.setup()
from tifo.campaigns.cli import send
send([sys.argv[1], "--yes", "--wait"], standalone_mode=False)
"""


@pytest.mark.crash
@pytest.mark.parametrize("point", ["campaigns.watch.release", "campaigns.watch.halt"])
def test_killed_between_steps_it_goes_on_where_it_was(
    post: Sink, settings: LazySettings, tmp_path: Path, point: str
) -> None:
    """S7, M3, M4: no step let go twice, none forgotten; a halt is whole or did not happen, and happens then."""
    halts = point.endswith("halt")
    if halts:

        async def handle_RCPT(*_: object) -> str:  # noqa: N802  aiosmtpd's name
            return "550 5.1.1 nobody of this name"

        post.handle_RCPT = handle_RCPT  # type: ignore[attr-defined]
    file = tmp_path / "week.yaml"
    file.write_text(ramped("{steps: [40], watch: 0}"), encoding="utf-8")
    child = subprocess.run(
        [sys.executable, "-c", CHILD, str(file)],
        env=environment(settings, TIFO_SMTP_URL=settings.TIFO_SMTP_URL, TIFO_CRASH_AT=point),
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert child.returncode == 137, child.stderr.decode()
    view = latest_occurrence("the-week")
    assert view is not None
    assert view.stage is Stage.SENDING
    work()
    steps = list(Step.objects.filter(occurrence_id=view.id).order_by("number"))
    done = progress(view.id)
    assert done.planned == FANS
    if halts:
        assert (done.stage, done.refused, done.open) == (Stage.HALTED, FIRST, FANS - FIRST)
        assert len([entry for entry in audit_entries() if entry.act == "campaigns.halt"]) == 1
        assert steps[1].released_at is None
        return
    assert (done.stage, done.accepted) == (Stage.FINISHED, FANS)
    assert set(post.recipients.values()) == {1}
    assert all(step.released_at for step in steps)
