"""What can be asked of points."""

from tifo.points.queries.audit import broken_promises
from tifo.points.queries.standing import balance_at, balances, history, ladder, next_expiry, standing

__all__ = ["balance_at", "balances", "broken_promises", "history", "ladder", "next_expiry", "standing"]
