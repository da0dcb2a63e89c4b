"""How much a deed earns, which lots a payment takes, and which level a fan has; without a database."""

from tifo.points.rules.earning import MOST, amount, checked_rule
from tifo.points.rules.levels import checked_ladder, rank_after
from tifo.points.rules.lots import Lot, Taken, taken

__all__ = ["MOST", "Lot", "Taken", "amount", "checked_ladder", "checked_rule", "rank_after", "taken"]
