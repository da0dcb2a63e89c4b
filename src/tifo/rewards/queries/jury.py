"""Answers for a jury: what is said, never by whom."""

from tifo.rewards.models import Entry, Reading
from tifo.rewards.queries.offers import offer_row
from tifo.rewards.types import Answer


def answers_to_read(name: str, reader_id: int, *, limit: int = 20) -> list[Answer]:
    """Answers that she has not marked yet, those with the fewest readers first."""
    row = offer_row(name)
    hers = Reading.objects.filter(reader_id=reader_id, entry__offer=row).values("entry_id")
    waiting = Entry.objects.filter(offer=row, leaf_index__isnull=False).exclude(pk__in=hers)
    return [Answer(entry.pk, entry.answer) for entry in waiting.order_by("leaf_index")[:limit]]
