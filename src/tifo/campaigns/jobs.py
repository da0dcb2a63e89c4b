"""What the worker does for campaigns: plan, begin what is due, send."""

import logging

from tifo.campaigns.actions import begin_due, plan, send_chunk
from tifo.campaigns.models import Occurrence
from tifo.campaigns.types import Stage
from tifo.kernel.public import Refused, job, jobs

log = logging.getLogger(__name__)

PLAN_LEASE = 600.0  # seconds
PLAN_ATTEMPTS = 3


@job(every=1)
def begin_sendings() -> bool:
    """Begin the sendings whose hour has come."""
    return begin_due() > 0


@job(every=1, shared=True)
def plan_sendings() -> bool:
    """Plan one sending that waits for it."""
    row = jobs.claim(Occurrence, owner=jobs.me(), seconds=PLAN_LEASE, stage=Stage.PLANNING)
    if row is None:
        return False
    try:
        plan(row)
    except Refused as error:
        _fail(row, str(error))
    except jobs.LeaseLost:
        pass  # cancelled, or planned by another
    except Exception as error:
        log.exception("planning sending %s failed", row.pk)
        if row.attempt >= PLAN_ATTEMPTS:
            _fail(row, f"{type(error).__name__} while planning; the log has the details.")
        else:
            jobs.put_back(row, after=5, error=type(error).__name__)
    return True


def _fail(row: Occurrence, why: str) -> None:
    jobs.finish(row, stage=Stage.FAILED, error=why)


@job(every=0.5, shared=True)
def send_chunks() -> bool:
    """Send a chunk of any sending under way."""
    return send_chunk()
