"""S1, S4: the compiled statement and the reference evaluator agree; and never enlarges."""

import os
from collections.abc import Iterator

import duckdb
import pytest
import sqlglot
from hypothesis import HealthCheck, given, settings

from tests.audiences.questions import FANS, asked_again, questions, worlds
from tests.audiences.world import MOMENT, WORDS, World, fill
from tifo.audiences.rules.check import check
from tifo.audiences.rules.evaluate import evaluate
from tifo.audiences.rules.parse import read
from tifo.audiences.rules.render import write
from tifo.audiences.rules.statements import condition, statement
from tifo.audiences.types import And, Expression, Node, Not, Or

# TIFO_EXAMPLES=5000 looks longer, by night.
often = settings(
    max_examples=int(os.environ.get("TIFO_EXAMPLES", "60")),
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 1}) as opened:
        # Whatever the machine's zone, the answers are those of UTC.
        opened.execute("SET TimeZone = 'Pacific/Tahiti'")
        yield opened


def checked(node: Node) -> Expression:
    text = write(node)
    return check(text, read(text), WORDS)


def selected(connection: duckdb.DuckDBPyConnection, node: Node) -> set[int]:
    made = statement(checked(node), MOMENT)
    return {row[0] for row in connection.execute(made.sql, made.params).fetchall()}


@often
@given(questions)
def test_what_is_written_reads_back_as_the_same_tree(node: Node) -> None:
    assert read(write(node)) == node


@often
@given(worlds, questions)
def test_s1_the_statement_selects_whom_the_evaluator_selects(
    connection: duckdb.DuckDBPyConnection, world: World, node: Node
) -> None:
    fill(connection, world)
    expression = checked(node)
    wanted = {fan for fan in FANS if evaluate(expression, world, fan, MOMENT)}
    assert selected(connection, node) == wanted
    counted = statement(expression, MOMENT, shape="count")
    assert connection.execute(counted.sql, counted.params).fetchall() == [(len(wanted),)]


@often
@given(worlds, asked_again)
def test_a_number_asked_for_twice_is_found_once_and_compared_well(
    connection: duckdb.DuckDBPyConnection, world: World, node: Node
) -> None:
    fill(connection, world)
    expression = checked(node)
    assert selected(connection, node) == {fan for fan in FANS if evaluate(expression, world, fan, MOMENT)}


def test_a_number_asked_for_twice_is_one_common_table() -> None:
    made = statement(checked(read('tickets() = 1 or tickets() = 3 or not tickets(venue: "STA") = 2')), MOMENT)
    assert made.sql.count('WITH "asked_1" AS') == 1
    assert made.sql.count("COUNT(*)") == 2


@often
@given(worlds, questions)
def test_s1_the_condition_is_never_null_and_may_stand_anywhere(
    connection: duckdb.DuckDBPyConnection, world: World, node: Node
) -> None:
    fill(connection, world)
    expression = checked(node)
    made = condition(expression, MOMENT, fan="f")
    rows = connection.execute(
        f"SELECT f.fan_id, ({made.sql}), CASE WHEN {made.sql} THEN 1 ELSE 0 END FROM fan AS f", made.params
    ).fetchall()
    for fan, said, cased in rows:
        assert said is evaluate(expression, world, fan, MOMENT)
        assert cased == int(said)


@often
@given(worlds, questions, questions)
def test_s4_and_never_enlarges_or_never_shrinks_and_excluding_never_enlarges(
    connection: duckdb.DuckDBPyConnection, world: World, one: Node, other: Node
) -> None:
    fill(connection, world)
    alone = selected(connection, one)
    both = selected(connection, And((one, other)))
    without = selected(connection, And((one, Not(other))))
    assert both <= alone
    assert without <= alone
    assert both | without == alone
    assert not both & without
    assert selected(connection, Or((one, other))) >= alone


@often
@given(questions)
def test_the_same_question_can_be_put_to_clickhouse(node: Node) -> None:
    made = statement(checked(node), MOMENT, dialect="clickhouse")
    assert sqlglot.parse_one(made.sql, dialect="clickhouse").sql(dialect="clickhouse")
    assert all(f"{{{name}: " in made.sql for name in made.params)
