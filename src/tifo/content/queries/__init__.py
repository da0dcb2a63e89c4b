"""Reading: problems, looms and previews, who gets what, the library."""

from tifo.content.queries.coverage import combination_for, coverage, slot_choices
from tifo.content.queries.library import blocks, stored_block, stored_blocks, versions
from tifo.content.queries.problems import check, check_block, when_problems
from tifo.content.queries.seeing import block_seen_as, fan_choices, found_fans, is_per_ticket, seen_as
from tifo.content.queries.weaving import loom, mailing_look, personal_of, preview, sample_personal

__all__ = [
    "block_seen_as",
    "blocks",
    "check",
    "check_block",
    "combination_for",
    "coverage",
    "fan_choices",
    "found_fans",
    "is_per_ticket",
    "loom",
    "mailing_look",
    "personal_of",
    "preview",
    "sample_personal",
    "seen_as",
    "slot_choices",
    "stored_block",
    "stored_blocks",
    "versions",
    "when_problems",
]
