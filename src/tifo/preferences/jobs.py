"""What preferences do again and again."""

from tifo.kernel.public import job
from tifo.preferences.actions import fade


@job(every=3600)
def fade_learnt() -> bool:
    """Once a day, and after a night without a worker as soon as one is up."""
    return fade()
