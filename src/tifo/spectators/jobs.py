"""What spectators does again and again."""

from tifo.kernel.public import job
from tifo.spectators.actions import link_fans, work


@job(every=60)
def link_holders() -> bool:
    """Link fans that no event named, or that came in greater numbers than one event takes."""
    return link_fans()


@job(every=2, shared=True)
def import_uploads() -> bool:
    """Imports asked for in the studio."""
    return work()
