"""Claimed work: one worker at a time, and a dead one's lease runs out."""

import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection

from tifo.campaigns.models import Campaign, Occurrence
from tifo.kernel.models import Turn
from tifo.kernel.public import clock, jobs

pytestmark = pytest.mark.django_db(transaction=True)

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)


def _work() -> Occurrence:
    campaign = Campaign.objects.create(name="c", definition={}, fingerprint="", changed_at=NOON)
    return Occurrence.objects.create(
        campaign=campaign, number=1, definition={}, fingerprint="", created_at=NOON
    )


def test_w4_a_row_is_claimed_once() -> None:
    _work()
    first = jobs.claim(Occurrence, owner="a", seconds=60)
    assert first is not None
    assert (first.owner, first.attempt, first.state) == ("a", 1, "running")
    assert jobs.claim(Occurrence, owner="b", seconds=60) is None


def test_w4_a_lease_that_ran_out_is_taken_over_and_the_late_one_is_fenced_off() -> None:
    _work()
    with time_machine.travel(NOON, tick=False) as clock:
        late = jobs.claim(Occurrence, owner="a", seconds=60)
        assert late is not None
        clock.shift(61)
        taker = jobs.claim(Occurrence, owner="b", seconds=60)
        assert taker is not None
        assert taker.attempt == 2
        with pytest.raises(jobs.LeaseLost):
            jobs.renew(late, 60)
        with pytest.raises(jobs.LeaseLost):
            jobs.finish(late)
        jobs.finish(taker)
    assert jobs.claim(Occurrence, owner="c", seconds=60) is None


def test_the_work_of_a_process_that_died_here_is_taken_at_once() -> None:
    _work()
    with subprocess.Popen([sys.executable, "-c", ""]) as child:
        child.wait()
    first = jobs.claim(Occurrence, owner=jobs.me().replace(f":{os.getpid()}:", f":{child.pid}:"), seconds=600)
    assert first is not None
    taker = jobs.claim(Occurrence, owner=jobs.me(), seconds=60)
    assert taker is not None
    assert taker.attempt == 2
    assert jobs.claim(Occurrence, owner="elsewhere:1:x", seconds=60) is None
    with pytest.raises(jobs.LeaseLost):
        jobs.finish(first)


def test_work_put_back_waits_for_its_hour() -> None:
    _work()
    with time_machine.travel(NOON, tick=False) as clock:
        row = jobs.claim(Occurrence, owner="a", seconds=60)
        assert row is not None
        jobs.put_back(row, after=30, error="the server is away")
        assert jobs.claim(Occurrence, owner="a", seconds=60) is None
        clock.shift(31)
        again = jobs.claim(Occurrence, owner="a", seconds=60)
        assert again is not None
        jobs.give_up(again, "it can't be done")
        clock.shift(1000)
        assert jobs.claim(Occurrence, owner="a", seconds=60) is None


def test_work_done_at_last_says_nothing_of_the_attempts_before() -> None:
    _work()
    with time_machine.travel(NOON, tick=False) as clock:
        first = jobs.claim(Occurrence, owner="a", seconds=60)
        assert first is not None
        jobs.put_back(first, after=30, error="the server is away")
        clock.shift(31)
        second = jobs.claim(Occurrence, owner="a", seconds=60)
        assert second is not None
        jobs.finish(second)
    assert Occurrence.objects.values_list("state", "error").get() == (Occurrence.State.DONE, "")


def test_w4_a_periodic_job_has_one_turn_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []

    def call() -> bool:
        calls.append(1)
        assert jobs.run_job(twin) is False  # another worker, meanwhile
        return False

    job = jobs.Job("tests.once", 10, False, call)
    twin = jobs.Job("tests.once", 10, False, lambda: calls.append(2) is None)
    with time_machine.travel(NOON, tick=False) as clock:
        jobs.run_job(job)
        jobs.run_job(job)
        assert calls == [1]
        clock.shift(11)
        jobs.run_job(job)
        assert calls == [1, 1]


@pytest.mark.django_db(transaction=True)
def test_w4_a_turn_is_kept_while_its_job_runs_and_free_soon_after_its_machine_died(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(jobs, "TURN_LEASE", timedelta(seconds=0.2))

    def call() -> bool:
        Turn.objects.filter(name="tests.long").update(lease_until=NOON)
        end = time.monotonic() + 30
        while Turn.objects.get(name="tests.long").lease_until == NOON:
            assert time.monotonic() < end, "nobody renewed the turn"
            time.sleep(0.01)
        renewed.append(True)
        return False

    renewed: list[bool] = []
    job = jobs.Job("tests.long", 10, False, call)
    jobs.run_job(job)
    assert renewed == [True]
    lost = timedelta(seconds=1)
    Turn.objects.filter(name=job.name).update(owner="gone:1:x", next_at=NOON, lease_until=clock.now() + lost)
    assert jobs._take_turn(job, early=False) is False
    Turn.objects.filter(name=job.name).update(lease_until=clock.now() - lost)
    assert jobs._take_turn(job, early=False) is True


def test_a_failing_job_is_tried_again() -> None:
    def broken() -> bool:
        raise RuntimeError("broken")

    with time_machine.travel(NOON, tick=False) as clock:
        job = jobs.Job("tests.broken", 10, False, broken)
        assert jobs.run_job(job) is False
        with connection.cursor() as cursor:
            cursor.execute("SELECT owner FROM kernel_turn WHERE name = 'tests.broken'")
            assert cursor.fetchone()[0] == ""
        clock.shift(11)
        assert jobs._take_turn(job, early=False) is True
