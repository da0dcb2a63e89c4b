"""Which level status points give, with room before one is lost: who wavers around a bound is not moved up and down."""

from collections.abc import Sequence
from itertools import pairwise

from tifo.kernel.public import Refused
from tifo.kernel.public import sentence as _
from tifo.points.types import Level


def rank_after(rank: int, status: int, ladder: Sequence[Level]) -> int:
    """The rank (0: none) of somebody who had `rank` and now has `status` points. The ladder ascends."""
    reached = max((level.rank for level in ladder if status >= level.at_least), default=0)
    kept = max((level.rank for level in ladder if level.rank <= rank and status >= level.keeps_at), default=0)
    return max(reached, kept)


def checked_ladder(ladder: Sequence[Level]) -> Sequence[Level]:
    """The ladder; refused where a step is not above the one before, or is lost above where it is reached."""
    if [level.rank for level in ladder] != list(range(1, len(ladder) + 1)):
        raise Refused(_("levels are numbered 1, 2, 3… without a gap"))
    if len({level.key for level in ladder}) != len(ladder):
        raise Refused(_("two levels have the same name"))
    for level in ladder:
        if not 0 <= level.keeps_at <= level.at_least:
            raise Refused(_("level “%(key)s” is lost above where it is reached", key=level.key))
    for lower, upper in pairwise(ladder):
        if upper.at_least <= lower.at_least or upper.keeps_at < lower.keeps_at:
            raise Refused(_("level “%(key)s” must lie above the one before it", key=upper.key))
    return ladder
