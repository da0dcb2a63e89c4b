"""Syntax tree to the lake's SQL (DuckDB's; other engines' adapters translate it), every value bound.

Each clause becomes a predicate that is never NULL. What is asked of another table becomes `fan_id IN (SELECT …)`,
without correlation: engines run it as one hash join over that table, whatever stands around it. A number per
fan is grouped only when no simpler question says the same: `max(score) >= x` is "a row with score >= x exists",
and where the answer for "no row" fits too, the contrary is asked and negated.
"""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Final, cast

from sqlglot import exp

from tifo.audiences.rules.check import answer_kind, flag_value, possible, resolve
from tifo.audiences.rules.meaning import (
    day,
    day_there,
    days_there,
    holds,
    is_relative,
    plain,
    scalars,
    start_of,
)
from tifo.audiences.rules.render import write_term
from tifo.audiences.rules.walking import walk
from tifo.audiences.types import (
    And,
    Clause,
    Day,
    Duration,
    Expression,
    Flag,
    Node,
    Not,
    Operator,
    Or,
    RelativeDay,
    Scalar,
    Value,
)
from tifo.lake.public import NOW, Argument, Attribute, Choice, Filter, Kind, Relation

DIALECT: Final = "duckdb"
FAN: Final = "fan"

_NODES: Final[dict[str, type[exp.Binary]]] = {
    "=": exp.EQ,
    "!=": exp.NEQ,
    "<": exp.LT,
    "<=": exp.LTE,
    ">": exp.GT,
    ">=": exp.GTE,
}
_TYPES: Final[tuple[tuple[type, str], ...]] = (
    # bool before int and datetime before date, for they are subclasses
    (bool, "BOOLEAN"),
    (int, "BIGINT"),
    (float, "DOUBLE"),
    (str, "VARCHAR"),
    (datetime, "TIMESTAMP"),
    (date, "DATE"),
)


class Compiler:
    """Turns nodes to SQL expressions and gathers the values they bind."""

    def __init__(self, now: datetime, fan: str) -> None:
        self.now = now.astimezone(UTC)
        self.fan = fan
        self.params: dict[str, object] = {}
        self.shared: dict[str, str] = {}
        self.common: dict[str, exp.Select] = {}

    def sql(self, expression: exp.Expr) -> str:
        """The SQL of an expression, every name quoted; values that it turned out not to need are dropped."""
        needed = {place.this for place in expression.find_all(exp.Placeholder)}
        self.params = {name: value for name, value in self.params.items() if name in needed}
        return expression.sql(dialect=DIALECT, identify=True)

    def bind(self, value: object) -> exp.Expr:
        """A named parameter. Its name follows from its value, so equal values share one, anywhere."""
        if isinstance(value, datetime):
            value = value.astimezone(UTC).replace(tzinfo=None)
        kind, named = next(row for row in _TYPES if isinstance(value, row[0]))
        name = "a" + hashlib.sha256(f"{kind.__name__}:{value!r}".encode()).hexdigest()[:16]
        self.params[name] = value
        # An engine would guess the type from the surroundings; the moment's type must not depend on them.
        return exp.cast(exp.Placeholder(this=name), named)

    def question(self, expression: Expression) -> exp.Expr:
        """The whole question, without the erased."""
        erased = exp.column("erased", self.fan)
        present = exp.and_(exp.not_(erased.is_(exp.null())), exp.not_(erased.copy()))
        return exp.and_(present, self.node(expression.root, expression), copy=False)

    def node(self, node: Node, expression: Expression) -> exp.Expr:
        """A node as a predicate that is never NULL."""
        match node:
            case Not():
                return exp.not_(exp.paren(self.node(node.part, expression), copy=False), copy=False)
            case And():
                return exp.and_(*(self.node(part, expression) for part in node.parts), copy=False)
            case Or():
                return exp.paren(
                    exp.or_(*(self.node(part, expression) for part in node.parts), copy=False), copy=False
                )
            case Clause():
                word = expression.words[node.word]
                return (
                    self.attribute(node, word) if isinstance(word, Attribute) else self.relation(node, word)
                )
        return exp.true()

    # -- words that read a column

    def attribute(self, clause: Clause, word: Attribute) -> exp.Expr:
        if word.table == FAN:
            return self.reading(exp.column(word.column, self.fan), clause, word)
        column = exp.column(word.column)
        if word.measure == "present":
            found = self.among_fans(self.rows(word.table, "fan_id", [_known(column)]))
            return found if flag_value(clause) else exp.not_(found, copy=False)
        return self.among_fans(self.rows(word.table, "fan_id", [self.reading(column, clause, word)]))

    def reading(self, column: exp.Expr, clause: Clause, word: Attribute) -> exp.Expr:
        known = _known(column)
        if word.measure == "present":
            return known if flag_value(clause) else exp.not_(known, copy=False)
        if answer_kind(word) is Kind.BOOL:
            return exp.and_(known, column.eq(exp.convert(flag_value(clause))), copy=False)
        if word.measure == "age":
            return exp.and_(known, self.compared(self.age(column), clause), copy=False)
        if word.kind is Kind.MOMENT:
            return exp.and_(known, self.compared_moment(column, clause), copy=False)
        if word.kind is Kind.DATE:
            return exp.and_(known, self.compared(column.copy(), clause, as_day=True), copy=False)
        return exp.and_(known, self.compared(column.copy(), clause), copy=False)

    def age(self, column: exp.Expr) -> exp.Expr:
        """Whole years from a date to today, from its parts: engines differ on leap days in their own way."""
        today = self.now.date()

        def part(name: str) -> exp.Expr:
            return exp.Extract(this=exp.var(name), expression=column.copy())

        month_day = exp.Add(
            this=exp.Mul(this=part("MONTH"), expression=exp.Literal.number(100)), expression=part("DAY")
        )
        later = exp.Case(
            ifs=[
                exp.If(
                    this=exp.GT(this=month_day, expression=self.bind(today.month * 100 + today.day)),
                    true=exp.Literal.number(1),
                )
            ],
            default=exp.Literal.number(0),
        )
        years = exp.Sub(this=self.bind(today.year), expression=part("YEAR"))
        return exp.paren(exp.Sub(this=years, expression=later), copy=False)

    def compared(self, subject: exp.Expr, clause: Clause, *, as_day: bool = False) -> exp.Expr:
        """A known subject compared as the clause asks; a word alone asks for more than none."""
        values = [plain(one, self.now) for one in scalars(clause.value)]
        return self.compare(subject, clause.operator, [day(one) if as_day else one for one in values])

    def compare(self, subject: exp.Expr, operator: Operator, values: Sequence[object]) -> exp.Expr:
        if operator == "":
            return exp.GT(this=subject, expression=exp.Literal.number(0))
        if operator in ("in", "not in"):
            if not values:
                return exp.convert(operator == "not in")
            inside = exp.In(this=subject, expressions=[self.bind(value) for value in values])
            return inside if operator == "in" else exp.not_(inside, copy=False)
        return _NODES[operator](this=subject, expression=self.bind(values[0]))

    def compared_moment(self, column: exp.Expr, clause: Clause) -> exp.Expr:
        """A moment compares with a moment, or by its day in UTC with a day."""
        if clause.operator in ("in", "not in"):
            each = [self.compare_moment(column, "=", one) for one in scalars(clause.value)]
            inside = exp.paren(exp.or_(*each, copy=False), copy=False) if each else exp.false()
            return inside if clause.operator == "in" else exp.not_(inside, copy=False)
        return self.compare_moment(column, clause.operator, scalars(clause.value)[0])

    def compare_moment(self, column: exp.Expr, operator: Operator, value: Value) -> exp.Expr:
        found = plain(value, self.now)  # type: ignore[arg-type]
        if isinstance(value, Day | RelativeDay):
            return self.compare(exp.cast(column.copy(), "date"), operator, [found])
        return self.compare(column.copy(), operator, [found])

    # -- words that ask the rows of another table

    def relation(self, clause: Clause, word: Relation) -> exp.Expr:
        filters = self.filters(clause, word)
        if word.measure == "exists":
            if word.table == FAN and word.fan_column == "fan_id":
                found = self.own_row(filters)
            else:
                found = self.among_fans(self.rows(word.table, word.fan_column, filters))
            return found if flag_value(clause) else exp.not_(found, copy=False)
        if word.distinct:
            filters.append(_known(exp.column(word.distinct)))
        default = 0 if word.measure == "count" else word.default
        without = holds(default, clause, self.now)
        simple = self.without_grouping(clause, word, without)
        if simple is not None:
            found = self.among_fans(self.rows(word.table, word.fan_column, [*filters, *simple]))
        elif (term := write_term(clause)) in self.shared:
            test = self.answering(exp.column("answer"), clause, word, without)
            found = self.among_fans(exp.select("fan_id").from_(self.share(term, word, filters)).where(test))
        else:
            rows = self.rows(word.table, word.fan_column, filters).group_by(exp.column(word.fan_column))
            found = self.among_fans(rows.having(self.answering(self.answer(word), clause, word, without)))
        return exp.not_(found, copy=False) if without else found

    def without_grouping(self, clause: Clause, word: Relation, without: bool) -> list[exp.Expr] | None:
        """Filters on single rows such that a row is left exactly when the grouped answer says
        the clause (or, where it holds without any row, its contrary); None when there are none."""
        operator = clause.operator or ">"
        if operator in ("in", "not in"):
            return None
        bound = cast(float, plain(scalars(clause.value)[0], self.now)) if clause.value is not None else 0
        if word.measure == "count":
            at_least_one = {
                ">": bound < 1,
                ">=": bound <= 1,
                "!=": bound == 0,
                "=": bound == 0,
                "<": bound <= 1,
                "<=": bound < 1,
            }[operator]
            from_one_on = (operator in (">", ">=", "!=")) != without
            return [] if at_least_one and from_one_on else None
        upward = {"max": (">", ">="), "min": ("<", "<=")}.get(word.measure, ())
        contrary: dict[str, Operator] = {">": "<=", ">=": "<", "<": ">=", "<=": ">"}
        asked: Operator = contrary.get(operator, "") if without else operator
        if asked not in upward:
            return None
        column = exp.column(word.value)
        return [_known(column), self.compare(column, asked, [bound])]

    def answer(self, word: Relation) -> exp.Expr:
        """What a fan's rows answer together."""
        if word.measure == "count":
            return exp.Count(
                this=exp.Distinct(expressions=[exp.column(word.distinct)]) if word.distinct else exp.Star()
            )
        answer = exp.func(word.measure.upper(), exp.column(word.value))
        if word.default is None:
            return answer
        return exp.func("COALESCE", exp.cast(answer, "double"), self.bind(float(word.default)))

    def answering(self, answer: exp.Expr, clause: Clause, word: Relation, without: bool) -> exp.Expr:
        """Whether the answer says what the clause asks, or its contrary."""
        test = self.compared(answer, clause)
        if word.measure != "count" and word.default is None:
            test = exp.and_(_known(answer), test)  # rows without a value say nothing
        return exp.not_(exp.paren(test)) if without else test

    def share_repeated(self, expression: Expression) -> None:
        """Note the terms whose grouped answer is looked at more than once: each becomes one common table."""
        seen: dict[str, int] = {}

        def note(clause: Clause) -> None:
            word = expression.words[clause.word]
            if isinstance(word, Relation) and word.measure != "exists":
                without = holds(0 if word.measure == "count" else word.default, clause, self.now)
                if self.without_grouping(clause, word, without) is None:
                    seen[write_term(clause)] = seen.get(write_term(clause), 0) + 1

        walk(expression.root, note)
        self.shared = {
            term: f"asked_{number}" for number, (term, uses) in enumerate(seen.items(), 1) if uses > 1
        }

    def share(self, term: str, word: Relation, filters: Sequence[exp.Expr]) -> str:
        """The common table (fan_id, answer) of a repeated term."""
        name = self.shared[term]
        if name not in self.common:
            rows = self.rows(word.table, word.fan_column, filters).group_by(exp.column(word.fan_column))
            columns = [
                exp.alias_(exp.column(word.fan_column), "fan_id"),
                exp.alias_(self.answer(word), "answer"),
            ]
            self.common[name] = rows.select(*columns, append=False)
        return name

    def rows(self, table: str, fan_column: str, filters: Iterable[exp.Expr]) -> exp.Select:
        fan = exp.column(fan_column)
        query = exp.select(fan).from_(exp.to_table(table)).where(_known(fan))
        for one in filters:
            query = query.where(one, copy=False)
        return query

    def among_fans(self, rows: exp.Select) -> exp.Expr:
        return exp.In(this=exp.column("fan_id", self.fan), query=exp.Subquery(this=rows))

    def own_row(self, filters: Sequence[exp.Expr]) -> exp.Expr:
        """A question about the fan's own row needs no second look at the table."""
        if not filters:
            return exp.true()
        here = exp.and_(*filters)
        for column in here.find_all(exp.Column):
            column.set("table", exp.to_identifier(self.fan))
        return exp.func("COALESCE", exp.paren(here), exp.false())

    # -- what narrows the rows

    def filters(self, clause: Clause, word: Relation) -> list[exp.Expr]:
        made = [self.fixed(one) for one in word.fixed]
        for declared, value in resolve(clause, word):
            if isinstance(declared, Choice):
                made.extend(self.fixed(one) for one in declared.options[value.value])  # type: ignore[union-attr,index]
            else:
                made.append(self.narrowed(declared, value))
        return made

    def fixed(self, one: Filter) -> exp.Expr:
        name, operator, value = one
        column = exp.column(name)
        values = list(value) if isinstance(value, tuple | list | set | frozenset) else [value]
        values = [self.now if part is NOW else part for part in values]
        return self.compare(column, cast(Operator, operator), values)

    def narrowed(self, argument: Argument, value: Value) -> exp.Expr:
        column = exp.column(argument.column)
        values = [plain(one, self.now) for one in scalars(value)]
        match argument.compare:
            case "within":
                assert isinstance(value, Duration)  # noqa: S101  the checker saw to it
                return self.compare(column, ">", [self.now - value.delta])
            case "since" | "before":
                wanted = day(values[0]) if argument.kind is Kind.DATE else start_of(values[0])
                return self.compare(column, ">=" if argument.compare == "since" else "<", [wanted])
            case "contains":
                place = exp.StrPosition(this=column, substr=self.bind(values[0]))
                return exp.GT(this=place, expression=exp.Literal.number(0))
            case "on_day":
                if argument.zone and any(is_relative(one) for one in scalars(value)):
                    return exp.or_(*(self.on_day_there(argument, one) for one in scalars(value)), copy=False)
                values = [day(one) for one in values]
        if isinstance(value, Flag):
            return column.eq(exp.convert(value.value))
        if argument.kind is Kind.DATE:
            values = [day(one) for one in values]
        if argument.kind is Kind.MOMENT:
            return self.compare_moment(column, "=", value)
        if len(values) == 1:
            return self.compare(column, "=", values)
        return self.compare(column, "in", values)

    def on_day_there(self, argument: Argument, value: Scalar) -> exp.Expr:
        """`today` where the row is: each zone whose calendar differs from UTC's has its own day."""
        column, zone = exp.column(argument.column), exp.column(argument.zone)
        zones = None if argument.zones is None else possible(argument.zones)
        elsewhere = days_there(value, zones, self.now) if is_relative(value) else {}
        here = self.compare(column, "=", [day_there(value, "UTC", self.now)])
        if not elsewhere:
            return here
        apart = [one for named in elsewhere.values() for one in named]
        in_utc = exp.or_(zone.copy().is_(exp.null()), self.compare(zone.copy(), "not in", apart))
        cases = [exp.and_(in_utc, here)]
        cases += [
            exp.and_(self.compare(zone.copy(), "in", named), self.compare(column.copy(), "=", [there]))
            for there, named in elsewhere.items()
        ]
        return exp.paren(exp.or_(*cases))


def _known(column: exp.Expr) -> exp.Expr:
    return exp.not_(column.is_(exp.null()))
