"""How much a deed earns, which lots a payment takes, and which level a fan has; without a database."""

from tifo.points.rules.boards import BANDS, band_of, of_age, years_of
from tifo.points.rules.earning import MOST, amount, checked_rule
from tifo.points.rules.levels import checked_ladder, rank_after
from tifo.points.rules.lots import Lot, Taken, taken

__all__ = [
    "BANDS",
    "MOST",
    "Lot",
    "Taken",
    "amount",
    "band_of",
    "checked_ladder",
    "checked_rule",
    "of_age",
    "rank_after",
    "taken",
    "years_of",
]
