"""What changes points."""

from tifo.points.actions.badges import give_badge, set_badge
from tifo.points.actions.boards import follow_facts, forget_shown, leave_boards, stand_on_boards
from tifo.points.actions.books import Conflict, Short
from tifo.points.actions.causes import name_cause
from tifo.points.actions.correcting import take_back, unearn
from tifo.points.actions.earning import earn, publish_rule, worth_of
from tifo.points.actions.levels import set_ladder
from tifo.points.actions.many import earn_many, unearn_many
from tifo.points.actions.rescoring import rescore, rescore_some
from tifo.points.actions.spending import expire, forfeit_all, reverse, spend

__all__ = [
    "Conflict",
    "Short",
    "earn",
    "earn_many",
    "expire",
    "follow_facts",
    "forfeit_all",
    "forget_shown",
    "give_badge",
    "leave_boards",
    "name_cause",
    "publish_rule",
    "rescore",
    "rescore_some",
    "reverse",
    "set_badge",
    "set_ladder",
    "spend",
    "stand_on_boards",
    "take_back",
    "unearn",
    "unearn_many",
    "worth_of",
]
