"""The worker outlives a database that is down and a full disk: it says so, waits, and goes on."""

import errno
import logging
import signal
from collections.abc import Iterator

import pytest
from django.db import OperationalError

from tifo.kernel.public import jobs
from tifo.server import worker


@pytest.fixture(autouse=True)
def _signals_as_before() -> Iterator[None]:
    kept = {one: signal.getsignal(one) for one in (signal.SIGTERM, signal.SIGINT)}
    yield
    for one, handler in kept.items():
        signal.signal(one, handler)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "trouble",
    [
        OperationalError("connection failed: Connection refused"),
        OperationalError("database is locked"),
        OSError(errno.ENOSPC, "No space left on device"),
    ],
    ids=["down", "locked", "full"],
)
def test_trouble_around_the_worker_is_waited_for(
    trouble: Exception, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    rounds: list[str] = []

    def deliver(**_: object) -> int:
        rounds.append("round")
        if len(rounds) <= 2:
            raise trouble
        stop.append(True)
        return 0

    stop: list[bool] = []
    monkeypatch.setattr(worker, "deliver_events", deliver)
    monkeypatch.setattr(worker, "TROUBLE", 0.01)
    monkeypatch.setattr(jobs, "stop_requested", lambda: bool(stop))
    monkeypatch.setattr(jobs, "known_jobs", tuple)
    with caplog.at_level(logging.WARNING):
        worker.run(0)
    assert len(rounds) == 3
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == 2
    assert said[0].endswith("The worker tries again.")


@pytest.mark.django_db
def test_a_fault_of_our_own_still_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def deliver(**_: object) -> int:
        raise KeyError("a mistake in the code")

    monkeypatch.setattr(worker, "deliver_events", deliver)
    with pytest.raises(KeyError):
        worker.run(0)
