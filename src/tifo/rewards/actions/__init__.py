"""What can be done with offers: each verb is one transaction."""

from tifo.rewards.actions.awarding import claim, forfeit, let_go, pass_on_overdue
from tifo.rewards.actions.drawing import Beacon, draw
from tifo.rewards.actions.entering import NotEligible, enter, withdraw
from tifo.rewards.actions.freezing import freeze
from tifo.rewards.actions.offers import check_offer, close_offer, open_offer, save_draft
from tifo.rewards.actions.ranking import rank, read_answer
from tifo.rewards.actions.reviewing import let_in, rule_out
from tifo.rewards.actions.stock import SoldOut
from tifo.rewards.actions.telling import tell_awards

__all__ = [
    "Beacon",
    "NotEligible",
    "SoldOut",
    "check_offer",
    "claim",
    "close_offer",
    "draw",
    "enter",
    "forfeit",
    "freeze",
    "let_go",
    "let_in",
    "open_offer",
    "pass_on_overdue",
    "rank",
    "read_answer",
    "rule_out",
    "save_draft",
    "tell_awards",
    "withdraw",
]
