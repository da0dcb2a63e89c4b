"""What the worker does for accounts."""

from tifo.accounts import actions
from tifo.kernel.public import job


@job(every=60)
def sign_audit_trail() -> bool:
    """Sign where the audit trail ends, in a file outside the database."""
    actions.sign_checkpoint()
    return False  # once a minute is enough, whatever was signed


@job(every=3600)
def forget_expired() -> bool:
    """Drop sessions that are over, with their addresses, and limits that have run out."""
    actions.forget_expired()
    actions.forget_spent_work()
    return False
