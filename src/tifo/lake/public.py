"""The door of the lake."""

from tifo.lake.rules import declare, publish_table, tables, words
from tifo.lake.types import NOW, Argument, Attribute, Choice, Column, Filter, Kind, LakeTable, Relation, Word

__all__ = [
    "NOW",
    "Argument",
    "Attribute",
    "Choice",
    "Column",
    "Filter",
    "Kind",
    "LakeTable",
    "Relation",
    "Word",
    "declare",
    "publish_table",
    "tables",
    "words",
]
