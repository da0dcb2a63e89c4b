"""What can be asked of points."""

from tifo.points.queries.audit import broken_promises
from tifo.points.queries.instants import balances_at
from tifo.points.queries.review import hasty
from tifo.points.queries.shown import badge_described, badge_key, badge_token, badges_of, board, issuer
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
    "badge_described",
    "badge_key",
    "badge_token",
    "badges_of",
    "balance_at",
    "balances",
    "balances_at",
    "board",
    "broken_promises",
    "cause_names",
    "hasty",
    "history",
    "issuer",
    "ladder",
    "next_expiry",
    "standing",
    "way_up",
]
