"""Letting everything follow that was written, also where tests run beside this one."""

import time

from django.db import transaction

from tifo.kernel.public import deliver_events, revisions
from tifo.lake.public import refresh


def settle() -> None:
    """Every reaction has seen every event, and the lake what was written until now.

    PostgreSQL gives out what is committed once no older transaction of the cluster is open, those of the tests
    running beside this one too.
    """
    for _ in range(2):  # what reactions write follows in the second round
        with transaction.atomic():
            newest = revisions.current()
        for _ in range(1_500):
            if revisions.settled() >= newest:
                break
            time.sleep(0.02)
        else:
            raise AssertionError("older transactions stay open")
        while deliver_events():
            pass
    refresh()
