"""What the worker does for the house itself."""

import os
import subprocess
import sys
from datetime import timedelta

from django.db import connection

from tifo.delivery.public import sending_state
from tifo.kernel.public import clock, job

A_DAY, AN_HOUR = timedelta(days=1), timedelta(hours=1)  # between two checks; before the first


@job(every=600)
def empty_the_log() -> bool:
    """SQLite's write-ahead log keeps old pages until they are written over: what was erased must go from there too."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # busy now: the next time
            cursor.fetchall()
    return False


_check: subprocess.Popen[bytes] | None = None


@job(every=600)
def daily_check() -> bool:
    """Once a day, hold the whole base against what is promised: beside us, since it takes minutes on a big one."""
    global _check
    state = sending_state()
    last = state.audited_at or state.raised_at
    patience = A_DAY if state.audited_at else AN_HOUR
    if last is not None and clock.now() - last >= patience and (_check is None or _check.poll() is not None):
        _check = subprocess.Popen(
            [sys.executable, "-m", "tifo", "doctor", "--audit"],
            stdout=subprocess.DEVNULL,
            preexec_fn=lambda: os.nice(10) and None,
        )
    return False
