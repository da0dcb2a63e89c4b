"""The tables and words that contexts declared at their import."""

from collections.abc import Mapping
from types import MappingProxyType

from tifo.lake.types import LakeTable, Word

_tables: dict[str, LakeTable] = {}
_words: dict[str, Word] = {}


def publish_table(table: LakeTable) -> LakeTable:
    """Say that `table` is copied to the lake. A second table of the same name is a mistake in the code."""
    if _tables.setdefault(table.name, table) is not table:
        raise ValueError(f"lake table {table.name!r} is published twice")
    return table


def declare(word: Word) -> Word:
    """Add a word to the language of audiences."""
    if _words.setdefault(word.name, word) is not word:
        raise ValueError(f"audience word {word.name!r} is declared twice")
    return word


def tables() -> Mapping[str, LakeTable]:
    """Every published table by name."""
    return MappingProxyType(_tables)


def words() -> Mapping[str, Word]:
    """Every word of the language by name."""
    return MappingProxyType(_words)
