"""The door of points."""

from tifo.points.actions import (
    Conflict,
    Short,
    earn,
    expire,
    forfeit_all,
    publish_rule,
    reverse,
    set_ladder,
    spend,
)
from tifo.points.events import LevelReached
from tifo.points.queries import (
    balance_at,
    balances,
    broken_promises,
    history,
    ladder,
    next_expiry,
    standing,
)
from tifo.points.types import Balance, Currency, Earned, Level, Line, Rule

__all__ = [
    "Balance",
    "Conflict",
    "Currency",
    "Earned",
    "Level",
    "LevelReached",
    "Line",
    "Rule",
    "Short",
    "balance_at",
    "balances",
    "broken_promises",
    "earn",
    "expire",
    "forfeit_all",
    "history",
    "ladder",
    "next_expiry",
    "publish_rule",
    "reverse",
    "set_ladder",
    "spend",
    "standing",
]
