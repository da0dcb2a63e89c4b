"""What a context says of its columns and words: the lake's registry speaks in these values."""

import enum
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal


class Kind(enum.Enum):
    """The type of a column, an argument or an answer."""

    NUMBER = "number"
    TEXT = "text"
    BOOL = "bool"
    DATE = "date"
    MOMENT = "moment"  # a UTC timestamp


class _Now:
    def __repr__(self) -> str:
        return "NOW"


NOW = _Now()
"""Stands for the moment at which the question is asked."""

Filter = tuple[str, str, object]
"""(column, operator, value): operator one of = != < <= > >= in; value a plain value, a tuple, or NOW."""


@dataclass(frozen=True)
class Column:
    """A column of the lake. `integer` narrows NUMBER to whole numbers."""

    name: str
    kind: Kind
    integer: bool = False


@dataclass(frozen=True)
class LakeTable:
    """A table of the lake and where it comes from.

    `truth`: a SELECT on the truth over a table alias `t` with a column `t.rev`, without WHERE, giving exactly
    `columns` in order; rows changed since a position are asked for by adding `WHERE t.rev > a AND t.rev <= b`.
    `archive`: for tables whose rows lie in immutable Parquet files: given the position reached, the files
    after it in order, each with its own position.
    `edition`: when it gives another number, what the files hold was revised, and all of them are read anew.
    """

    name: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    truth: str = ""
    archive: Callable[[int], Iterable[tuple[int, Path]]] | None = None
    edition: Callable[[], int] | None = None


Values = tuple[str, ...] | Callable[[], Collection[str]] | None
"""The values that make sense, for errors and for completion; None: any."""


@dataclass(frozen=True)
class Argument:
    """A named argument of a relation: it narrows the rows that count.

    compare: eq (column = value), within (column > now - duration), since (column >= moment or date),
    before (column < moment or date), on_day (DATE column = a day, `today` and `tomorrow` too), contains.
    `zone`, for on_day: the column with the time zone whose calendar says what `today` is; without it UTC's does.
    `zones`: the time zones that stand there, None for any.
    """

    name: str
    kind: Kind
    column: str
    compare: Literal["eq", "within", "since", "before", "on_day", "contains"] = "eq"
    values: Values = None
    positional: bool = False
    required: bool = False
    help: str = ""
    zone: str = ""
    zones: Values = None


@dataclass(frozen=True)
class Choice:
    """An argument that names one of several ready filters, e.g. when: upcoming."""

    name: str
    options: dict[str, tuple[Filter, ...]]
    default: str
    help: str = ""


@dataclass(frozen=True)
class Attribute:
    """A word that reads one column of the fan: `language`, `club.member`."""

    name: str
    column: str
    kind: Kind
    table: str = "fan"
    help: str = ""
    values: Values = None
    measure: Literal["value", "present", "age"] = "value"
    """present: is not null; age: whole years since the DATE column, today in UTC."""


@dataclass(frozen=True)
class Relation:
    """A word that asks the rows of another table about a fan: `holds_ticket(venue: "STA")`, `likes("judo")`.

    exists answers yes or no, count a number; max, min, sum the number in column `value`, or `default` where no
    row counts; `distinct` counts distinct values of that column instead of rows.
    """

    name: str
    table: str
    measure: Literal["exists", "count", "max", "min", "sum"]
    value: str = ""
    fixed: tuple[Filter, ...] = ()
    arguments: tuple[Argument | Choice, ...] = ()
    default: float | None = None
    distinct: str = ""
    help: str = ""
    fan_column: str = "fan_id"


Word = Attribute | Relation
