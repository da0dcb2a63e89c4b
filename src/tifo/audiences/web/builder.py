"""The builder of one clause: a word, its arguments, a comparison; fields take values without quotes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from django.utils.translation import gettext as _

from tifo.audiences.queries import speech
from tifo.audiences.rules.check import answer_kind, operators, possible
from tifo.audiences.rules.labels import label, plain
from tifo.audiences.rules.render import write_value
from tifo.audiences.types import Text
from tifo.lake.public import Argument, Choice, Kind, Relation, Word

MOST_LISTED: Final = 400
"""Values offered for completion."""


@dataclass(frozen=True)
class Entry:
    """One field: `options` are all that can be, `offered` are for completion."""

    name: str
    label: str
    value: str
    help: str = ""
    options: tuple[str, ...] = ()
    offered: tuple[str, ...] = ()
    placeholder: str = ""
    required: bool = False


def _placeholder(kind: Kind, compare: str = "") -> str:
    if compare == "within":
        return _("30 days")
    return {
        Kind.NUMBER: "1",
        Kind.TEXT: "",
        Kind.BOOL: "true",
        Kind.DATE: "today",
        Kind.MOMENT: "30 days ago",
    }[kind]


@dataclass
class Builder:
    """What the fields hold. `place` is where the clause will stand."""

    words: Mapping[str, Word]
    place: str = "top"
    word: str = ""
    operator: str = ""
    value: str = ""
    given: dict[str, str] = field(default_factory=dict)
    editing: bool = False
    problem: str = ""

    @classmethod
    def sent(cls, words: Mapping[str, Word], sent: Mapping[str, str], *, fresh: bool = False) -> "Builder":
        """The builder as the page sent it; `fresh` after another word was chosen."""
        builder = cls(
            words,
            place=sent.get("place", "top"),
            word=sent.get("word", ""),
            editing=sent.get("editing") == "yes",
        )
        declared = builder.declared
        if declared is not None:
            builder.operator = sent.get("operator", "")
            if builder.operator not in operators(declared):
                builder.operator = builder.comparisons[0][0]
            if not fresh:
                builder.value = sent.get("value", "").strip()
                builder.given = {
                    name.removeprefix("argument-"): value.strip()
                    for name, value in sent.items()
                    if name.startswith("argument-") and value.strip()
                }
        return builder

    @property
    def declared(self) -> Word | None:
        """The word that is chosen."""
        return self.words.get(self.word)

    @property
    def choices(self) -> list[tuple[str, str]]:
        """All words with what they are called, by that name."""
        return sorted(((name, label(name, speech.gettext)) for name in self.words), key=lambda one: one[1])

    @property
    def help(self) -> str:
        """What the word means."""
        return _(str(self.declared.help)) if self.declared and self.declared.help else ""

    @property
    def comparisons(self) -> list[tuple[str, str]]:
        """The comparisons that the word allows, in words; standing alone first."""
        if self.declared is None:
            return []
        kind = answer_kind(self.declared)
        if kind is Kind.BOOL:
            return [("", _("holds"))]
        dated = kind in (Kind.DATE, Kind.MOMENT)
        named = {
            "": _("is at least one"),
            "=": _("is on") if dated else _("is"),
            "!=": _("is known and not on") if dated else _("is known and not"),
            "<": _("is before") if dated else _("is less than"),
            "<=": _("is on or before") if dated else _("is at most"),
            ">": _("is after") if dated else _("is more than"),
            ">=": _("is on or after") if dated else _("is at least"),
            "in": _("is one of"),
            "not in": _("is known and none of"),
        }
        return [(operator, named[operator]) for operator in operators(self.declared)]

    @property
    def compares(self) -> bool:
        """Whether there is anything to compare."""
        return len(self.comparisons) > 1

    @property
    def value_entry(self) -> Entry:
        """The field of the value that is compared with."""
        assert self.declared is not None  # noqa: S101
        kind = answer_kind(self.declared)
        offered = possible(getattr(self.declared, "values", None))[:MOST_LISTED]
        return Entry("value", _("Value"), self.value, offered=offered, placeholder=_placeholder(kind))

    @property
    def entries(self) -> list[Entry]:
        """A field for each argument of the word."""
        if not isinstance(self.declared, Relation):
            return []
        return [self._entry(one) for one in self.declared.arguments]

    def _entry(self, one: Argument | Choice) -> Entry:
        name = f"argument-{one.name}"
        named = _(plain(one.name))
        value = self.given.get(one.name, "")
        help_text = _(str(one.help)) if one.help else ""
        if isinstance(one, Choice):
            return Entry(name, named, value or one.default, help_text, options=tuple(one.options))
        if one.kind is Kind.BOOL:
            return Entry(name, named, value, help_text, options=("", "true", "false"))
        offered = possible(one.values)[:MOST_LISTED]
        if one.compare == "on_day":
            offered = ("today", "tomorrow", "yesterday")
        placeholder = _placeholder(one.kind, one.compare)
        return Entry(name, named, value, help_text, (), offered, placeholder, one.required)

    def clause_text(self) -> str:
        """The clause as text; it is then read and checked as if it had been typed."""
        word = self.declared
        if word is None:
            return self.word
        made = word.name
        if isinstance(word, Relation):
            given = []
            for one in word.arguments:
                value = self.given.get(one.name, "")
                if not value or (isinstance(one, Choice) and value == one.default):
                    continue
                kind = Kind.BOOL if isinstance(one, Choice) else one.kind
                written = _literal(value, kind, isinstance(one, Argument) and one.compare == "eq")
                given.append(f"{one.name}: {written}")
            if len(given) == 1 and given[0].startswith(f"{_first_place(word)}: "):
                given = [given[0].partition(": ")[2]]
            made += f"({', '.join(given)})"
        if self.operator:
            kind = answer_kind(word)
            listed = self.operator in ("in", "not in")
            written = _literal(self.value, kind, listed)
            if listed and not written.startswith("("):
                written = f"({written})"
            made += f" {self.operator} {written}"
        return made


def _first_place(word: Relation) -> str:
    places = [one.name for one in word.arguments if isinstance(one, Argument) and one.positional]
    return places[0] if places else ""


def _literal(value: str, kind: Kind, several: bool) -> str:
    """What was typed into a field as the language writes it. Commas part a list; quotes keep a comma in a text."""
    if kind is not Kind.TEXT or value.startswith('"'):
        if several and "," in value and not value.startswith('"'):
            return f"({value})"
        return value
    if several and "," in value:
        return (
            "(" + ", ".join(write_value(Text(one.strip())) for one in value.split(",") if one.strip()) + ")"
        )
    return write_value(Text(value))
