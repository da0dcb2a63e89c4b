"""Statements of the lake, written for DuckDB, in ClickHouse's words: every difference between the two is here.

SQLGlot knows most of them; what it does not is said below, on its tree and never on text.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo, available_timezones

import sqlglot
from sqlglot import exp

from tifo.kernel.public import Refused

MOMENT: Final = "DateTime64(6, 'UTC')"
_BOUND: Final[tuple[tuple[type, str], ...]] = (
    # bool before int and datetime before date, for they are subclasses
    (bool, "Bool"),
    (int, "Int64"),
    (float, "Float64"),
    (str, "String"),
    (datetime, MOMENT),
    (date, "Date32"),
)
_CAST: Final[Mapping[exp.DType, str]] = {
    exp.DType.BOOLEAN: "Bool",
    exp.DType.INT: "Int32",
    exp.DType.BIGINT: "Int64",
    exp.DType.DOUBLE: "Float64",
    exp.DType.VARCHAR: "String",
    exp.DType.TEXT: "String",
    exp.DType.TIMESTAMP: MOMENT,
    exp.DType.TIMESTAMPNTZ: MOMENT,
    exp.DType.DATE: "Date32",
}


Change = Callable[[exp.Expr], exp.Expr]


@dataclass(frozen=True)
class Translated:
    """A statement for ClickHouse. `zoned` names the parameters that are moments on the clocks of all zones."""

    sql: str
    zoned: tuple[str, ...]


def translate(
    statement: str, params: Mapping[str, Any], database: str, tables: Mapping[str, str]
) -> tuple[str, dict[str, Any]]:
    """The statement and its values; `tables` says under which name each table of the lake lies in `database`."""
    types = tuple(sorted((name, _type_of(value)) for name, value in params.items()))
    made = _translated(statement, types, database, tuple(sorted(tables.items())))
    bound = {name: _plain(value) for name, value in params.items()}
    for name in made.zoned:
        bound |= _on_all_clocks(name, params[name])
    return made.sql, bound


def _type_of(value: object) -> str:
    if value is None:
        return "Nullable(String)"
    if isinstance(value, list | tuple):
        return f"Array({_type_of(value[0]) if value else 'String'})"
    return next(name for kind, name in _BOUND if isinstance(value, kind))


def _plain(value: Any) -> Any:
    """The value as ClickHouse reads it: moments as text in UTC, to the microsecond."""
    if isinstance(value, datetime):
        naive = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
        return naive.isoformat(sep=" ", timespec="microseconds")
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value


@lru_cache(maxsize=1_000)
def _translated(
    statement: str, types: tuple[tuple[str, str], ...], database: str, tables: tuple[tuple[str, str], ...]
) -> Translated:
    tree = sqlglot.parse_one(statement, dialect="duckdb")
    zoned: list[str] = []
    _place_tables(tree, database, dict(tables))
    for change in (_zones(zoned), _bind(dict(types)), _casts, _functions):
        tree = _changed(tree, change)
    for query in tree.find_all(exp.Select):
        query.set("expressions", [_as_bool(one) for one in query.expressions])
    for common in tree.find_all(exp.CTE):
        common.set("materialized", None)
    return Translated(tree.sql(dialect="clickhouse"), tuple(zoned))


def _changed(tree: exp.Expr, change: Change) -> exp.Expr:
    """Every node changed, from the leaves to the root."""
    for node in reversed(list(tree.bfs())):
        made = change(node)
        if made is not node:
            if node is tree:
                tree = made
            else:
                node.replace(made)
    return tree


def _place_tables(tree: exp.Expr, database: str, tables: Mapping[str, str]) -> None:
    common = {one.alias for one in tree.find_all(exp.CTE)}
    for table in list(tree.find_all(exp.Table)):
        if table.name in common or table.name not in tables:
            continue
        alias = table.alias or table.name
        table.set("this", exp.to_identifier(tables[table.name], quoted=True))
        table.set("db", exp.to_identifier(database, quoted=True))
        table.set("alias", exp.TableAlias(this=exp.to_identifier(alias, quoted=True)))


def _cast(value: exp.Expr, kind: str) -> exp.Expr:
    to = exp.DataType.build(f"Nullable({kind})", dialect="clickhouse")
    return exp.Cast(this=value, to=to)


def _zones(zoned: list[str]) -> Change:
    """`timezone('UTC', timezone(zone, $moment))`: the moment when a clock there shows it. ClickHouse takes one zone a
    statement, so that moment is worked out for each zone there is; one that isn't known stops the statement."""

    def change(node: exp.Expr) -> exp.Expr:
        if not _is_call(node, "timezone") or _is_call(node.parent, "timezone"):
            return node
        inner = node.expressions[1]
        place = inner.expressions[1].find(exp.Placeholder) if _is_call(inner, "timezone") else None
        if place is None or node.expressions[0].name != "UTC":
            raise Refused("ClickHouse can only turn a parameter's wall time into UTC.")
        if place.name not in zoned:
            zoned.append(place.name)
        there = exp.func(
            "transform",
            inner.expressions[0],
            _place(f"{place.name}_zones", "Array(String)"),
            _place(f"{place.name}_there", f"Array({MOMENT})"),
            _cast(exp.null(), MOMENT),
            dialect="clickhouse",
        )
        known = exp.func("throwIf", exp.Is(this=there.copy(), expression=exp.null()), dialect="clickhouse")
        return exp.func("addMicroseconds", there, known, dialect="clickhouse")

    return change


def _is_call(node: exp.Expr | None, name: str) -> bool:
    return isinstance(node, exp.Anonymous) and node.name.lower() == name


def _on_all_clocks(name: str, moment: datetime) -> dict[str, list[str]]:
    zones = sorted(available_timezones())
    return {f"{name}_zones": zones, f"{name}_there": [_plain(_there(moment, zone)) for zone in zones]}


def _there(moment: datetime, zone: str) -> datetime:
    """When the clock of a zone shows it: of an hour that comes twice the second, of one that it leaps over the hour
    after, as DuckDB reads it."""
    wall = moment.replace(tzinfo=ZoneInfo(zone))
    return max(wall.replace(fold=fold).astimezone(UTC) for fold in (0, 1))


def _place(name: str, kind: str) -> exp.Placeholder:
    return exp.Placeholder(this=name, kind=kind)


def _bind(types: Mapping[str, str]) -> Change:
    def change(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Placeholder) and not node.args.get("kind"):
            return _place(node.name, types[node.name])
        if isinstance(node, exp.Cast) and isinstance(node.this, exp.Placeholder):
            known = types.get(node.this.name, "Nullable") != "Nullable(String)"
            return _place(node.this.name, _CAST[node.to.this]) if known else node
        return node

    return change


def _casts(node: exp.Expr) -> exp.Expr:
    if isinstance(node, exp.Cast) and node.to.this in _CAST:
        return _cast(node.this, _CAST[node.to.this])
    return node


def _functions(node: exp.Expr) -> exp.Expr:
    """Functions that are called or answer otherwise there."""
    match node:
        case exp.LogicalOr():
            return exp.Max(this=node.this)
        case exp.Min() if node.args.get("count") is not None:
            least = exp.CombinedParameterizedAgg(
                this="groupArraySorted", params=[node.this], expressions=[node.args["count"]]
            )
            return exp.func("arraySort", least, dialect="clickhouse")
        case exp.TimestampTrunc() | exp.DateTrunc():
            unit = exp.Literal.string(node.text("unit").lower())
            return _cast(exp.func("dateTrunc", unit, node.this, dialect="clickhouse"), MOMENT)
        case exp.StructExtract() if isinstance(node.this, exp.ArrayMax):
            return _of_the_greatest(node.this.this, node.expression.name)
        case exp.Anonymous() if node.name.lower() == "hash":
            return exp.func("cityHash64", *node.expressions, dialect="clickhouse")
    return node


def _of_the_greatest(array: exp.Expr, field: str) -> exp.Expr:
    """One field of the greatest of several structs: tuples there, compared field by field as well."""
    names = [pair.name for pair in array.expressions[0].expressions]
    tuples = [
        exp.func("tuple", *(pair.expression for pair in struct.expressions), dialect="clickhouse")
        for struct in array.expressions
    ]
    sorted_ = exp.func("arrayReverseSort", exp.Array(expressions=tuples), dialect="clickhouse")
    first = exp.func("arrayElement", sorted_, exp.Literal.number(1), dialect="clickhouse")
    return exp.func("tupleElement", first, exp.Literal.number(names.index(field) + 1), dialect="clickhouse")


def _as_bool(shown: exp.Expr) -> exp.Expr:
    """What is true or false is a number there unless said."""
    inner = shown.unalias()
    said = inner
    while isinstance(said, exp.Paren):
        said = said.this
    if not isinstance(said, exp.Predicate | exp.Connector | exp.Not):
        return shown
    made = _cast(inner.copy(), "Bool")
    return exp.alias_(made, shown.alias, quoted=True) if shown.alias else made
