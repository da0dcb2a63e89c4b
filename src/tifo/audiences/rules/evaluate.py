"""The reference: a question answered for one fan in plain Python, over rows, with no thought of speed."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from tifo.audiences.rules.check import answer_kind, flag_value, resolve
from tifo.audiences.rules.meaning import COMPARE, Plain, day, day_there, holds, plain, scalars, start_of
from tifo.audiences.types import (
    And,
    Clause,
    Day,
    Expression,
    Listed,
    Node,
    Not,
    Or,
    RelativeDay,
    Scalar,
    Value,
)
from tifo.lake.public import NOW, Argument, Attribute, Choice, Filter, Kind, Relation, Word

Row = Mapping[str, Any]
World = Mapping[str, Sequence[Row]]
"""The rows of each table of the lake by name."""


def evaluate(expression: Expression, world: World, fan_id: int, now: datetime) -> bool:
    """Whether the fan is in the audience: she is known, not erased, and the question holds for her."""
    own = [row for row in world.get("fan", ()) if row["fan_id"] == fan_id]
    if not own or own[0]["erased"] is not False:
        return False
    return node_holds(expression.root, expression, world, fan_id, now)


def node_holds(node: Node, expression: Expression, world: World, fan_id: int, now: datetime) -> bool:
    """Whether one node holds for the fan."""
    match node:
        case Not():
            return not node_holds(node.part, expression, world, fan_id, now)
        case And():
            return all(node_holds(part, expression, world, fan_id, now) for part in node.parts)
        case Or():
            return any(node_holds(part, expression, world, fan_id, now) for part in node.parts)
        case Clause():
            word = expression.words[node.word]
            return clause_holds(node, word, found(node, word, world, fan_id, now), now)
    return True


def found(clause: Clause, word: Word, world: World, fan_id: int, now: datetime) -> Any:
    """What the clause's word answers for the fan: a value, or None where it is unknown.

    An attribute of another table answers with the list of its values, one a row.
    """
    if isinstance(word, Attribute):
        values = [_read(word, row, now) for row in world.get(word.table, ()) if row["fan_id"] == fan_id]
        if word.table != "fan":
            return (
                [value for value in values if value is not None and value is not False]
                if (word.measure == "present")
                else values
            )
        return values[0] if values else None
    rows = [
        row
        for row in world.get(word.table, ())
        if row[word.fan_column] == fan_id and _counts(row, clause, word, now)
    ]
    return _measure(word, rows)


def clause_holds(clause: Clause, word: Word, answer: Any, now: datetime) -> bool:
    """Whether the answer found is the one that the clause asks for."""
    if isinstance(word, Attribute) and word.table != "fan":
        if word.measure == "present":
            return bool(answer) == flag_value(clause)
        return any(_fits(clause, word, one, now) for one in answer)
    return _fits(clause, word, answer, now)


def _fits(clause: Clause, word: Word, answer: Any, now: datetime) -> bool:
    if answer is None:
        return False
    if answer_kind(word) is Kind.BOOL:
        return bool(answer) == flag_value(clause)
    if answer_kind(word) is Kind.MOMENT:
        return _moment_fits(clause, answer, now)
    if answer_kind(word) is Kind.DATE:
        values = [day(plain(one, now)) for one in scalars(clause.value)]
        return _compares(clause, answer, values)
    return holds(answer, clause, now)


def _compares(clause: Clause, answer: Any, values: Sequence[Plain]) -> bool:
    if clause.operator == "in":
        return answer in values
    if clause.operator == "not in":
        return answer not in values
    return COMPARE[clause.operator](answer, values[0])


def _moment_fits(clause: Clause, answer: datetime, now: datetime) -> bool:
    def same(value: Scalar) -> bool:
        return COMPARE["="](*_commensurable(answer, value, now))

    if clause.operator in ("in", "not in"):
        return any(same(one) for one in scalars(clause.value)) == (clause.operator == "in")
    return COMPARE[clause.operator](*_commensurable(answer, scalars(clause.value)[0], now))


def _commensurable(answer: datetime, value: Scalar, now: datetime) -> tuple[Plain, Plain]:
    aware = _aware(answer)
    if isinstance(value, Day | RelativeDay):
        return aware.date(), plain(value, now)
    return aware, plain(value, now)


def _aware(value: datetime) -> datetime:
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _read(word: Attribute, row: Row, now: datetime) -> Any:
    value = row[word.column]
    if word.measure == "present":
        return value is not None
    if value is None:
        return None
    if word.measure == "age":
        return age(value, now.astimezone(UTC).date())
    return _aware(value) if isinstance(value, datetime) else value


def age(born: date, today: date) -> int:
    """Whole years; who is born on 29 February has her birthday on 1 March in other years."""
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def _measure(word: Relation, rows: Sequence[Row]) -> Any:
    if word.measure == "exists":
        return bool(rows)
    if word.measure == "count":
        if word.distinct:
            return len({row[word.distinct] for row in rows if row[word.distinct] is not None})
        return len(rows)
    values = [row[word.value] for row in rows if row[word.value] is not None]
    if not values:
        return word.default
    measures: dict[str, Any] = {"max": max, "min": min, "sum": sum}
    return measures[word.measure](values)


def _counts(row: Row, clause: Clause, word: Relation, now: datetime) -> bool:
    return all(_passes(row, one, now) for one in word.fixed) and all(
        _chosen(row, declared, value, now)
        if isinstance(declared, Choice)
        else _narrows(row, declared, value, now)
        for declared, value in resolve(clause, word)
    )


def _chosen(row: Row, choice: Choice, value: Value, now: datetime) -> bool:
    filters: Iterable[Filter] = choice.options[value.value]  # type: ignore[union-attr,index]
    return all(_passes(row, one, now) for one in filters)


def _passes(row: Row, one: Filter, now: datetime) -> bool:
    column, operator, value = one
    held = row[column]
    if held is None:
        return False
    if isinstance(held, datetime):
        held = _aware(held)
    if operator in ("in", "not in"):
        inside = held in [now if part is NOW else part for part in value]  # type: ignore[attr-defined]
        return inside == (operator == "in")
    return COMPARE[operator](held, now if value is NOW else value)  # type: ignore[index]


def _narrows(row: Row, argument: Argument, value: Value, now: datetime) -> bool:
    held = row[argument.column]
    if held is None:
        return False
    if isinstance(held, datetime):
        held = _aware(held)
    values = [plain(one, now) for one in scalars(value)]
    match argument.compare:
        case "within":
            return bool(held > now - value.delta)  # type: ignore[union-attr]
        case "since" | "before":
            wanted = day(values[0]) if argument.kind is Kind.DATE else start_of(values[0])
            return bool(held >= wanted if argument.compare == "since" else held < wanted)
        case "contains":
            return str(values[0]) in held
        case "on_day":
            if argument.zone:
                return held in [
                    day_there(one, row.get(argument.zone) or "UTC", now) for one in scalars(value)
                ]
            return held in [day(one) for one in values]
    if argument.kind is Kind.MOMENT and not isinstance(value, Listed):
        return COMPARE["="](*_commensurable(held, value, now))
    if argument.kind is Kind.DATE:
        return held in [day(one) for one in values]
    return held in values
