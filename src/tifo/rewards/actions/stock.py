"""Places move between free, offered and had; the row's constraints refuse what does not add up."""

from collections.abc import Iterable

from django.db.models import F

from tifo.kernel.public import Refused
from tifo.kernel.public import sentence as _
from tifo.rewards.models import Offer, Stock


class SoldOut(Refused):
    """No place is left."""


def held(offer: Offer, stratum: str) -> Stock:
    """The places of a stratum, locked: whatever happens to its awards waits its turn here."""
    return Stock.objects.select_for_update().get(offer=offer, stratum=stratum)


def hold_all(offers: Iterable[int]) -> None:
    """All places of these offers, locked in one order, for who will touch several or write to the log before: whoever
    held the log's head and then waited for places could wait for somebody who waits for the head."""
    list(Stock.objects.select_for_update().filter(offer_id__in=offers).order_by("pk").values_list("pk"))


def take(offer: Offer, stratum: str, *, to: str) -> None:
    """One free place becomes `pending` or `posted`; SoldOut where none is free. Of many at once exactly as many get
    one as there are."""
    free = Stock.objects.filter(offer=offer, stratum=stratum, available__gt=0)
    if not free.update(**{"available": F("available") - 1, to: F(to) + 1}):
        raise SoldOut(_("no place is left"))


def move(offer: Offer, stratum: str, count: int, *, source: str, to: str) -> None:
    """Move places; the caller holds the row."""
    if count:
        Stock.objects.filter(offer=offer, stratum=stratum).update(
            **{source: F(source) - count, to: F(to) + count}
        )
