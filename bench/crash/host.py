"""`tifo worker` with windows, chunks and leases so small that a death in the middle is a matter of seconds.

    python -m bench.crash.host

First it prints its name, as it stands in the database.
"""

import importlib
from dataclasses import replace
from datetime import timedelta

import django

django.setup()

from bench.crash.sending import small  # noqa: E402  Django first
from tifo.kernel import jobs  # noqa: E402
from tifo.server import worker  # noqa: E402

LEASE = 4.0
SENDERS = 1


def main() -> None:
    """Until SIGTERM."""
    small()
    importlib.import_module("tifo.campaigns.actions.send").LEASE = LEASE
    importlib.import_module("tifo.delivery.actions.crossing").HEARTBEAT = LEASE / 4
    jobs.TURN_LEASE = timedelta(seconds=LEASE)
    worker.TROUBLE = 0.5
    name = "delivery.jobs.epoch"
    jobs._jobs[name] = replace(jobs._jobs[name], every=0.5)
    print(jobs.me(), flush=True)
    worker.run(SENDERS)


if __name__ == "__main__":
    main()
