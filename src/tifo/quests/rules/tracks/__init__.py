"""Recorded activities: GPX, TCX and FIT files read into a few plain facts; the places she was at are not kept."""

from tifo.quests.rules.tracks.measured import Fix, Track, measured
from tifo.quests.rules.tracks.plausible import RULES, TOLD, doubts
from tifo.quests.rules.tracks.reading import MOST_BYTES, MOST_FIXES, read_track

__all__ = ["MOST_BYTES", "MOST_FIXES", "RULES", "TOLD", "Fix", "Track", "doubts", "measured", "read_track"]
