"""The door of quests."""

from tifo.quests.actions import begin, open_quest, pay_settled, settle, take_part
from tifo.quests.queries import listed, open_quests, play_of, quest_for, quest_named, uptake
from tifo.quests.rules import read_form
from tifo.quests.types import Listed, OpenQuest, Played, Quest

__all__ = [
    "Listed",
    "OpenQuest",
    "Played",
    "Quest",
    "begin",
    "listed",
    "open_quest",
    "open_quests",
    "pay_settled",
    "play_of",
    "quest_for",
    "quest_named",
    "read_form",
    "settle",
    "take_part",
    "uptake",
]
