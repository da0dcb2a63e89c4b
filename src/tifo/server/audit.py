"""The daily check: the promises that every context can hold against the whole base. What is broken stops sending."""

from collections.abc import Callable, Mapping

from tifo.accounts.public import broken_promises as of_accounts
from tifo.campaigns.public import broken_promises as of_campaigns
from tifo.consents.public import broken_promises as of_consents
from tifo.delivery.public import broken_promises as of_delivery
from tifo.delivery.public import note_audit
from tifo.kernel.public import Broken
from tifo.points.public import broken_promises as of_points
from tifo.rewards.public import broken_promises as of_rewards

CHECKS: Mapping[str, Callable[[], list[Broken]]] = {
    "accounts": of_accounts,
    "consents": of_consents,
    "delivery": of_delivery,
    "campaigns": of_campaigns,
    "points": of_points,
    "rewards": of_rewards,
}
PROMISES = ("M1", "M4", "M12", "C1", "C3", "C9", "S3", "L1", "L2", "L3", "L4", "D2", "T6", "V1")


def audit_promises() -> list[Broken]:
    """Look at all of it; what is broken is noted, and stops sending."""
    found = [broken for check in CHECKS.values() for broken in check()]
    note_audit(found)
    return found
