"""Each write of quests: one verb, one transaction."""

from tifo.quests.actions.forgetting import forget_plays
from tifo.quests.actions.opening import open_quest
from tifo.quests.actions.playing import begin, take_part
from tifo.quests.actions.settling import pay_settled, settle

__all__ = ["begin", "forget_plays", "open_quest", "pay_settled", "settle", "take_part"]
