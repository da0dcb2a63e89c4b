"""What points do again and again."""

from tifo.kernel.public import job, jobs
from tifo.points.actions import expire, rescore_some


@job(every=600)
def let_expire() -> bool:
    """Points whose time is over go; who pays meanwhile never pays with them."""
    return expire()


@job(every=10, shared=True)
def count_anew() -> bool:
    """Deeds of rules that changed are scored again."""
    return rescore_some(jobs.me())
