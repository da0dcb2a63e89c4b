"""Syntax tree to and from plain JSON. What comes in as a tree is checked as its text is."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from tifo.audiences.types import (
    DEEPEST,
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
    Or,
    RelativeDay,
    Scalar,
    Text,
    Value,
)
from tifo.kernel.public import sentence as _

Tree = dict[str, Any]


def to_tree(node: Node) -> Tree:
    """`{"all": […]}`, `{"any": […]}`, `{"not": …}`, `{"everyone": true}` or a clause
    `{"word", "arguments": [{"name", "value"}], "operator", "value"}`; texts, numbers, true and false and lists as
    in JSON, else {"name": …}, {"day": …}, {"moment": …}, {"amount", "unit", "ago"}."""
    match node:
        case Everyone():
            return {"everyone": True}
        case Not():
            return {"not": to_tree(node.part)}
        case And():
            return {"all": [to_tree(part) for part in node.parts]}
        case Or():
            return {"any": [to_tree(part) for part in node.parts]}
        case Clause():
            tree: Tree = {"word": node.word}
            if node.called:
                tree["arguments"] = [{"name": one.name, "value": _plain(one.value)} for one in node.arguments]
            if node.value is not None:
                tree |= {"operator": node.operator, "value": _plain(node.value)}
            return tree


def _plain(value: Value) -> Any:
    match value:
        case Listed():
            return [_plain(one) for one in value.values]
        case Text() | Number() | Flag():
            return value.value
        case Name():
            return {"name": value.value}
        case Day():
            return {"day": value.value.isoformat()}
        case RelativeDay():
            return {"day": value.value}
        case Moment():
            return {"moment": value.value.strftime("%Y-%m-%dT%H:%M")}
        case Duration():
            return {"amount": value.amount, "unit": value.unit, "ago": value.ago}


def from_tree(tree: Any, depth: int = 0) -> Node:
    """The node that a tree stands for, unchecked; AudienceError where it is no tree."""
    if depth > DEEPEST:
        raise AudienceError(
            _("the question is nested deeper than %(deepest)s", deepest=DEEPEST),
            hint=_("split it into several"),
        )
    match tree:
        case {"everyone": True}:
            return Everyone()
        case {"not": part}:
            return Not(from_tree(part, depth + 1))
        case {"all": [only]} | {"any": [only]}:
            return from_tree(only, depth + 1)
        case {"all": [_, _, *_] as parts}:
            return And(tuple(from_tree(part, depth + 1) for part in parts))
        case {"any": [_, _, *_] as parts}:
            return Or(tuple(from_tree(part, depth + 1) for part in parts))
        case {"word": str(word)}:
            return _clause(word, tree)
    raise _no_tree(tree)


def _clause(word: str, tree: Mapping[str, Any]) -> Clause:
    arguments = tree.get("arguments")
    if arguments is not None and not (
        isinstance(arguments, list) and all(isinstance(one, dict) for one in arguments)
    ):
        raise _no_tree(arguments)
    given = tuple(Given(str(one.get("name", "")), _value(one.get("value"))) for one in arguments or ())
    value = _value(tree["value"]) if tree.get("operator") else None
    operator = tree.get("operator", "")
    if operator not in ("", "=", "!=", "<", "<=", ">", ">=", "in", "not in"):
        raise _no_tree(operator)
    return Clause(word, given, operator, value, called=arguments is not None)


def _value(value: Any) -> Value:
    if isinstance(value, list):
        return Listed(tuple(_scalar(one) for one in value))
    return _scalar(value)


def _scalar(value: Any) -> Scalar:
    try:
        match value:
            case bool():
                return Flag(value)
            case int() | float():
                return Number(value)
            case str():
                return Text(value)
            case {"name": str(name)}:
                return Name(name)
            case {"day": "today" | "tomorrow" | "yesterday" as day}:
                return RelativeDay(day)
            case {"day": str(day)}:
                return Day(date.fromisoformat(day))
            case {"moment": str(moment)}:
                return Moment(datetime.fromisoformat(moment).replace(tzinfo=UTC))
            case {"amount": int(amount), "unit": "minutes" | "hours" | "days" | "weeks" as unit}:
                return Duration(amount, unit, bool(value.get("ago")))
    except ValueError:
        raise _no_tree(value) from None
    raise _no_tree(value)


def _no_tree(value: object) -> AudienceError:
    shown = json.dumps(value, ensure_ascii=False, default=str)[:80]
    return AudienceError(
        _("%(shown)s is no part of a question", shown=shown),
        hint=_("see the reference of the audience language"),
    )
