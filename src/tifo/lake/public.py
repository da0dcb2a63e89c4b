"""The door of the lake."""

from tifo.lake.actions import rebuild, refresh
from tifo.lake.ports import Generation, Reader
from tifo.lake.queries import current_generation, looking, reading
from tifo.lake.rules import declare, publish_table, tables, words
from tifo.lake.types import (
    NOW,
    Argument,
    Attribute,
    Choice,
    Column,
    Filter,
    Kind,
    LakeTable,
    Relation,
    Values,
    Word,
)

__all__ = [
    "NOW",
    "Argument",
    "Attribute",
    "Choice",
    "Column",
    "Filter",
    "Generation",
    "Kind",
    "LakeTable",
    "Reader",
    "Relation",
    "Values",
    "Word",
    "current_generation",
    "declare",
    "looking",
    "publish_table",
    "reading",
    "rebuild",
    "refresh",
    "tables",
    "words",
]
