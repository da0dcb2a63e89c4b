"""The desk where a question is made: its text, its tree and the builder of clauses stay in step, for all three are
drawn from the same text."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from tifo.audiences import queries
from tifo.audiences.rules.check import resolve
from tifo.audiences.rules.edit import Place, at, join, parts_of, put, swap, turn
from tifo.audiences.rules.explain import node_in_words
from tifo.audiences.rules.parse import read
from tifo.audiences.rules.render import write, write_value
from tifo.audiences.types import And, AudienceError, Clause, Expression, Listed, Node, Not, Or, Text
from tifo.audiences.web.builder import Builder
from tifo.lake.public import words


@dataclass(frozen=True)
class Branch:
    """A node as the screen shows it."""

    place: str
    kind: str
    phrase: str
    text: str
    clause_place: str = ""
    """Where the clause itself stands, for one that is shown with its `not`."""
    branches: tuple["Branch", ...] = ()


@dataclass(frozen=True)
class Marked:
    """The text cut at an error."""

    before: str
    wrong: str
    after: str
    error: AudienceError


@dataclass
class Desk:
    """A question in the making. `opened` is the place whose builder is open, `how` what it will do there."""

    text: str
    builder: Builder | None = None
    error: AudienceError | None = field(default=None, init=False)

    @cached_property
    def expression(self) -> Expression | None:
        """The question, or None while it can't be asked (`error` says why) or is empty."""
        if not self.text.strip():
            return None
        try:
            return queries.parse(self.text)
        except AudienceError as error:
            self.error = error
            return None

    @property
    def marked(self) -> Marked | None:
        """The text around its error."""
        if self.expression is not None or self.error is None:
            return None
        start, end = self.error.position, self.error.position + self.error.length
        return Marked(self.text[:start], self.text[start:end] or " ", self.text[end:], self.error)

    @property
    def tree(self) -> Branch | None:
        """The question as a tree to look at."""
        return self._branch(self.expression.root, ()) if self.expression else None

    def _branch(self, node: Node, place: Place) -> Branch:
        assert self.expression is not None  # noqa: S101
        inner = parts_of(node)
        kind, clause_place = "everyone", ""
        match node:
            case Clause():
                kind, clause_place = "clause", written(place)
            case Not(part=Clause()):
                # one line for a clause and its `not`
                kind, clause_place, inner = "without", written((*place, 0)), ()
            case Not():
                kind = "not"
            case And():
                kind = "all"
            case Or():
                kind = "any"
        return Branch(
            written(place),
            kind,
            node_in_words(node, self.expression, queries.speech),
            write(node),
            clause_place,
            tuple(self._branch(part, (*place, number)) for number, part in enumerate(inner)),
        )


def written(place: Place) -> str:
    """A place as the page sends it: `0.2`; the whole is `top`."""
    return ".".join(map(str, place)) or "top"


def place_of(text: str) -> Place:
    """The place that the page sent."""
    if text in ("", "top"):
        return ()
    steps = text.split(".")
    if len(steps) > 60 or not all(step.isdecimal() and len(step) < 6 for step in steps):
        raise AudienceError(_("this is no place in the question"))
    return tuple(int(step) for step in steps)


def act(desk: Desk, command: str, sent: Mapping[str, str]) -> Desk:
    """The desk after a button was pressed: `not 0.1`, `remove 0.1`, `swap 0`, `open 0.1`, `edit 0.1`, `word`, `close`,
    `and`, `or`, `put`."""
    verb, _space, argument = command.partition(" ")
    match verb:
        case "open":
            return Desk(desk.text, Builder(words(), place=argument))
        case "edit":
            return Desk(desk.text, _filled(desk, argument))
        case "word":
            return Desk(desk.text, Builder.sent(words(), sent, fresh=True))
        case "and" | "or" | "put":
            return _built(desk, verb, Builder.sent(words(), sent))
    if desk.expression is None or verb == "close":
        return Desk(desk.text)
    root = desk.expression.root
    place = place_of(argument)
    changed: Node | None = root
    match verb:
        case "not":
            changed = turn(root, place)
        case "swap":
            changed = swap(root, place)
        case "remove":
            changed = put(root, place, None)
    return Desk(write(changed) if changed is not None else "")


def _built(desk: Desk, verb: str, builder: Builder) -> Desk:
    if desk.text.strip() and desk.expression is None:
        return Desk(desk.text, builder)
    try:
        text = builder.clause_text()
        clause = read(text)
        queries.parse(text)
    except AudienceError as error:
        builder.problem = f"{error.problem}. {error.hint}" if error.hint else error.problem
        return Desk(desk.text, builder)
    if not isinstance(clause, Clause):
        return Desk(desk.text, builder)
    root = desk.expression.root if desk.expression else None
    place = place_of(builder.place)
    if root is None:
        return Desk(write(clause))
    if verb == "put":
        return Desk(write(put(root, place, clause) or clause))
    return Desk(write(join(root, place, "and" if verb == "and" else "or", clause)))


def _filled(desk: Desk, argument: str) -> Builder:
    """The builder with what stands at a place."""
    if desk.expression is None:
        return Builder(words(), place=argument)
    clause = at(desk.expression.root, place_of(argument))
    if not isinstance(clause, Clause):
        return Builder(words(), place=argument)
    word = desk.expression.words[clause.word]
    builder = Builder(words(), place=argument, word=clause.word, editing=True, operator=clause.operator)
    if clause.value is not None:
        builder.value = typed(clause.value)
    given = {declared.name for declared, _value in resolve(clause, word)}
    builder.given = {
        declared.name: typed(value) for declared, value in resolve(clause, word) if declared.name in given
    }
    return builder


def typed(value: object) -> str:
    """A value as it stands in a field of the builder: texts without their quotes."""
    if isinstance(value, Listed):
        return ", ".join(typed(one) for one in value.values)
    if isinstance(value, Text):
        plain = value.value
        return (
            plain
            if plain and "," not in plain and '"' not in plain and plain == plain.strip()
            else write_value(value)
        )
    return write_value(value)  # type: ignore[arg-type]
