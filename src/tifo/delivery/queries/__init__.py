"""Reading what delivery knows."""

from tifo.delivery.queries.audit import broken_promises
from tifo.delivery.queries.ledger import (
    counts,
    fans_of_chunk,
    is_suppressed,
    links_of,
    mailing,
    named_by,
    next_due,
    sent_to,
    unsubscribed,
)
from tifo.delivery.queries.sending import (
    may_send_here,
    sending_state,
    server_awaited,
    waiting,
    why_nothing_leaves,
    word_to_type,
)

__all__ = [
    "broken_promises",
    "counts",
    "fans_of_chunk",
    "is_suppressed",
    "links_of",
    "mailing",
    "may_send_here",
    "named_by",
    "next_due",
    "sending_state",
    "sent_to",
    "server_awaited",
    "unsubscribed",
    "waiting",
    "why_nothing_leaves",
    "word_to_type",
]
