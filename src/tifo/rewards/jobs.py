"""What rewards do again and again."""

from tifo.kernel.public import job
from tifo.rewards.actions import pass_on_overdue, tell_awards


@job(every=60)
def pass_on() -> bool:
    """Places that were not claimed in time go to the next ranks."""
    return pass_on_overdue()


@job(every=5)
def write_letters() -> bool:
    """Whoever was offered a place, has it or lost it gets a letter."""
    return tell_awards()
