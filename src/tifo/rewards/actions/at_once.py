"""Offers that answer when she enters: first come, a window with a code of her own, and instant win."""

import secrets

from tifo.kernel.public import clock
from tifo.points.public import spend
from tifo.rewards.actions.stock import take
from tifo.rewards.models import Award, Entry, Offer, WinTime
from tifo.rewards.types import AwardState, OfferDefinition

LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Of codes: nothing that is read as something else."""


def answer_at_once(row: Offer, offer: OfferDefinition, entry: Entry) -> None:
    """Give her a place, in the transaction of her entry; SoldOut or Short undo the entry too."""
    if row.method == "instant-win":
        won = _win_time(row, entry)
        if won is None:
            return
        won.entry = entry
        won.save(update_fields=["entry"])
    take(row, entry.stratum, to="posted")
    entry.rank = 1 + Award.objects.filter(offer=row, stratum=entry.stratum).count()
    entry.save(update_fields=["rank"])
    paid = (
        spend(entry.fan_id, offer.price, f"reward:{entry.pk}", about=f"reward/{row.name}")
        if offer.price
        else None
    )
    Award.objects.create(
        entry=entry,
        offer=row,
        stratum=entry.stratum,
        rank=entry.rank,
        state=AwardState.CLAIMED,
        offered_at=clock.now(),
        decided_at=clock.now(),
        code=_code() if row.method == "window" else None,
        payment_id=paid,
    )


def _win_time(row: Offer, entry: Entry) -> WinTime | None:
    """The oldest moment that has passed and that nobody has had, locked."""
    due = WinTime.objects.select_for_update().filter(offer=row, entry__isnull=True, at__lte=entry.entered_at)
    return due.order_by("at", "number").first()


def _code() -> str:
    return "-".join("".join(secrets.choice(LETTERS) for _letter in range(4)) for _part in range(3))
