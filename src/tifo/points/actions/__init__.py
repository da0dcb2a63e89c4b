"""What changes points."""

from tifo.points.actions.books import Conflict, Short
from tifo.points.actions.causes import name_cause
from tifo.points.actions.correcting import take_back
from tifo.points.actions.earning import earn, publish_rule
from tifo.points.actions.levels import set_ladder
from tifo.points.actions.spending import expire, forfeit_all, reverse, spend

__all__ = [
    "Conflict",
    "Short",
    "earn",
    "expire",
    "forfeit_all",
    "name_cause",
    "publish_rule",
    "reverse",
    "set_ladder",
    "spend",
    "take_back",
]
