"""Whole statements about an audience, and the condition to stand in others."""

from datetime import datetime
from typing import Literal

from sqlglot import exp

from tifo.audiences.rules.compile import FAN, Compiler
from tifo.audiences.types import Condition, Expression, Statement


def condition(expression: Expression, now: datetime, *, fan: str = FAN) -> Condition:
    """A boolean expression over `fan`, an alias of the lake's table fan. Never NULL, never true of the erased."""
    compiler = Compiler(now, fan)
    return Condition(compiler.sql(compiler.question(expression)), compiler.params)


def statement(
    expression: Expression,
    now: datetime,
    *,
    shape: Literal["count", "ids", "sample", "sizes"] = "ids",
    limit: int = 0,
    seed: int = 0,
) -> Statement:
    """One statement over the fans of an audience.

    count: one row (count); ids: fan_id in order; sample: `limit` rows (fan_id, language, country) ordered by a
    hash of id and seed; sizes: (language, email, sms, none, total) per language.
    """
    compiler = Compiler(now, FAN)
    compiler.share_repeated(expression)
    wanted = compiler.question(expression)
    source = exp.select().from_(exp.to_table(FAN)).where(wanted, copy=False)
    fan_id = exp.column("fan_id", FAN)
    match shape:
        case "count":
            query = source.select(exp.alias_(exp.Count(this=exp.Star()), "count"))
        case "ids":
            query = source.select(fan_id).order_by(fan_id.copy())
        case "sample":
            salted = exp.func(
                "CONCAT", exp.cast(fan_id.copy(), "text"), exp.Literal.string("/"), compiler.bind(str(seed))
            )
            query = (
                source.select(fan_id, exp.column("language", FAN), exp.column("country", FAN))
                .order_by(exp.MD5(this=salted), fan_id.copy())
                .limit(int(limit))
            )
        case "sizes":
            email = exp.func("COALESCE", exp.column("has_email", FAN), exp.false())
            phone = exp.func("COALESCE", exp.column("has_phone", FAN), exp.false())
            query = source.select(
                exp.column("language", FAN),
                exp.alias_(_count_if(email), "email"),
                exp.alias_(_count_if(phone), "sms"),
                exp.alias_(_count_if(exp.not_(exp.or_(email.copy(), phone.copy()))), "none"),
                exp.alias_(exp.Count(this=exp.Star()), "total"),
            ).group_by(exp.column("language", FAN))
    for name, common in compiler.common.items():
        query = query.with_(name, as_=common, copy=False)
    return Statement(compiler.sql(query), compiler.params)


def _count_if(test: exp.Expr) -> exp.Expr:
    return exp.Count(this=exp.Case(ifs=[exp.If(this=test.copy(), true=exp.Literal.number(1))]))
