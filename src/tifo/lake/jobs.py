"""The worker keeps the lake fresh."""

from datetime import timedelta

from tifo.kernel.public import clock, job, revisions
from tifo.lake.actions import refresh
from tifo.lake.queries import current_generation
from tifo.lake.rules import tables

SAID_AGAIN = timedelta(minutes=1)
"""Where nothing changed the lake is still as of now: it says so this often."""


@job(every=2)
def refresh_lake() -> bool:
    """Refresh when something was committed since; not again at once, so that others get their turn."""
    generation = current_generation()
    followed = [name for name, table in tables().items() if table.truth]
    known = min((generation.positions.get(name, 0) for name in followed), default=0) if generation else -1
    old = generation is None or clock.now() - generation.as_of > SAID_AGAIN
    if old or revisions.settled() > known:
        refresh()
    return False
