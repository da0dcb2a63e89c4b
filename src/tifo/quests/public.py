"""The door of quests."""

from tifo.quests.actions import (
    begin,
    check_quest,
    look_at,
    open_quest,
    pay_settled,
    settle,
    take_part,
    turn_card,
)
from tifo.quests.queries import (
    deal,
    held,
    letters_of,
    listed,
    open_quests,
    play_of,
    quest_for,
    quest_named,
    source_of,
    table_of,
    uptake,
)
from tifo.quests.rules import read_form
from tifo.quests.types import Listed, OpenQuest, Played, Quest

__all__ = [
    "Listed",
    "OpenQuest",
    "Played",
    "Quest",
    "begin",
    "check_quest",
    "deal",
    "held",
    "letters_of",
    "listed",
    "look_at",
    "open_quest",
    "open_quests",
    "pay_settled",
    "play_of",
    "quest_for",
    "quest_named",
    "read_form",
    "settle",
    "source_of",
    "table_of",
    "take_part",
    "turn_card",
    "uptake",
]
