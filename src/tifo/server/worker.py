"""The worker: lets reactions follow events, runs the periodic jobs, and does its share of the claimed work."""

import logging
import signal
import threading
import time
from collections.abc import Callable, Iterable
from types import FrameType

from django.db import DatabaseError, close_old_connections, connection

from tifo.kernel.public import deliver_events, jobs
from tifo.server.mends import mend_of

log = logging.getLogger(__name__)

IDLE = 0.2  # seconds between two looks when there was nothing to do
LOOK_EVERY = 1.0  # seconds at most between two looks whether a job's turn has come
TROUBLE = 5.0  # seconds until the next try while the database or the disk is not to be had


class House:
    """What one worker at a time does: events first, so that what follows sees their effects; then the periodic jobs.

    It remembers what it found done, so that an idle worker asks the database little.
    """

    def __init__(self) -> None:
        self._caught_up: dict[str, int] = {}
        self._due: dict[jobs.Job, float] = {}

    def round(self, *, early: bool = False) -> bool:
        """One look at all of it; whether something was done. `early`: jobs too whose turn has not come."""
        busy = deliver_events(caught_up=self._caught_up) > 0
        for job in jobs.known_jobs():
            if jobs.stop_requested():
                break
            if job.shared or (not early and time.monotonic() < self._due.get(job, 0.0)):
                continue
            did = jobs.run_job(job, early=early)
            busy = busy or did
            self._due[job] = 0.0 if did else time.monotonic() + min(job.every, LOOK_EVERY)
        return busy


class SharedWork:
    """Calls the shared jobs, each no more often than it wishes while it finds nothing to do."""

    def __init__(self, shared: Iterable[jobs.Job]) -> None:
        self._due = dict.fromkeys(shared, 0.0)

    def round(self) -> bool:
        """One look at every shared job; whether one did something."""
        busy = False
        for job, due in self._due.items():
            if jobs.stop_requested() or time.monotonic() < due:
                continue
            did = jobs.try_job(job)
            busy = busy or did
            self._due[job] = 0.0 if did else time.monotonic() + job.every
        return busy


def _again_and_again(round_: Callable[[], bool]) -> None:
    """Until asked to stop. A database that is down or a full disk is waited for: the other processes go on meanwhile."""
    while not jobs.stop_requested():
        pause = 0.0
        try:
            close_old_connections()
            pause = 0.0 if round_() else IDLE
        except (DatabaseError, OSError) as error:
            words = mend_of(error)
            said = words or "The database or a file can't be had."
            log.warning("%s The worker tries again.", said, exc_info=None if words else error)
            connection.close()
            pause = TROUBLE
        end = time.monotonic() + pause
        while time.monotonic() < end and not jobs.stop_requested():
            time.sleep(IDLE)
    connection.close()


def _loop_shared() -> None:
    _again_and_again(SharedWork(job for job in jobs.known_jobs() if job.shared).round)


def run(senders: int) -> None:
    """Work until asked to stop by SIGTERM or SIGINT; what is begun comes to a safe end first."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        jobs.request_stop()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    threads = [threading.Thread(target=_loop_shared, name=f"sender-{n}") for n in range(senders)]
    for thread in threads:
        thread.start()
    _again_and_again(House().round)
    for thread in threads:
        thread.join()


def run_until_idle() -> None:
    """Do all that is waiting now, then return: for commands and tests where no worker is up."""
    house = House()
    while True:
        busy = house.round(early=True)
        shared = SharedWork(job for job in jobs.known_jobs() if job.shared)
        if not (shared.round() or busy):
            return
