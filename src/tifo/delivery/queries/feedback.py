"""Reading what came back."""

from collections.abc import Iterable, Mapping

from django.db.models import Count

from tifo.delivery.models import Feedback, InboundCount, Suppression
from tifo.delivery.types import FeedbackLine, Returned


def returned(mailing_ids: Iterable[int]) -> Mapping[int, Returned]:
    """What came back of each of these mailings; all of them are there."""
    wanted = list(mailing_ids)
    sums: dict[int, dict[str, int]] = {number: {} for number in wanted}
    rows = Feedback.objects.filter(mailing_id__in=wanted).values_list("mailing_id", "kind")
    for number, kind, count in rows.annotate(Count("message_id", distinct=True)).order_by():
        if number is not None:
            sums[number][kind] = count
    taken = Feedback.objects.filter(mailing_id__in=wanted, kind__in=("hard", "soft", "blocked")).exclude(
        source="dialogue"
    )
    many = Count("message_id", distinct=True)
    back = dict(taken.values("mailing_id").annotate(many=many).order_by().values_list("mailing_id", "many"))
    return {
        number: Returned(
            of.get("hard", 0),
            of.get("soft", 0),
            of.get("blocked", 0),
            of.get("complaint", 0),
            of.get("stop", 0),
            back.get(number, 0),
        )
        for number, of in sums.items()
    }


def heard_of(fan_id: int, limit: int = 50) -> list[FeedbackLine]:
    """What came back about a fan's messages, newest first."""
    rows = Feedback.objects.filter(fan_id=fan_id).order_by("-heard_at", "-pk")[:limit]
    return [
        FeedbackLine(
            row.mailing_id, row.message_id, row.kind, row.status, row.diagnostic, row.source, row.heard_at
        )
        for row in rows
    ]


def suppressed_for(destination_key: bytes, *, channel: str = "email") -> str:
    """Why nothing is sent to this address: bounced, complained or asked; empty where it may be."""
    row = Suppression.objects.filter(destination_key=destination_key, channel=channel).first()
    return row.reason if row is not None else ""


def inbound_counts() -> Mapping[tuple[str, str], int]:
    """How many reports came, by source and what became of them."""
    counted: dict[tuple[str, str], int] = {}
    for source, outcome, count in InboundCount.objects.values_list("source", "outcome", "count"):
        counted[source, outcome] = counted.get((source, outcome), 0) + count
    return counted
