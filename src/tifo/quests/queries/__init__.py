"""Each read of quests."""

from tifo.quests.queries.desk import held, listed, source_of, uptake
from tifo.quests.queries.fans import facts, may_see, open_quests, play_of, played, quest_for, quest_named
from tifo.quests.queries.games import deal, letters_of, table_in, table_of

__all__ = [
    "deal",
    "facts",
    "held",
    "letters_of",
    "listed",
    "may_see",
    "open_quests",
    "play_of",
    "played",
    "quest_for",
    "quest_named",
    "source_of",
    "table_in",
    "table_of",
    "uptake",
]
