"""A question in words, in the language of whoever reads it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from tifo.audiences.rules.check import answer_kind, flag_value, resolve
from tifo.audiences.rules.labels import label, plain
from tifo.audiences.rules.meaning import scalars
from tifo.audiences.rules.render import write_value
from tifo.audiences.types import (
    And,
    Clause,
    Duration,
    Everyone,
    Expression,
    Flag,
    Name,
    Node,
    Not,
    Number,
    Or,
    Phrase,
    RelativeDay,
    Scalar,
    Text,
    Value,
)
from tifo.lake.public import Argument, Attribute, Choice, Kind, Word

MOST_VALUES: Final = 12


@dataclass(frozen=True)
class Speech:
    """gettext and ngettext of one language; the rules themselves know no framework."""

    gettext: Callable[[str], str]
    ngettext: Callable[[str, str, int], str]


def in_words(expression: Expression, speech: Speech) -> Phrase:
    """The whole question: a sentence, and below it one line per clause."""
    return _Speaker(expression, speech).question()


def node_in_words(node: Node, expression: Expression, speech: Speech) -> str:
    """One part of it on one line."""
    return _Speaker(expression, speech).phrase(node).text


class _Speaker:
    def __init__(self, expression: Expression, speech: Speech) -> None:
        self.expression = expression
        self.speech = speech
        self.gettext = speech.gettext
        self.ngettext = speech.ngettext

    def question(self) -> Phrase:
        _ = self.gettext
        root = self.expression.root
        if isinstance(root, Everyone):
            return Phrase(_("All fans"))
        if isinstance(root, And):
            return Phrase(_("Fans for whom all of this holds:"), self.phrases(root.parts))
        if isinstance(root, Or):
            return Phrase(_("Fans for whom at least one of these holds:"), self.phrases(root.parts))
        return Phrase(_("Fans for whom this holds:"), (self.phrase(root),))

    def phrases(self, nodes: Sequence[Node]) -> tuple[Phrase, ...]:
        return tuple(self.phrase(node) for node in nodes)

    def phrase(self, node: Node) -> Phrase:
        _ = self.gettext
        match node:
            case Everyone():
                return Phrase(_("everyone"))
            case Not(part=Clause() | Everyone() as part):
                return Phrase(_("not: %(clause)s") % {"clause": self.phrase(part).text})
            case Not(part=Or(parts=parts)):
                return Phrase(_("none of these:"), self.phrases(parts))
            case Not(part=And(parts=parts)):
                return Phrase(_("not all of these:"), self.phrases(parts))
            case Not():
                return Phrase(_("the contrary of this:"), (self.phrase(node.part),))
            case And():
                return Phrase(_("all of these:"), self.phrases(node.parts))
            case Or():
                return Phrase(_("at least one of these:"), self.phrases(node.parts))
            case Clause():
                return Phrase(self.clause(node))

    def clause(self, clause: Clause) -> str:
        _ = self.gettext
        word = self.expression.words[clause.word]
        term = self.term(clause, word)
        kind = answer_kind(word)
        if kind is Kind.BOOL:
            return term if flag_value(clause) else _("not: %(clause)s") % {"clause": term}
        if clause.value is None:
            return _("%(term)s: at least one") % {"term": term}
        said = {"term": term, "value": self.value(clause.value)}
        if clause.operator in ("in", "not in") and not scalars(clause.value):
            if clause.operator == "in":
                return _("%(term)s is one of no values, which is never so") % said
            return _("%(term)s is known") % said
        if kind in (Kind.DATE, Kind.MOMENT):
            dated = {
                "=": _("%(term)s is on %(value)s"),
                "!=": _("%(term)s is known and not on %(value)s"),
                "<": _("%(term)s is before %(value)s"),
                "<=": _("%(term)s is on or before %(value)s"),
                ">": _("%(term)s is after %(value)s"),
                ">=": _("%(term)s is on or after %(value)s"),
                "in": _("%(term)s is on %(value)s"),
                "not in": _("%(term)s is known and not on %(value)s"),
            }
            return dated[clause.operator] % said
        known_first = isinstance(word, Attribute) or (word.default is None and word.measure != "count")
        compared = {
            "=": _("%(term)s is %(value)s"),
            "!=": _("%(term)s is known and not %(value)s") if known_first else _("%(term)s is not %(value)s"),
            "<": _("%(term)s is less than %(value)s"),
            "<=": _("%(term)s is at most %(value)s"),
            ">": _("%(term)s is more than %(value)s"),
            ">=": _("%(term)s is at least %(value)s"),
            "in": _("%(term)s is %(value)s"),
            "not in": _("%(term)s is known and not %(value)s")
            if known_first
            else _("%(term)s is not %(value)s"),
        }
        return compared[clause.operator] % said

    def term(self, clause: Clause, word: Word) -> str:
        named = label(word.name, self.gettext)
        given = self.arguments(clause, word)
        return f"{named} ({', '.join(given)})" if given else named

    def arguments(self, clause: Clause, word: Word) -> list[str]:
        _ = self.gettext
        made = []
        said = {argument.name for argument in clause.arguments}
        unnamed = sum(1 for argument in clause.arguments if not argument.name)
        for declared, value in resolve(clause, word):
            if isinstance(declared, Choice):
                if declared.name in said or unnamed:
                    made.append(_(plain(value.value)))  # type: ignore[union-attr,arg-type]
                continue
            made.append(self.argument(declared, value))
        return made

    def argument(self, declared: Argument, value: Value) -> str:
        _ = self.gettext
        said = {"name": _(plain(declared.name)), "value": self.value(value)}
        match declared.compare:
            case "within":
                return _("within the last %(value)s") % said
            case "since":
                return _("since %(value)s") % said
            case "before":
                return _("before %(value)s") % said
            case "contains":
                return _("%(name)s contains %(value)s") % said
            case "on_day":
                return said["value"]
        if isinstance(value, Flag):
            return said["name"] if value.value else _("not: %(clause)s") % {"clause": said["name"]}
        if declared.positional:
            return said["value"]
        return _("%(name)s %(value)s") % said

    def value(self, value: Value) -> str:
        _ = self.gettext
        each = [self.scalar(one) for one in scalars(value)]
        if len(each) > MOST_VALUES:
            more = len(each) - MOST_VALUES
            each = [
                *each[:MOST_VALUES],
                self.ngettext("%(count)d more", "%(count)d more", more) % {"count": more},
            ]
        if not each:
            return _("nothing")
        if len(each) == 1:
            return each[0]
        return _("%(first)s or %(last)s") % {"first": ", ".join(each[:-1]), "last": each[-1]}

    def scalar(self, value: Scalar) -> str:
        _ = self.gettext
        match value:
            case Text():
                return _("“%(text)s”") % {"text": value.value}
            case Duration():
                length = self.duration(value)
                return _("%(length)s ago") % {"length": length} if value.ago else length
            case RelativeDay():
                days = {"today": _("today"), "tomorrow": _("tomorrow"), "yesterday": _("yesterday")}
                return days[value.value]
            case Flag():
                return _("yes") if value.value else _("no")
            case Name() | Number():
                return write_value(value)
        return write_value(value)

    def duration(self, value: Duration) -> str:
        ngettext, count = self.ngettext, value.amount
        text = {
            "minutes": lambda: ngettext("%(count)d minute", "%(count)d minutes", count),
            "hours": lambda: ngettext("%(count)d hour", "%(count)d hours", count),
            "days": lambda: ngettext("%(count)d day", "%(count)d days", count),
            "weeks": lambda: ngettext("%(count)d week", "%(count)d weeks", count),
        }[value.unit]()
        return text % {"count": count}
