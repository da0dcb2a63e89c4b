"""The door of points."""

from tifo.points.actions import (
    Conflict,
    Short,
    earn,
    expire,
    forfeit_all,
    name_cause,
    publish_rule,
    reverse,
    set_ladder,
    spend,
    take_back,
)
from tifo.points.events import LevelReached
from tifo.points.queries import (
    balance_at,
    balances,
    broken_promises,
    cause_names,
    history,
    ladder,
    next_expiry,
    standing,
    way_up,
)
from tifo.points.types import Balance, Currency, Earned, Level, Line, Rule, Way

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
    "Way",
    "balance_at",
    "balances",
    "broken_promises",
    "cause_names",
    "earn",
    "expire",
    "forfeit_all",
    "history",
    "ladder",
    "name_cause",
    "next_expiry",
    "publish_rule",
    "reverse",
    "set_ladder",
    "spend",
    "standing",
    "take_back",
    "way_up",
]
