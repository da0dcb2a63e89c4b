"""Each read of quests."""

from tifo.quests.queries.appeals import appeal_of
from tifo.quests.queries.desk import held, listed, source_of, uptake
from tifo.quests.queries.fans import facts, may_see, open_quests, play_of, played, quest_for, quest_named
from tifo.quests.queries.games import deal, letters_of, table_in, table_of
from tifo.quests.queries.knowing import known_of
from tifo.quests.queries.photos import (
    gallery,
    held_photos,
    photo_for,
    photo_handed,
    photo_of,
    photo_place,
)
from tifo.quests.queries.together import (
    board_of_teams,
    held_guests,
    invited_by,
    names_to_look_at,
    team_of,
    team_totals_sql,
)
from tifo.quests.queries.trackers import fan_of_tracker, tracker_code

__all__ = [
    "appeal_of",
    "board_of_teams",
    "deal",
    "facts",
    "fan_of_tracker",
    "gallery",
    "held",
    "held_guests",
    "held_photos",
    "invited_by",
    "known_of",
    "letters_of",
    "listed",
    "may_see",
    "names_to_look_at",
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
    "team_of",
    "team_totals_sql",
    "tracker_code",
    "uptake",
]
