"""What can be asked of points."""

from tifo.points.queries.audit import broken_promises
from tifo.points.queries.standing import (
    balance_at,
    balances,
    cause_names,
    history,
    ladder,
    next_expiry,
    standing,
    way_up,
)

__all__ = [
    "balance_at",
    "balances",
    "broken_promises",
    "cause_names",
    "history",
    "ladder",
    "next_expiry",
    "standing",
    "way_up",
]
