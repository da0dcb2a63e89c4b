"""What the worker does for delivery."""

from tifo.delivery.public import (
    SendingStopped,
    drain_withdrawals,
    fetch_inbound,
    forget_idle,
    judge_again,
    load_hits,
    open_transport,
    restore_link_files,
    send_waiting_letters,
    settle_doubts,
    tend_mailings,
    watch_epoch,
)
from tifo.kernel.public import job


@job(every=1)
def withdrawals() -> bool:
    """Write spooled one-click withdrawals into the truth."""
    return drain_withdrawals() > 0


@job(every=1)
def letters() -> bool:
    """Send service mail that is due."""
    try:
        return send_waiting_letters(open_transport) > 0
    except SendingStopped:  # the studio says why
        return False


@job(every=2)
def hits() -> bool:
    """Load the tracker's closed files."""
    return load_hits()


@job(every=10)
def judging() -> bool:
    """Judge hits again that an older version of the rule judged."""
    return judge_again()


@job(every=10)
def mailings() -> bool:
    """Sweep cancelled mailings, expire what waited too long, recover what dead senders left."""
    return tend_mailings() > 0


@job(every=5, shared=True)
def epoch() -> bool:
    """See whether this place may send; let in others that ask."""
    return watch_epoch()


@job(every=60)
def relay_log() -> bool:
    """Look for doubts in the log of our own mail server, where the settings name it."""
    settled = settle_doubts()
    return settled.accepted + settled.planned > 0


@job(every=3600)
def destinations() -> bool:
    """Forget destinations that nothing was sent to for a day."""
    forget_idle()
    return False


@job(every=60)
def link_files() -> bool:
    """Write again the link files that are missing."""
    restore_link_files()
    return False


@job(every=30)
def inbound() -> bool:
    """Read what came back into the mailbox."""
    return fetch_inbound() > 0
