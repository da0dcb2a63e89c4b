"""What points do again and again."""

from tifo.kernel.public import job
from tifo.points.actions import expire


@job(every=600)
def let_expire() -> bool:
    """Points whose time is over go; who pays meanwhile never pays with them."""
    return expire()
