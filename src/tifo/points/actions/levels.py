"""The ladder, and where a fan stands on it."""

from collections.abc import Collection, Sequence

from django.db import transaction

from tifo.kernel.public import announce, clock, revisions
from tifo.points import rules
from tifo.points.actions.badges import give_badge_of_level, give_badges_of_levels
from tifo.points.actions.books import Books
from tifo.points.events import LevelReached
from tifo.points.models import Account, Level, Standing
from tifo.points.queries import ladder
from tifo.points.types import Level as LevelValue

TOGETHER = 5_000  # fans whose level is looked at in one statement


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


def place_many(fan_ids: Collection[int]) -> None:
    """The same for many fans, who are locked: what changed is written at once."""
    steps = ladder()
    if not steps or not fan_ids:
        return
    ids = sorted(fan_ids)
    for start in range(0, len(ids), TOGETHER):
        _place_some(ids[start : start + TOGETHER], steps)


def _place_some(fan_ids: Sequence[int], steps: Sequence[LevelValue]) -> None:
    before = {row.fan_id: row for row in Standing.objects.filter(fan_id__in=fan_ids)}
    status = Account.objects.filter(fan_id__in=fan_ids, currency="status").order_by("fan_id")
    rev, moment, changed, risen = revisions.current(), clock.now(), [], []
    for fan_id, balance in status.values_list("fan_id", "balance"):
        was = before.get(fan_id)
        rank = rules.rank_after(was.rank if was else 0, balance, steps)
        if rank == (was.rank if was else 0):
            continue
        highest = max(rank, was.highest if was else 0)
        changed.append(Standing(fan_id=fan_id, rank=rank, highest=highest, since=moment, rev=rev))
        if highest > (was.highest if was else 0):
            risen.append((fan_id, steps[rank - 1].key))
    Standing.objects.bulk_create(
        changed,
        update_conflicts=True,
        unique_fields=["fan_id"],
        update_fields=["rank", "highest", "since", "rev"],
    )
    give_badges_of_levels(risen)
    announce(*(LevelReached(fan_id, level) for fan_id, level in risen))
