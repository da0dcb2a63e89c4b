"""Each read of quests."""

from tifo.quests.queries.desk import held, listed, source_of, uptake
from tifo.quests.queries.fans import facts, may_see, open_quests, play_of, played, quest_for, quest_named

__all__ = [
    "facts",
    "held",
    "listed",
    "may_see",
    "open_quests",
    "play_of",
    "played",
    "quest_for",
    "quest_named",
    "source_of",
    "uptake",
]
