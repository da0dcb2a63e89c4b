"""Each write of quests: one verb, one transaction."""

from tifo.quests.actions.forgetting import forget_plays
from tifo.quests.actions.moderating import look_at
from tifo.quests.actions.opening import check_quest, open_quest
from tifo.quests.actions.photos import forget_old_photos, sweep_photos
from tifo.quests.actions.playing import begin, take_part
from tifo.quests.actions.settling import pay_settled, settle
from tifo.quests.actions.turning import turn_card

__all__ = [
    "begin",
    "check_quest",
    "forget_old_photos",
    "forget_plays",
    "look_at",
    "open_quest",
    "pay_settled",
    "settle",
    "sweep_photos",
    "take_part",
    "turn_card",
]
