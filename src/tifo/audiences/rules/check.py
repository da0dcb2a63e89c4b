"""Is the question one that can be asked? Each word known, each value of its type, nothing impossible."""

from collections.abc import Collection, Mapping
from difflib import get_close_matches
from typing import Final

from tifo.audiences.rules.parse import EVERYONE
from tifo.audiences.rules.render import write, write_value
from tifo.audiences.types import (
    And,
    AudienceError,
    Clause,
    Day,
    Duration,
    Expression,
    Flag,
    Given,
    Listed,
    Moment,
    Name,
    Node,
    Not,
    Number,
    Operator,
    Or,
    RelativeDay,
    Scalar,
    Span,
    Text,
    Value,
)
from tifo.kernel.public import Said
from tifo.kernel.public import sentence as _
from tifo.lake.public import Argument, Attribute, Choice, Kind, Relation, Word

ORDERED: Final = (Kind.NUMBER, Kind.DATE, Kind.MOMENT)
SHOWN_VALUES: Final = 12

_ACCEPTED: Final[dict[Kind, tuple[type, ...]]] = {
    Kind.NUMBER: (Number,),
    Kind.TEXT: (Text,),
    Kind.BOOL: (Flag,),
    Kind.DATE: (Day, RelativeDay, Duration),
    Kind.MOMENT: (Day, RelativeDay, Moment, Duration),
}
_EXAMPLE: Final = {
    Kind.NUMBER: _("a number, such as 18"),
    Kind.TEXT: _('a text in double quotes, such as "fr"'),
    Kind.BOOL: _("true or false"),
    Kind.DATE: _("a day, such as 2024-07-27, today or 30 days ago"),
    Kind.MOMENT: _("a day or a moment, such as 2024-07-27, 2024-07-27T18:30 or 30 days ago"),
}


def answer_kind(word: Word) -> Kind:
    """The type of what a word answers."""
    if isinstance(word, Attribute):
        return {"present": Kind.BOOL, "age": Kind.NUMBER, "value": word.kind}[word.measure]
    return Kind.BOOL if word.measure == "exists" else Kind.NUMBER


def stands_alone(word: Word) -> bool:
    """Whether the word needs no comparison: yes-or-no words, and counts (more than none)."""
    return answer_kind(word) is Kind.BOOL or (isinstance(word, Relation) and word.measure == "count")


def operators(word: Word) -> tuple[Operator, ...]:
    """The comparisons that make sense with a word."""
    kind = answer_kind(word)
    if kind is Kind.BOOL:
        return ("", "=", "!=")
    alone: tuple[Operator, ...] = ("",) if stands_alone(word) else ()
    if kind in ORDERED:
        return (*alone, "=", "!=", "<", "<=", ">", ">=", "in", "not in")
    return (*alone, "=", "!=", "in", "not in")


def possible(values: tuple[str, ...] | object) -> tuple[str, ...]:
    """The values that a declaration allows; empty: any."""
    if values is None:
        return ()
    found: Collection[str] = values() if callable(values) else values  # type: ignore[assignment]
    return tuple(sorted(found)) if isinstance(found, set | frozenset) else tuple(found)


def resolve(clause: Clause, word: Word) -> tuple[tuple[Argument | Choice, Value], ...]:
    """The arguments of a checked clause with their declarations, in declared order.

    A choice that is not made stands with its default.
    """
    if isinstance(word, Attribute):
        return ()
    places = iter(_places(word))
    given: dict[str, Value] = {}
    for argument in clause.arguments:
        given[argument.name or next(places).name] = argument.value
    return tuple(
        (declared, given[declared.name] if declared.name in given else Name(declared.default))  # type: ignore[union-attr]
        for declared in word.arguments
        if declared.name in given or isinstance(declared, Choice)
    )


def check(text: str, root: Node, words: Mapping[str, Word]) -> Expression:
    """The question with the words it speaks of; AudienceError where it can't be asked."""
    checker = _Checker(text, words)
    checker.node(root)
    return Expression(text, root, checker.used)


def _places(word: Relation) -> list[Argument | Choice]:
    """The arguments that may stand without their name, in order: those declared so, then the choices."""
    return [
        *(one for one in word.arguments if isinstance(one, Argument) and one.positional),
        *(one for one in word.arguments if isinstance(one, Choice)),
    ]


def near(wrong: str, right: Collection[str]) -> str:
    """A hint that names the nearest, or all when they are few."""
    folded = {one.casefold(): one for one in right}
    if found := get_close_matches(wrong.casefold(), list(folded), n=1, cutoff=0.6):
        return _("did you mean %(near)s?", near=folded[found[0]])
    if not right:
        return ""
    shown = ", ".join(sorted(right)[:SHOWN_VALUES])
    if len(right) > SHOWN_VALUES:
        return _("known: %(shown)s … (%(all)s in all)", shown=shown, all=len(right))
    return _("known: %(shown)s", shown=shown)


def _no_place(word: Relation, free: Collection[str]) -> Said:
    """The mend for a value too many; `free` are the arguments that wait for one."""
    if free:
        return _("write the name before it: %(names)s", names=", ".join(f"{name}: …" for name in free))
    if not word.arguments:
        return _("%(word)s takes no arguments", word=word.name)
    return _(
        "it has all its arguments already: %(names)s", names=", ".join(one.name for one in word.arguments)
    )


class _Checker:
    def __init__(self, text: str, words: Mapping[str, Word]) -> None:
        self.text = text
        self.words = words
        self.used: dict[str, Word] = {}
        self._possible: dict[int, tuple[str, ...]] = {}

    def wrong(self, problem: str, span: Span, hint: str = "") -> AudienceError:
        return AudienceError(problem, text=self.text, span=span, hint=hint)

    def node(self, node: Node) -> None:
        match node:
            case Not():
                self.node(node.part)
            case And() | Or():
                for part in node.parts:
                    self.node(part)
            case Clause():
                self.clause(node)

    def clause(self, clause: Clause) -> None:
        word = self.words.get(clause.word)
        if word is None:
            if clause.word == EVERYONE:
                raise self.wrong(_("everyone needs its brackets"), clause.word_span, _("write everyone()"))
            raise self.wrong(
                _("%(word)s is not a known word", word=clause.word),
                clause.word_span,
                near(clause.word, [*self.words, f"{EVERYONE}()"]),
            )
        self.used[word.name] = word
        if isinstance(word, Attribute):
            if clause.called:
                raise self.wrong(
                    _("%(word)s takes no arguments", word=word.name),
                    clause.span,
                    _("write %(word)s without brackets", word=word.name),
                )
        else:
            self.arguments(clause, word)
        self.comparison(clause, word)

    # -- arguments

    def arguments(self, clause: Clause, word: Relation) -> None:
        if not clause.called:
            example = f"{word.name}()"
            raise self.wrong(
                _("%(name)s needs its brackets", name=word.name),
                clause.word_span,
                _("write %(example)s", example=example),
            )
        declared = {one.name: one for one in word.arguments}
        places = _places(word)
        seen: set[str] = set()
        named = False
        for given in clause.arguments:
            if given.name:
                named = True
                if given.name not in declared:
                    hint = near(given.name, list(declared)) or _(
                        "write %(example)s", example=f"{word.name}()"
                    )
                    raise self.wrong(
                        _("%(word)s has no argument %(name)s", word=word.name, name=given.name),
                        given.span,
                        hint,
                    )
                argument = declared[given.name]
            elif named:
                raise self.wrong(
                    _("this value stands after a named one"),
                    given.span,
                    _("put it first, or write its name before it"),
                )
            elif len(seen) >= len(places):
                hint = _no_place(word, [name for name in declared if name not in seen])
                raise self.wrong(_("%(name)s has no place for this value", name=word.name), given.span, hint)
            else:
                argument = places[len(seen)]
            if argument.name in seen:
                raise self.wrong(
                    _("%(name)s is given twice", name=argument.name), given.span, _("keep one of them")
                )
            seen.add(argument.name)
            self.argument(given, argument)
        for one in word.arguments:
            if isinstance(one, Argument) and one.required and one.name not in seen:
                example = f'"{possible(one.values)[0]}"' if possible(one.values) else "…"
                written = example if one.positional else f"{one.name}: {example}"
                raise self.wrong(
                    _("%(word)s needs %(name)s", word=word.name, name=one.name),
                    clause.span,
                    _("write %(example)s", example=f"{word.name}({written})"),
                )

    def argument(self, given: Given, argument: Argument | Choice) -> None:
        value = given.value
        span = given.span
        if isinstance(argument, Choice):
            if not isinstance(value, Name | Text):
                raise self.wrong(
                    _("%(name)s is one of several names", name=argument.name),
                    span,
                    near("", argument.options),
                )
            if value.value not in argument.options:
                raise self.wrong(
                    _("%(name)s can't be %(value)s", name=argument.name, value=value.value),
                    value.span,
                    near(value.value, argument.options),
                )
            return
        if argument.compare == "within":
            if not isinstance(value, Duration) or value.ago:
                raise self.wrong(
                    _("%(name)s needs a length of time", name=argument.name),
                    span,
                    _("such as 30 days or 6 hours"),
                )
            return
        kind = argument.kind
        if argument.compare in ("since", "before") and kind is not Kind.DATE:
            kind = Kind.MOMENT
        if argument.compare == "on_day":
            kind = Kind.DATE
        several = argument.compare == "eq" and kind in (Kind.NUMBER, Kind.TEXT, Kind.DATE)
        if isinstance(value, Listed):
            if not several:
                raise self.wrong(_("%(name)s takes one value", name=argument.name), span, _EXAMPLE[kind])
            for one in value.values:
                self.scalar(one, kind, argument.name, argument.values)
            return
        self.scalar(value, kind, argument.name, argument.values)

    # -- comparison

    def comparison(self, clause: Clause, word: Word) -> None:
        kind = answer_kind(word)
        term = write(Clause(clause.word, clause.arguments, called=clause.called))
        if clause.value is None:
            if not stands_alone(word):
                raise self.wrong(
                    _("%(name)s is not a yes-or-no word", name=word.name),
                    clause.span,
                    _("compare it with %(example)s", example=_EXAMPLE[kind]),
                )
            return
        allowed = operators(word)
        if clause.operator not in allowed:
            hint = (
                _("write %(term)s or not %(term)s", term=term)
                if kind is Kind.BOOL
                else _("use %(signs)s", signs=", ".join(o for o in allowed if o))
            )
            raise self.wrong(
                _("%(name)s can't be compared with %(operator)s", name=word.name, operator=clause.operator),
                clause.span,
                hint,
            )
        values = word.values if isinstance(word, Attribute) else None
        if isinstance(clause.value, Listed):
            for one in clause.value.values:
                self.scalar(one, kind, word.name, values)
            return
        self.scalar(clause.value, kind, word.name, values)

    def scalar(self, value: Scalar, kind: Kind, name: str, values: object) -> None:
        span = value.span
        if not isinstance(value, _ACCEPTED[kind]):
            hint = _("expected %(awaited)s", awaited=_EXAMPLE[kind])
            if isinstance(value, Name) and kind is Kind.TEXT:
                hint = _('texts stand in double quotes: "%(text)s"', text=value.value)
            raise self.wrong(
                _("%(value)s doesn't fit %(name)s", value=write_value(value), name=name), span, hint
            )
        if isinstance(value, Duration):
            if not value.ago:
                raise self.wrong(
                    _("%(value)s is a length of time", value=write_value(value)),
                    span,
                    _("write %(value)s ago", value=write_value(value)),
                )
            if kind is Kind.DATE and value.unit not in ("days", "weeks"):
                raise self.wrong(_("%(name)s is a day", name=name), span, _("count in days or weeks"))
        if isinstance(value, Text) and (allowed := self.possible(values)) and value.value not in allowed:
            raise self.wrong(
                _("%(name)s can't be %(value)s", name=name, value=write_value(value)),
                span,
                near(value.value, allowed),
            )

    def possible(self, values: object) -> tuple[str, ...]:
        if id(values) not in self._possible:
            self._possible[id(values)] = possible(values)
        return self._possible[id(values)]


def flag_value(clause: Clause) -> bool:
    """What a yes-or-no clause wants the answer to be."""
    if not isinstance(clause.value, Flag):
        return True
    return clause.value.value == (clause.operator == "=")
