"""Hypothesis strategies: worlds of few rows full of NULLs, and questions that fit the words."""

from datetime import UTC, date, datetime
from typing import Any

from hypothesis import strategies as st

from tests.audiences.world import WORDS, ZONES
from tifo.audiences.rules.check import answer_kind, operators
from tifo.audiences.types import (
    And,
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
    Or,
    RelativeDay,
    Text,
)
from tifo.lake.public import Argument, Choice, Kind, Relation, Word

FANS = range(1, 6)

numbers = st.sampled_from([-1, 0, 0.25, 0.5, 0.75, 1, 1.0, 1.5, 2, 3, 17, 18, 20])
days = st.sampled_from(
    [
        date(2004, 2, 29),
        date(2004, 7, 27),
        date(2004, 7, 28),
        date(2006, 3, 1),
        date(2024, 7, 26),
        date(2024, 7, 27),
        date(2024, 7, 28),
    ]
)
moments = st.sampled_from(
    [
        datetime(2024, 6, 27, 12, 0, tzinfo=UTC),
        datetime(2024, 7, 25, 12, 0, tzinfo=UTC),
        datetime(2024, 7, 26, 23, 59, 59, 999999, tzinfo=UTC),
        datetime(2024, 7, 27, 0, 0, tzinfo=UTC),
        datetime(2024, 7, 27, 12, 0, tzinfo=UTC),
        datetime(2024, 7, 27, 12, 0, 0, 1, tzinfo=UTC),
        datetime(2024, 7, 28, 8, 0, tzinfo=UTC),
    ]
)
texts = st.sampled_from(["fr", "en", "STA", "judo", "JUD01", "", 'a"b\\c', "été 🏅", "%", "x'; --", "\n"])
languages = st.sampled_from(["ar", "en", "es", "fr"])


def _or_null(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), values)


def _row(**columns: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(columns)


def _fan(number: int) -> st.SearchStrategy[dict[str, Any]]:
    return _row(
        fan_id=st.just(number),
        language=_or_null(languages),
        country=_or_null(texts),
        birth_date=_or_null(days),
        joined_at=_or_null(moments),
        member_since=_or_null(moments),
        has_email=_or_null(st.booleans()),
        has_phone=_or_null(st.booleans()),
        visits=_or_null(st.integers(-1, 3)),
        erased=st.sampled_from([False, False, False, False, True, None]),
    )


_fan_ids = _or_null(st.sampled_from([*FANS, 99]))
_scores = _or_null(st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0]))

worlds = st.fixed_dictionaries(
    {
        "fan": st.tuples(*(_fan(number) for number in FANS)).map(list),
        "consent": st.lists(
            _row(
                fan_id=_fan_ids,
                purpose=_or_null(st.sampled_from(["newsletter", "ticketing"])),
                state=_or_null(st.sampled_from(["given", "withdrawn"])),
                moment=_or_null(moments),
            ),
            max_size=6,
        ),
        "ticket": st.lists(
            _row(
                ticket_id=st.integers(1, 9),
                fan_id=_fan_ids,
                buyer_fan_id=_fan_ids,
                session_code=_or_null(texts),
                venue_code=_or_null(st.sampled_from(["STA", "BER"])),
                status=_or_null(st.sampled_from(["valid", "used", "cancelled"])),
                starts_at=_or_null(moments),
                local_day=_or_null(days),
                timezone=_or_null(st.sampled_from(ZONES)),
            ),
            max_size=8,
        ),
        "preference": st.lists(
            _row(fan_id=_fan_ids, topic=_or_null(texts), score=_scores, declared=_or_null(st.booleans())),
            max_size=8,
        ),
        "profile": st.lists(
            _row(fan_id=_fan_ids, nickname=_or_null(texts), level=_or_null(st.integers(0, 3))), max_size=5
        ),
    }
)

_durations = st.builds(
    Duration, st.sampled_from([0, 1, 2, 30]), st.sampled_from(["minutes", "hours", "days", "weeks"])
)
_ago = st.builds(
    Duration, st.sampled_from([0, 1, 2, 30]), st.sampled_from(["hours", "days", "weeks"]), st.just(True)
)
_days_ago = st.builds(
    Duration, st.sampled_from([0, 1, 2, 30]), st.sampled_from(["days", "weeks"]), st.just(True)
)
_day_values = st.one_of(
    st.builds(Day, days),
    st.builds(RelativeDay, st.sampled_from(["today", "tomorrow", "yesterday"])),
    _days_ago,
)
_moment_values = st.one_of(
    st.builds(Moment, moments.map(lambda one: one.replace(second=0, microsecond=0))),
    st.builds(Day, days),
    st.builds(RelativeDay, st.sampled_from(["today", "yesterday"])),
    _ago,
)


def scalar(kind: Kind, values: object) -> st.SearchStrategy[Any]:
    """A value that fits."""
    if kind is Kind.TEXT:
        allowed = values() if callable(values) else values
        return st.builds(Text, st.sampled_from(sorted(allowed)) if allowed else texts)  # type: ignore[call-overload]
    return {
        Kind.NUMBER: st.builds(Number, numbers),
        Kind.BOOL: st.builds(Flag, st.booleans()),
        Kind.DATE: _day_values,
        Kind.MOMENT: _moment_values,
    }[kind]


def _listed(one: st.SearchStrategy[Any]) -> st.SearchStrategy[Listed]:
    return st.lists(one, max_size=3).map(lambda values: Listed(tuple(values)))


def _argument(declared: Argument | Choice) -> st.SearchStrategy[Any]:
    if isinstance(declared, Choice):
        kinds = st.sampled_from([Name, Text])
        return st.builds(lambda kind, value: kind(value), kinds, st.sampled_from(sorted(declared.options)))
    if declared.compare == "within":
        return _durations
    if declared.compare == "on_day":
        return _day_values
    if declared.compare in ("since", "before"):
        return _day_values if declared.kind is Kind.DATE else _moment_values
    one = scalar(declared.kind, declared.values)
    if declared.compare == "eq" and declared.kind is Kind.TEXT:
        return st.one_of(one, _listed(one))
    return one


@st.composite
def _clause(draw: st.DrawFn, word: Word) -> Clause:
    given: list[Given] = []
    if isinstance(word, Relation):
        named = False
        for declared in word.arguments:
            required = isinstance(declared, Argument) and declared.required
            if not required and draw(st.integers(0, 3)):
                named = True
                continue
            positional = isinstance(declared, Argument) and declared.positional and not named
            positional = positional and draw(st.booleans())
            named = named or not positional
            given.append(Given("" if positional else declared.name, draw(_argument(declared))))
    operator = draw(st.sampled_from(operators(word)))
    value = None
    if operator:
        values = None if isinstance(word, Relation) else word.values
        one = scalar(answer_kind(word), values)
        value = draw(_listed(one) if operator in ("in", "not in") else one)
    return Clause(word.name, tuple(given), operator, value, called=isinstance(word, Relation))


clauses = st.sampled_from(list(WORDS.values())).flatmap(_clause)
leaves = st.one_of(*[clauses] * 6, st.just(Everyone()))


def _parts(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[tuple[Node, ...]]:
    return st.lists(inner, min_size=2, max_size=3).map(tuple)


questions: st.SearchStrategy[Node] = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(And, _parts(inner)),
        st.builds(Or, _parts(inner)),
    ),
    max_leaves=8,
)


@st.composite
def _asked_again(draw: st.DrawFn) -> Node:
    """The same number of a fan compared in several ways, in and out of `not`."""
    counted = [word for word in WORDS.values() if isinstance(word, Relation) and word.measure != "exists"]
    first = draw(_clause(draw(st.sampled_from(counted))))
    made: list[Node] = []
    for _ in range(draw(st.integers(2, 3))):
        operator = draw(st.sampled_from(["=", "!=", "<", "<=", ">", ">=", "in", "not in"]))
        one = st.builds(Number, numbers)
        value = draw(_listed(one) if operator in ("in", "not in") else one)
        clause = Clause(first.word, first.arguments, operator, value, called=True)  # type: ignore[arg-type]
        made.append(Not(clause) if draw(st.booleans()) else clause)
    return (And if draw(st.booleans()) else Or)(tuple(made))


asked_again = _asked_again()
