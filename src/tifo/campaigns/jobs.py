"""What the worker does for campaigns: plan, begin what is due, send."""

from tifo.campaigns.actions import begin_due, plan_waiting, send_chunk, watch_sendings
from tifo.kernel.public import job


@job(every=1)
def begin_sendings() -> bool:
    """Begin the sendings whose hour has come."""
    return begin_due() > 0


@job(every=5)
def watch_what_leaves() -> bool:
    """Let the next steps go, and halt what is complained about."""
    return watch_sendings()


@job(every=1, shared=True)
def plan_sendings() -> bool:
    """Plan one sending that waits for it."""
    return plan_waiting()


@job(every=0.5, shared=True)
def send_chunks() -> bool:
    """Send a chunk of any sending under way."""
    return send_chunk()
