"""What a quest file says, and how each kind is judged; pure."""

from tifo.quests.rules.answers import read_form
from tifo.quests.rules.file import read_quest_file
from tifo.quests.rules.kinds import KINDS, Kind

__all__ = ["KINDS", "Kind", "read_form", "read_quest_file"]
