"""The worker keeps the lake fresh."""

from tifo.kernel.public import job, revisions
from tifo.lake.actions import refresh
from tifo.lake.queries import current_generation
from tifo.lake.rules import tables


@job(every=2)
def refresh_lake() -> bool:
    """Refresh when something was committed since; not again at once, so that others get their turn."""
    generation = current_generation()
    followed = [name for name, table in tables().items() if table.truth]
    known = min((generation.positions.get(name, 0) for name in followed), default=0) if generation else -1
    if revisions.settled() > known:
        refresh()
    return False
