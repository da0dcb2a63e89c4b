"""Each write of quests: one verb, one transaction."""

from tifo.quests.actions.appealing import appeal
from tifo.quests.actions.forgetting import forget_plays
from tifo.quests.actions.inviting import count_guests, guest_confirmed, invite, look_at_guest
from tifo.quests.actions.moderating import look_at
from tifo.quests.actions.opening import check_quest, open_quest
from tifo.quests.actions.photos import forget_old_photos, sweep_photos
from tifo.quests.actions.playing import begin, take_part
from tifo.quests.actions.settling import pay_settled, settle
from tifo.quests.actions.teaming import (
    add_up_teams,
    found_team,
    join_team,
    leave_team,
    let_name_in,
    reward_teams,
)
from tifo.quests.actions.turning import turn_card

__all__ = [
    "add_up_teams",
    "appeal",
    "begin",
    "check_quest",
    "count_guests",
    "forget_old_photos",
    "forget_plays",
    "found_team",
    "guest_confirmed",
    "invite",
    "join_team",
    "leave_team",
    "let_name_in",
    "look_at",
    "look_at_guest",
    "open_quest",
    "pay_settled",
    "reward_teams",
    "settle",
    "sweep_photos",
    "take_part",
    "turn_card",
]
