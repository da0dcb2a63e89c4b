"""The ladder, and where a fan stands on it."""

from collections.abc import Sequence

from django.db import transaction

from tifo.kernel.public import announce
from tifo.points import rules
from tifo.points.actions.badges import give_badge_of_level
from tifo.points.actions.books import Books
from tifo.points.events import LevelReached
from tifo.points.models import Level, Standing
from tifo.points.queries import ladder
from tifo.points.types import Level as LevelValue


def set_ladder(levels: Sequence[LevelValue]) -> None:
    """Put these levels in the place of those there were. Where a fan stands is looked at anew when she next earns."""
    rules.checked_ladder(levels)
    with transaction.atomic():
        Level.objects.all().delete()
        Level.objects.bulk_create(Level(**vars(level)) for level in levels)


def place(books: Books) -> None:
    """Look anew at which level she has; a level that she never had is announced."""
    steps = ladder()
    if not steps:
        return
    before = Standing.objects.filter(fan_id=books.fan_id).first()
    rank = rules.rank_after(before.rank if before else 0, books.balance("status"), steps)
    if rank == (before.rank if before else 0):
        return
    highest = max(rank, before.highest if before else 0)
    Standing.objects.update_or_create(
        fan_id=books.fan_id,
        defaults={"rank": rank, "highest": highest, "since": books.moment, "rev": books.rev},
    )
    if highest > (before.highest if before else 0):
        give_badge_of_level(books.fan_id, steps[rank - 1].key)
        announce(LevelReached(books.fan_id, steps[rank - 1].key))
