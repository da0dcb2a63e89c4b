"""Syntax tree to text: what is written can be read back as the same tree."""

import json
from decimal import Decimal

from tifo.audiences.types import (
    And,
    Clause,
    Day,
    Duration,
    Everyone,
    Flag,
    Listed,
    Moment,
    Name,
    Node,
    Not,
    Number,
    Or,
    RelativeDay,
    Text,
    Value,
)


def write_value(value: Value) -> str:
    """A value as it is typed."""
    match value:
        case Text():
            return json.dumps(value.value, ensure_ascii=False)
        case Number():
            return format(Decimal(repr(value.value)), "f")
        case Flag():
            return "true" if value.value else "false"
        case Name() | RelativeDay():
            return value.value
        case Duration():
            unit = value.unit[:-1] if value.amount == 1 else value.unit
            return f"{value.amount} {unit}" + (" ago" if value.ago else "")
        case Day():
            return value.value.isoformat()
        case Moment():
            return value.value.strftime("%Y-%m-%dT%H:%M").zfill(16)
        case Listed():
            return "(" + ", ".join(write_value(one) for one in value.values) + ")"


def write_term(clause: Clause) -> str:
    """The word with its arguments, without comparison."""
    if not clause.called and not clause.arguments:
        return clause.word
    given = (
        f"{argument.name}: {write_value(argument.value)}" if argument.name else write_value(argument.value)
        for argument in clause.arguments
    )
    return f"{clause.word}({', '.join(given)})"


def write(node: Node) -> str:
    """The question as text on one line."""
    match node:
        case Everyone():
            return "everyone()"
        case Clause():
            compared = f" {node.operator} {write_value(node.value)}" if node.value is not None else ""
            return write_term(node) + compared
        case Not():
            return "not " + _within(node.part, And | Or)
        case And():
            return " and ".join(_within(part, And | Or) for part in node.parts)
        case Or():
            return " or ".join(_within(part, Or) for part in node.parts)


def _within(node: Node, loose: object) -> str:
    text = write(node)
    return f"({text})" if isinstance(node, loose) else text  # type: ignore[arg-type]
