"""What preferences do again and again."""

from tifo.kernel.public import job
from tifo.preferences.actions import fade


@job(every=2)
def fade_learnt() -> bool:
    """Once a day, and after a night without a worker as soon as one is up: a stretch at each turn and no more, so that a
    sending has the database to itself in between; sixteen million scores take half an hour."""
    fade()
    return False
