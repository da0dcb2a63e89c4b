"""Whom somebody should look at before anything scarce is given; nothing follows from it by itself."""

from collections.abc import Collection
from datetime import datetime

from tifo.fans.public import look_alikes
from tifo.points.public import hasty
from tifo.rewards.models import Award, Entry
from tifo.rewards.queries.offers import offer_row
from tifo.rewards.types import REVIEWED, AwardState, Doubt, RuledOut


def doubts(name: str) -> list[Doubt]:
    """Among those who have a place, or among all entries while nobody has: who may be one person under several
    addresses, and who earned faster than people do."""
    row = offer_row(name)
    holders = Award.objects.filter(offer=row).exclude(state=AwardState.FORFEITED)
    ids = list(holders.values_list("entry__fan_id", flat=True))
    ids = ids or list(Entry.objects.filter(offer=row, reason="").values_list("fan_id", flat=True))
    alike = [Doubt(one.because, one.fan_ids) for one in look_alikes(ids)]
    return alike + [Doubt("hasty", (fan_id,), most) for fan_id, most in hasty(ids).items()]


def ruled_out(name: str) -> list[RuledOut]:
    """Entries that a person took out."""
    rows = Entry.objects.filter(offer=offer_row(name), reason__in=REVIEWED).order_by("reason", "fan_id")
    return [RuledOut(fan_id, reason) for fan_id, reason in rows.values_list("fan_id", "reason")]


def taking_part(name: str) -> int:
    """How many entries nobody took out or back."""
    return Entry.objects.filter(offer=offer_row(name), reason="").count()


def entered_at(name: str, fan_ids: Collection[int]) -> dict[int, datetime]:
    """When these entered."""
    rows = Entry.objects.filter(offer=offer_row(name), fan_id__in=fan_ids)
    return dict(rows.values_list("fan_id", "entered_at"))
