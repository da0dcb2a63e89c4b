"""Messages that rest as unknown: nobody knows yet whether the relay has them."""

from collections.abc import Sequence

from tifo.delivery.models import Mailing, Message
from tifo.delivery.types import Doubt
from tifo.fans.public import fans


def doubts_count() -> int:
    """How many messages rest in doubt."""
    return Message.objects.filter(state="unknown").count()


def doubts(*, after: int = 0, limit: int = 100, only: Sequence[int] = ()) -> list[Doubt]:
    """Those in doubt with numbers above `after`, in order, without names."""
    rows = Message.objects.filter(state="unknown", pk__gt=after).order_by("pk")
    rows = (rows.filter(pk__in=list(only)) if only else rows)[:limit]
    found = list(rows)
    labels = dict(Mailing.objects.filter(pk__in={row.mailing_id for row in found}).values_list("pk", "label"))
    return [
        Doubt(row.pk, row.mailing_id, labels.get(row.mailing_id, ""), row.fan_id, row.reason, row.at)
        for row in found
    ]


def names_of_doubts(listed: Sequence[Doubt]) -> dict[int, str]:
    """How the fans in these are called, by fan; for those who may see names."""
    found = fans([one.fan_id for one in listed])
    names = {}
    for fan_id, fan in found.items():
        name = f"{fan.first_name or ''} {fan.last_name or ''}".strip()
        names[fan_id] = name or fan.email or ""
    return names
