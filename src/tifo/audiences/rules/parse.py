"""Text to syntax tree. Nothing here knows which words exist."""

import re
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final, cast

from lark import Lark, Token, Transformer
from lark.exceptions import UnexpectedCharacters, UnexpectedEOF, UnexpectedInput, UnexpectedToken, VisitError

from tifo.audiences.types import (
    DEEPEST,
    LONGEST,
    MOST_CLAUSES,
    And,
    AudienceError,
    Clause,
    Day,
    Duration,
    Everyone,
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
    Unit,
    Value,
)
from tifo.kernel.public import Said
from tifo.kernel.public import sentence as _

EVERYONE: Final = "everyone"
EMPTY: Final = _("an empty question selects nobody")
EMPTY_HINT: Final = _("write everyone() to ask for all")
LONGEST_DURATION_DAYS: Final = 36_500

_UNITS: Final[dict[str, Unit]] = {
    **dict.fromkeys(("minute", "minutes"), "minutes"),
    **dict.fromkeys(("hour", "hours"), "hours"),
    **dict.fromkeys(("day", "days"), "days"),
    **dict.fromkeys(("week", "weeks"), "weeks"),
}
_ESCAPE: Final = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_PLAIN_ESCAPES: Final = {
    '"': '"',
    "\\": "\\",
    "/": "/",
    "n": "\n",
    "t": "\t",
    "r": "\r",
    "b": "\b",
    "f": "\f",
}
A_WORD: Final = _("a word")
_EXPECTED: Final = {
    "NAME": A_WORD,
    "STRING": _('a text in double quotes, such as "fr"'),
    "NUMBER": _("a number"),
    "COMPARISON": _("a comparison such as = or >="),
    "_AND": _("the word and"),
    "_OR": _("the word or"),
    "RPAR": _("a closing )"),
    "LPAR": _("an opening ("),
    "COMMA": _("a comma"),
    "COLON": _("a colon"),
}
_SPELLINGS: Final = {
    "&": _("write %(right)s", right="and"),
    "|": _("write %(right)s", right="or"),
    "!": _("write not, or != to compare"),
    "'": _('texts stand in double quotes: "%(text)s"', text="fr"),
    **dict.fromkeys("“”«", _('texts stand in straight quotes: "fr"')),
    **dict.fromkeys("[{", _("lists stand in round brackets: (1, 2)")),
    "%": _("write a share as 0.6"),
    "≥": _("write %(right)s", right=">="),
    "≤": _("write %(right)s", right="<="),
    "≠": _("write %(right)s", right="!="),
}


class _Problem(Exception):  # noqa: N818  carries a place until the text is known
    def __init__(self, problem: str, span: Span, hint: str = "") -> None:
        super().__init__(problem)
        self.problem, self.span, self.hint = problem, span, hint


def _span(token: Token) -> Span:
    return Span(cast(int, token.start_pos), cast(int, token.end_pos))


def _cover(first: Any, last: Any) -> Span:
    start = _span(first) if isinstance(first, Token) else first.span
    end = _span(last) if isinstance(last, Token) else last.span
    return Span(start.start, end.end)


def unescape(token: Token) -> str:
    """The text that a quoted token stands for."""

    def plain(match: re.Match[str]) -> str:
        code = match[1]
        if code[0] == "u" and len(code) == 5:
            return chr(int(code[1:], 16))
        if code not in _PLAIN_ESCAPES:
            raise _Problem(
                _("\\%(code)s means nothing here", code=code),
                _span(token),
                _('write \\" or \\\\, \\n, \\t, \\u00e9'),
            )
        return _PLAIN_ESCAPES[code]

    text = _ESCAPE.sub(plain, token[1:-1])
    # Two \u halves of one sign become the sign, as in JSON; half a sign stays an error.
    try:
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le")
    except UnicodeDecodeError:
        raise _Problem(_("half a sign stands in this text"), _span(token), _("take the \\u away")) from None
    if "\x00" in text:
        raise _Problem(_("a text can't hold the sign of number 0"), _span(token), _("take it away"))
    return text


class _Tree(Transformer[Token, Node]):
    """Builds the syntax tree while the text is read, so that no depth of nesting can exhaust the stack."""

    def start(self, parts: list[Any]) -> Node:
        return cast(Node, parts[0])

    def either(self, parts: list[Any]) -> Node:
        return parts[0] if len(parts) == 1 else Or(tuple(parts), _cover(parts[0], parts[-1]))

    def both(self, parts: list[Any]) -> Node:
        return parts[0] if len(parts) == 1 else And(tuple(parts), _cover(parts[0], parts[-1]))

    def negation(self, parts: list[Any]) -> Node:
        return Not(parts[1], _cover(parts[0], parts[1]))

    def grouped(self, parts: list[Any]) -> Node:
        return cast(Node, parts[1])

    def bare(self, parts: list[Any]) -> Node:
        clause: Clause = parts[0]
        if clause.called and clause.word == EVERYONE:
            if clause.arguments:
                raise _Problem(_("everyone takes no argument"), clause.span, _("write everyone()"))
            return Everyone(clause.span)
        return clause

    def compared(self, parts: list[Any]) -> Node:
        clause, sign, value = parts
        if sign in ("==", "<>"):
            right = {"==": "=", "<>": "!="}[sign]
            raise _Problem(
                _("%(sign)s is not a comparison here", sign=sign),
                _span(sign),
                _("write %(right)s", right=right),
            )
        return _compare(clause, cast(Operator, str(sign)), value)

    def among(self, parts: list[Any]) -> Node:
        return _compare(parts[0], "in", parts[2])

    def not_among(self, parts: list[Any]) -> Node:
        return _compare(parts[0], "not in", parts[3])

    def word(self, parts: list[Any]) -> Clause:
        return Clause(str(parts[0]), span=_span(parts[0]), word_span=_span(parts[0]))

    def call(self, parts: list[Any]) -> Clause:
        name, _opening, *given, closing = parts
        return Clause(str(name), tuple(given), called=True, span=_cover(name, closing), word_span=_span(name))

    def positional(self, parts: list[Any]) -> Given:
        return Given("", parts[0], parts[0].span)

    def named(self, parts: list[Any]) -> Given:
        return Given(str(parts[0]), parts[1], _cover(parts[0], parts[1]))

    def listed(self, parts: list[Any]) -> Listed:
        opening, *values, closing = parts
        return Listed(tuple(values), _cover(opening, closing))

    def text(self, parts: list[Any]) -> Text:
        return Text(unescape(parts[0]), _span(parts[0]))

    def number(self, parts: list[Any]) -> Number:
        token: Token = parts[0]
        if sum(sign.isdigit() for sign in token) > 15:
            raise _Problem(_("this number has more than 15 digits"), _span(token), _("write a shorter one"))
        return Number(float(token) if "." in token else int(token), _span(token))

    def duration(self, parts: list[Any]) -> Duration:
        token: Token = parts[0]
        amount, unit = token.split()
        if unit.lower() not in _UNITS:
            raise _Problem(
                _("%(unit)s is no unit of time", unit=unit),
                _span(token),
                _("write minutes, hours, days or weeks"),
            )
        if "." in amount:
            raise _Problem(
                _("%(amount)s %(unit)s is not a whole number", amount=amount, unit=unit),
                _span(token),
                _("take a smaller unit"),
            )
        made = Duration(int(amount[:12]), _UNITS[unit.lower()], span=_span(token))
        if len(amount) > 9 or made.delta.days > LONGEST_DURATION_DAYS:
            raise _Problem(_("this is longer than a hundred years"), _span(token), _("write a shorter time"))
        return made

    def ago(self, parts: list[Any]) -> Duration:
        length = self.duration(parts[:1])
        return Duration(length.amount, length.unit, ago=True, span=_cover(parts[0], parts[1]))

    def day(self, parts: list[Any]) -> Day:
        try:
            return Day(date.fromisoformat(str(parts[0])), _span(parts[0]))
        except ValueError:
            raise _Problem(
                _("%(day)s is not in the calendar", day=parts[0]), _span(parts[0]), _("write e.g. 2024-07-27")
            ) from None

    def moment(self, parts: list[Any]) -> Moment:
        try:
            return Moment(datetime.fromisoformat(f"{parts[0]}+00:00"), _span(parts[0]))
        except ValueError:
            raise _Problem(
                _("%(day)s is not in the calendar", day=parts[0]),
                _span(parts[0]),
                _("write e.g. 2024-07-27T18:30"),
            ) from None

    def name(self, parts: list[Any]) -> Scalar:
        token: Token = parts[0]
        word = str(token).lower()
        if word in ("true", "false"):
            return Flag(word == "true", _span(token))
        if word in ("today", "tomorrow", "yesterday"):
            return RelativeDay(cast(Any, word), _span(token))
        return Name(str(token), _span(token))


def _compare(clause: Clause, operator: Operator, value: Value) -> Clause:
    end = max(value.span.end, clause.span.end)
    if clause.called and clause.word == EVERYONE:
        raise _Problem(
            _("everyone() can't be compared"), Span(clause.span.start, end), _("write everyone() alone")
        )
    return Clause(
        clause.word,
        clause.arguments,
        operator,
        value,
        clause.called,
        Span(clause.span.start, end),
        clause.word_span,
    )


@cache
def _grammar() -> Lark:
    text = (Path(__file__).parent / "audiences.lark").read_text(encoding="utf-8")
    return Lark(text, parser="lalr", lexer="contextual", transformer=_Tree(), maybe_placeholders=False)


def read(text: str) -> Node:
    """The syntax tree of `text`; AudienceError names the place of what can't be read."""
    if len(text) > LONGEST:
        raise AudienceError(
            _(
                "the question has %(length)s characters, more than %(longest)s",
                length=f"{len(text):,}",
                longest=f"{LONGEST:,}",
            ),
            text=text,
            span=Span(LONGEST, len(text)),
            hint=_("split it into several"),
        )
    if not text.strip():
        raise AudienceError(EMPTY, text=text, hint=EMPTY_HINT)
    try:
        root = cast(Node, _grammar().parse(text))
    except VisitError as wrapped:
        if isinstance(wrapped.orig_exc, _Problem):
            raise _placed(wrapped.orig_exc, text) from None
        raise
    except _Problem as problem:
        raise _placed(problem, text) from None
    except UnexpectedInput as unexpected:
        raise _misread(unexpected, text) from None
    _bound(root, text)
    return root


def _placed(problem: _Problem, text: str) -> AudienceError:
    return AudienceError(problem.problem, text=text, span=problem.span, hint=problem.hint)


def _misread(error: UnexpectedInput, text: str) -> AudienceError:
    ended = len(text.rstrip())
    if isinstance(error, UnexpectedCharacters):
        at = cast(int, error.pos_in_stream)
        sign = text[at]
        hint = _SPELLINGS.get(sign, "")
        if sign == '"':
            return AudienceError(
                _("this text is not closed"),
                text=text,
                span=Span(at, ended),
                hint=_('end it with a double quote "'),
            )
        if sign.isprintable():
            word = re.match(r"\w*", text[at:])
            shown = (word[0] if word else "") or sign
            return AudienceError(
                _("%(shown)s has no place here", shown=shown),
                text=text,
                span=Span(at, at + len(shown)),
                hint=hint or _awaited(error.allowed or set()),
            )
        return AudienceError(
            _("a sign that can't be seen has no place here"),
            text=text,
            span=Span(at, at + 1),
            hint=_("take it away"),
        )
    if isinstance(error, UnexpectedToken) and error.token.type != "$END":
        span = _span(error.token)
        return AudienceError(
            _("%(token)s has no place here", token=error.token),
            text=text,
            span=span,
            hint=_awaited(error.accepts or error.expected),
        )
    awaited = error.accepts or error.expected if isinstance(error, UnexpectedToken) else set()
    if isinstance(error, UnexpectedEOF):
        awaited = set(error.expected)
    return AudienceError(
        _("the question ends too early"), text=text, span=Span(ended, ended + 1), hint=_awaited(awaited)
    )


def _awaited(terminals: set[str] | Any) -> Said | str:
    known = [phrase for terminal, phrase in _EXPECTED.items() if terminal in terminals]
    if not known:
        return ""
    if "STRING" in terminals:
        known = [phrase for phrase in known if phrase != A_WORD]
    awaited = known[0]
    for phrase in known[1:-1]:
        awaited = _("%(first)s, %(second)s", first=awaited, second=phrase)
    if len(known) > 1:
        awaited = _("%(first)s or %(second)s", first=awaited, second=known[-1])
    return _("expected %(awaited)s", awaited=awaited)


def _bound(root: Node, text: str) -> None:
    """Refuse what is too deep or too long, walking without recursion."""
    clauses = 0
    waiting: list[tuple[Node, int]] = [(root, 1)]
    while waiting:
        node, depth = waiting.pop()
        if depth > DEEPEST:
            raise AudienceError(
                _("the question is nested deeper than %(deepest)s", deepest=DEEPEST),
                text=text,
                span=node.span,
                hint=_("split it into several"),
            )
        if isinstance(node, Not):
            waiting.append((node.part, depth + 1))
        elif isinstance(node, And | Or):
            waiting.extend((part, depth + 1) for part in node.parts)
        else:
            clauses += 1
            if clauses > MOST_CLAUSES:
                raise AudienceError(
                    _("the question has more than %(most_clauses)s clauses", most_clauses=MOST_CLAUSES),
                    text=text,
                    span=node.span,
                    hint=_("use a list: language in (…)"),
                )
