"""What can be asked of rewards."""

from tifo.rewards.queries.audit import broken_promises
from tifo.rewards.queries.doubts import doubts, entered_at, ruled_out, taking_part
from tifo.rewards.queries.jury import answers_to_read
from tifo.rewards.queries.offers import (
    awards,
    definition_of,
    facts_of,
    mine,
    offer,
    offer_row,
    offers,
    open_offers,
    said,
    stock,
    view_of,
)
from tifo.rewards.queries.proof import log_lines, receipt, transcript, transcript_lines

__all__ = [
    "answers_to_read",
    "awards",
    "broken_promises",
    "definition_of",
    "doubts",
    "entered_at",
    "facts_of",
    "log_lines",
    "mine",
    "offer",
    "offer_row",
    "offers",
    "open_offers",
    "receipt",
    "ruled_out",
    "said",
    "stock",
    "taking_part",
    "transcript",
    "transcript_lines",
    "view_of",
]
