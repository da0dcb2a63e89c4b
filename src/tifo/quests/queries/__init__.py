"""Each read of quests."""

from tifo.quests.queries.desk import held, listed, source_of, uptake
from tifo.quests.queries.fans import facts, may_see, open_quests, play_of, played, quest_for, quest_named
from tifo.quests.queries.games import deal, letters_of, table_in, table_of
from tifo.quests.queries.photos import (
    gallery,
    held_photos,
    photo_for,
    photo_handed,
    photo_of,
    photo_place,
)

__all__ = [
    "deal",
    "facts",
    "gallery",
    "held",
    "held_photos",
    "letters_of",
    "listed",
    "may_see",
    "open_quests",
    "photo_for",
    "photo_handed",
    "photo_of",
    "photo_place",
    "play_of",
    "played",
    "quest_for",
    "quest_named",
    "source_of",
    "table_in",
    "table_of",
    "uptake",
]
