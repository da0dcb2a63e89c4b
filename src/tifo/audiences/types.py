"""The values of the language of audiences: its syntax tree, its error, its answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final, Literal

import pyarrow as pa

from tifo.kernel.public import Refused, Said
from tifo.kernel.public import sentence as _
from tifo.lake.public import Word

LONGEST: Final = 10_000
"""Characters that a question may have."""
DEEPEST: Final = 50
"""How deep and, or and not may stand in each other."""
MOST_CLAUSES: Final = 200
"""Clauses that a question may have."""


@dataclass(frozen=True)
class Span:
    """Where something stands in the text: characters from its beginning, the end not included."""

    start: int
    end: int


NOWHERE: Final = Span(0, 0)


class AudienceError(Refused):
    """A question that can't be asked. `line` and `column` count from 1, `length` in characters.

    `position` is the same place counted from 0 over the whole text; `hint` says the mend, or is empty.
    """

    def __init__(self, problem: str, *, text: str = "", span: Span = NOWHERE, hint: str = "") -> None:
        before = text[: span.start]
        self._problem, self._hint = problem, hint
        self.position = span.start
        self.line = before.count("\n") + 1
        self.column = span.start - (before.rfind("\n") + 1) + 1
        self.length = max(span.end - span.start, 1)
        place = _("column %(column)s", column=self.column)
        if "\n" in text:
            place = _("line %(line)s, column %(column)s", line=self.line, column=self.column)
        wrong = _("%(place)s: %(problem)s", place=place, problem=problem)
        super().__init__(_("%(wrong)s; %(mend)s", wrong=wrong, mend=hint) if hint else wrong)

    @property
    def problem(self) -> str:
        """What is wrong, in the reader's language."""
        return self._problem.translated() if isinstance(self._problem, Said) else self._problem

    @property
    def hint(self) -> str:
        """The mend, in the reader's language."""
        return self._hint.translated() if isinstance(self._hint, Said) else self._hint


@dataclass(frozen=True)
class Text:
    """A text in double quotes."""

    value: str
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True)
class Number:
    """A number of at most 15 digits."""

    value: int | float
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True)
class Flag:
    """true or false."""

    value: bool
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True)
class Name:
    """A bare name where a word lets one choose: `when: upcoming`."""

    value: str
    span: Span = field(default=NOWHERE, compare=False, repr=False)


Unit = Literal["minutes", "hours", "days", "weeks"]


@dataclass(frozen=True)
class Duration:
    """A length of time: `30 days`; with `ago`, the moment that long before now."""

    amount: int
    unit: Unit
    ago: bool = False
    span: Span = field(default=NOWHERE, compare=False, repr=False)

    @property
    def delta(self) -> timedelta:
        """The length of time itself."""
        return timedelta(**{self.unit: self.amount})


@dataclass(frozen=True)
class Day:
    """A day of the calendar: 2024-07-27."""

    value: date
    span: Span = field(default=NOWHERE, compare=False, repr=False)


RELATIVE_DAYS: Final = {"yesterday": -1, "today": 0, "tomorrow": 1}


@dataclass(frozen=True)
class RelativeDay:
    """today, tomorrow or yesterday, by the calendar of UTC."""

    value: Literal["today", "tomorrow", "yesterday"]
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True)
class Moment:
    """A minute in UTC: 2024-07-27T18:30."""

    value: datetime
    span: Span = field(default=NOWHERE, compare=False, repr=False)


Scalar = Text | Number | Flag | Name | Duration | Day | RelativeDay | Moment


@dataclass(frozen=True)
class Listed:
    """Several values in parentheses; may be empty."""

    values: tuple[Scalar, ...]
    span: Span = field(default=NOWHERE, compare=False, repr=False)


Value = Scalar | Listed


@dataclass(frozen=True)
class Given:
    """An argument of a word. Its name is empty only until it is checked."""

    name: str
    value: Value
    span: Span = field(default=NOWHERE, compare=False, repr=False)


Operator = Literal["", "=", "!=", "<", "<=", ">", ">=", "in", "not in"]
"""Empty: the word stands alone and answers yes or no."""


@dataclass(frozen=True)
class Clause:
    """One thing asked of a fan: a word, its arguments, and what its answer is compared with."""

    word: str
    arguments: tuple[Given, ...] = ()
    operator: Operator = ""
    value: Value | None = None
    called: bool = False
    """Written with parentheses."""
    span: Span = field(default=NOWHERE, compare=False, repr=False)
    word_span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True)
class Everyone:
    """`everyone()`: all fans who are not erased."""

    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True)
class Not:
    """The contrary of `part`."""

    part: "Node"
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True)
class And:
    """All of two parts or more."""

    parts: tuple["Node", ...]
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True)
class Or:
    """At least one of two parts or more."""

    parts: tuple["Node", ...]
    span: Span = field(default=NOWHERE, compare=False, repr=False)


Node = And | Or | Not | Clause | Everyone


@dataclass(frozen=True)
class Expression:
    """A checked question: `root` speaks only of `words`, and each value fits its word."""

    text: str
    root: Node
    words: Mapping[str, Word] = field(compare=False, repr=False)


@dataclass(frozen=True)
class Statement:
    """One parameterised SQL statement (named parameters)."""

    sql: str
    params: dict[str, object]


@dataclass(frozen=True)
class Condition:
    """A boolean SQL expression over an alias of the lake's table `fan`; never NULL.

    Parameters are named after their values: those of several conditions may be put together.
    """

    sql: str
    params: dict[str, object]


@dataclass(frozen=True)
class Count:
    """How many fans, in the lake as of `as_of` (None: the lake is still empty)."""

    count: int
    as_of: datetime | None


@dataclass(frozen=True)
class Sizes:
    """How many of the fans per language (None: unknown) and per channel ("email", "sms", "none")."""

    total: int
    by_language: dict[str | None, int]
    by_channel: dict[str, int]
    as_of: datetime | None


@dataclass(frozen=True)
class Sampled:
    """A fan shown as an example: no name, no address."""

    fan_id: int
    language: str | None
    country: str | None


@dataclass(frozen=True)
class Frozen:
    """An audience as it was: SHA-256 over the ids in order (8 bytes each, little-endian).

    `fans` has the one column fan_id (int64), in order.
    """

    text: str
    count: int
    hash: str
    as_of: datetime | None
    fans: pa.Table = field(compare=False, repr=False)


@dataclass(frozen=True)
class Phrase:
    """A line of an explanation in words, and the lines below it."""

    text: str
    parts: tuple["Phrase", ...] = ()

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def lines(self, depth: int = 0) -> list[str]:
        """The phrase as indented lines."""
        return [
            ("  " * (depth - 1) + "- " if depth else "") + self.text,
            *(line for part in self.parts for line in part.lines(depth + 1)),
        ]


@dataclass(frozen=True)
class Reason:
    """Whether one part of a question holds for a fan, and what was found."""

    text: str
    phrase: str
    holds: bool
    found: object = None
    parts: tuple["Reason", ...] = ()


@dataclass(frozen=True)
class Explanation:
    """Why a fan is in or out. `note` says what stands above the question (unknown here, erased)."""

    fan_id: int
    inside: bool
    reason: Reason
    note: str = ""
    as_of: datetime | None = None


@dataclass(frozen=True)
class SavedAudience:
    """A question kept under a name. `made_by` is the id of who made it, None when she is gone."""

    id: int
    name: str
    text: str
    note: str
    made_by: int | None
    made_at: datetime
    changed_at: datetime
