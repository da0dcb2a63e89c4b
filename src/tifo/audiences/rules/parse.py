"""Text to syntax tree. Nothing here knows which words exist."""

import re
from collections.abc import Callable
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

EVERYONE: Final = "everyone"
EMPTY: Final = "an empty question selects nobody"
EMPTY_HINT: Final = "write everyone() to ask for all"
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
_EXPECTED: Final = {
    "NAME": "a word",
    "STRING": 'a text in double quotes, such as "fr"',
    "NUMBER": "a number",
    "COMPARISON": "a comparison such as = or >=",
    "_AND": "the word and",
    "_OR": "the word or",
    "RPAR": "a closing )",
    "LPAR": "an opening (",
    "COMMA": "a comma",
    "COLON": "a colon",
}
_SPELLINGS: Final = {
    "&": "write and",
    "|": "write or",
    "!": "write not, or != to compare",
    "'": 'texts stand in double quotes: "fr"',
    "“": 'texts stand in straight quotes: "fr"',
    "”": 'texts stand in straight quotes: "fr"',
    "«": 'texts stand in straight quotes: "fr"',
    "[": "lists stand in round brackets: (1, 2)",
    "{": "lists stand in round brackets: (1, 2)",
    "%": "write a share as 0.6",
    "≥": "write >=",
    "≤": "write <=",
    "≠": "write !=",
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
                f"\\{code} means nothing here", _span(token), 'write \\" or \\\\, \\n, \\t, \\u00e9'
            )
        return _PLAIN_ESCAPES[code]

    text = _ESCAPE.sub(plain, token[1:-1])
    # Two \u halves of one sign become the sign, as in JSON; half a sign stays an error.
    try:
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le")
    except UnicodeDecodeError:
        raise _Problem("half a sign stands in this text", _span(token), "take the \\u away") from None
    if "\x00" in text:
        raise _Problem("a text can't hold the sign of number 0", _span(token), "take it away")
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
                raise _Problem("everyone takes no argument", clause.span, "write everyone()")
            return Everyone(clause.span)
        return clause

    def compared(self, parts: list[Any]) -> Node:
        clause, sign, value = parts
        if sign in ("==", "<>"):
            right = {"==": "=", "<>": "!="}[sign]
            raise _Problem(f"{sign} is not a comparison here", _span(sign), f"write {right}")
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
            raise _Problem("this number has more than 15 digits", _span(token), "write a shorter one")
        return Number(float(token) if "." in token else int(token), _span(token))

    def duration(self, parts: list[Any]) -> Duration:
        token: Token = parts[0]
        amount, unit = token.split()
        if unit.lower() not in _UNITS:
            raise _Problem(f"{unit} is no unit of time", _span(token), "write minutes, hours, days or weeks")
        if "." in amount:
            raise _Problem(f"{amount} {unit} is not a whole number", _span(token), "take a smaller unit")
        made = Duration(int(amount[:12]), _UNITS[unit.lower()], span=_span(token))
        if len(amount) > 9 or made.delta.days > LONGEST_DURATION_DAYS:
            raise _Problem("this is longer than a hundred years", _span(token), "write a shorter time")
        return made

    def ago(self, parts: list[Any]) -> Duration:
        length = self.duration(parts[:1])
        return Duration(length.amount, length.unit, ago=True, span=_cover(parts[0], parts[1]))

    def day(self, parts: list[Any]) -> Day:
        try:
            return Day(date.fromisoformat(str(parts[0])), _span(parts[0]))
        except ValueError:
            raise _Problem(
                f"{parts[0]} is not in the calendar", _span(parts[0]), "write e.g. 2024-07-27"
            ) from None

    def moment(self, parts: list[Any]) -> Moment:
        try:
            return Moment(datetime.fromisoformat(f"{parts[0]}+00:00"), _span(parts[0]))
        except ValueError:
            raise _Problem(
                f"{parts[0]} is not in the calendar", _span(parts[0]), "write e.g. 2024-07-27T18:30"
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
        raise _Problem("everyone() can't be compared", Span(clause.span.start, end), "write everyone() alone")
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
            f"the question has {len(text):,} characters, more than {LONGEST:,}",
            text=text,
            span=Span(LONGEST, len(text)),
            hint="split it into several",
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
                "this text is not closed",
                text=text,
                span=Span(at, ended),
                hint='end it with a double quote "',
            )
        if sign.isprintable():
            word = re.match(r"\w*", text[at:])
            shown = (word[0] if word else "") or sign
            return AudienceError(
                f"{shown} has no place here",
                text=text,
                span=Span(at, at + len(shown)),
                hint=hint or _awaited(error.allowed or set()),
            )
        return AudienceError(
            "a sign that can't be seen has no place here",
            text=text,
            span=Span(at, at + 1),
            hint="take it away",
        )
    if isinstance(error, UnexpectedToken) and error.token.type != "$END":
        span = _span(error.token)
        return AudienceError(
            f"{error.token} has no place here",
            text=text,
            span=span,
            hint=_awaited(error.accepts or error.expected),
        )
    awaited = error.accepts or error.expected if isinstance(error, UnexpectedToken) else set()
    if isinstance(error, UnexpectedEOF):
        awaited = set(error.expected)
    return AudienceError(
        "the question ends too early", text=text, span=Span(ended, ended + 1), hint=_awaited(awaited)
    )


def _awaited(terminals: set[str] | Any) -> str:
    known = [phrase for terminal, phrase in _EXPECTED.items() if terminal in terminals]
    if not known:
        return ""
    if "STRING" in terminals:
        known = [phrase for phrase in known if phrase != "a word"]
    return "expected " + (" or ".join([", ".join(known[:-1]), known[-1]]) if len(known) > 1 else known[0])


def _bound(root: Node, text: str) -> None:
    """Refuse what is too deep or too long, walking without recursion."""
    clauses = 0
    waiting: list[tuple[Node, int]] = [(root, 1)]
    while waiting:
        node, depth = waiting.pop()
        if depth > DEEPEST:
            raise AudienceError(
                f"the question is nested deeper than {DEEPEST}",
                text=text,
                span=node.span,
                hint="split it into several",
            )
        if isinstance(node, Not):
            waiting.append((node.part, depth + 1))
        elif isinstance(node, And | Or):
            waiting.extend((part, depth + 1) for part in node.parts)
        else:
            clauses += 1
            if clauses > MOST_CLAUSES:
                raise AudienceError(
                    f"the question has more than {MOST_CLAUSES} clauses",
                    text=text,
                    span=node.span,
                    hint="use a list: language in (…)",
                )


def walk(root: Node, visit: Callable[[Clause], None]) -> None:
    """Call `visit` with each clause, from left to right."""
    if isinstance(root, Clause):
        visit(root)
    elif isinstance(root, Not):
        walk(root.part, visit)
    elif isinstance(root, And | Or):
        for part in root.parts:
            walk(part, visit)
