"""The door of content."""

from tifo.content.queries import check, combination_for, coverage, loom, slot_choices
from tifo.content.rules.compose import (
    fingerprint,
    from_plain,
    languages,
    links,
    served_language,
    to_plain,
)
from tifo.content.rules.loom import Loom
from tifo.content.types import (
    Block,
    Combination,
    Composition,
    Coverage,
    Link,
    MailingLook,
    Personal,
    Problem,
    Share,
    Slot,
    SlotChoice,
    Woven,
)

__all__ = [
    "Block",
    "Combination",
    "Composition",
    "Coverage",
    "Link",
    "Loom",
    "MailingLook",
    "Personal",
    "Problem",
    "Share",
    "Slot",
    "SlotChoice",
    "Woven",
    "check",
    "combination_for",
    "coverage",
    "fingerprint",
    "from_plain",
    "languages",
    "links",
    "loom",
    "served_language",
    "slot_choices",
    "to_plain",
]
