"""The worker: lets reactions follow events, runs the periodic jobs, and does its share of the claimed work."""

import signal
import threading
import time
from collections.abc import Iterable
from types import FrameType

from django.db import close_old_connections, connection

from tifo.kernel.public import deliver_events, jobs

IDLE = 0.2  # seconds between two looks when there was nothing to do


def _round_of_the_house(*, early: bool = False) -> bool:
    """Events first, so that what follows sees their effects; then each periodic job whose turn it is."""
    busy = deliver_events() > 0
    for job in jobs.known_jobs():
        if jobs.stop_requested():
            break
        if not job.shared:
            busy = jobs.run_job(job, early=early) or busy
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


def _loop_shared() -> None:
    work = SharedWork(job for job in jobs.known_jobs() if job.shared)
    while not jobs.stop_requested():
        close_old_connections()
        if not work.round():
            time.sleep(IDLE)
    connection.close()


def run(senders: int) -> None:
    """Work until asked to stop by SIGTERM or SIGINT; what is begun comes to a safe end first."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        jobs.request_stop()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    threads = [threading.Thread(target=_loop_shared, name=f"sender-{n}") for n in range(senders)]
    for thread in threads:
        thread.start()
    while not jobs.stop_requested():
        close_old_connections()
        if not _round_of_the_house():
            time.sleep(IDLE)
    for thread in threads:
        thread.join()


def run_until_idle() -> None:
    """Do all that is waiting now, then return: for commands and tests where no worker is up."""
    while True:
        busy = _round_of_the_house(early=True)
        shared = SharedWork(job for job in jobs.known_jobs() if job.shared)
        if not (shared.round() or busy):
            return
