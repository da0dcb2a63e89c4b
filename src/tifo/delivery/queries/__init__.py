"""Reading what delivery knows."""

from tifo.delivery.queries.ledger import (
    counts,
    is_suppressed,
    links_of,
    mailing,
    named_by,
    next_due,
    sent_to,
    unsubscribed,
)

__all__ = [
    "counts",
    "is_suppressed",
    "links_of",
    "mailing",
    "named_by",
    "next_due",
    "sent_to",
    "unsubscribed",
]
