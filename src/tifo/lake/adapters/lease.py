"""One writer at a time: a lock on a file, which ends with the process that holds it, however that dies."""

import fcntl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tifo.kernel.public import Refused
from tifo.kernel.public import sentence as _

LEASE_WAIT = 120.0  # seconds; a rebuild of a very large base may hold it for minutes, and says so


@contextmanager
def file_lease(path: Path) -> Iterator[None]:
    """Hold the lock on a file; Refused where another process keeps it too long."""
    with path.open("w") as handle:

        def taken() -> bool:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            return True

        wait_for(taken)
        try:
            yield
        finally:
            fcntl.flock(handle, fcntl.LOCK_UN)


def wait_for(taken: Callable[[], bool]) -> None:
    """Try until the lock is ours."""
    end = time.monotonic() + LEASE_WAIT
    while not taken():
        if time.monotonic() > end:
            raise Refused(
                _(
                    "Another process has been refreshing the lake for over %(lease_wait)s s: try again later.",
                    lease_wait=f"{LEASE_WAIT:.0f}",
                )
            )
        time.sleep(0.05)
