"""S1, S4: the compiled statement and the reference evaluator agree, in DuckDB, ClickHouse and PostgreSQL; and never
enlarges."""

import os
from collections.abc import Iterator

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings

from tests.audiences.engines import InClickHouse, InDuckDB, InPostgreSQL, Place, opened
from tests.audiences.questions import FANS, asked_again, questions, worlds
from tests.audiences.world import MOMENT, WORDS, World
from tifo.audiences.rules.check import check
from tifo.audiences.rules.evaluate import evaluate
from tifo.audiences.rules.parse import read
from tifo.audiences.rules.render import write
from tifo.audiences.rules.statements import condition, statement
from tifo.audiences.types import And, Expression, Node, Not, Or

# TIFO_EXAMPLES=5000 looks longer, by night.
often = settings(
    max_examples=int(os.environ.get("TIFO_EXAMPLES", "40")),
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(
    scope="module",
    params=[
        InDuckDB,
        InClickHouse,
        pytest.param(
            InPostgreSQL,
            marks=[
                pytest.mark.django_db,
                pytest.mark.skipif(connection.vendor != "postgresql", reason="the tests run on SQLite"),
            ],
        ),
    ],
)
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    """Each database in its turn."""
    if request.param is InPostgreSQL:
        request.getfixturevalue("django_db_setup")
    with opened(request.param) as found:
        yield found


def examples(place: Place) -> settings:
    """Elsewhere the answers are those of the same tree: fewer will do there, for they cost more."""
    return often if isinstance(place, InDuckDB) else settings(often, max_examples=often.max_examples // 4)


def checked(node: Node) -> Expression:
    text = write(node)
    return check(text, read(text), WORDS)


def selected(place: Place, node: Node) -> set[int]:
    made = statement(checked(node), MOMENT)
    return {row[0] for row in place.rows(made.sql, made.params)}


@often
@given(questions)
def test_what_is_written_reads_back_as_the_same_tree(node: Node) -> None:
    assert read(write(node)) == node


def test_s1_the_statement_selects_whom_the_evaluator_selects(place: Place) -> None:
    @examples(place)
    @given(worlds, questions)
    def check(world: World, node: Node) -> None:
        place.fill(world)
        expression = checked(node)
        wanted = {fan for fan in FANS if evaluate(expression, world, fan, MOMENT)}
        assert selected(place, node) == wanted
        counted = statement(expression, MOMENT, shape="count")
        assert place.rows(counted.sql, counted.params) == [(len(wanted),)]

    check()


def test_a_number_asked_for_twice_is_found_once_and_compared_well(place: Place) -> None:
    @examples(place)
    @given(worlds, asked_again)
    def check(world: World, node: Node) -> None:
        place.fill(world)
        expression = checked(node)
        assert selected(place, node) == {fan for fan in FANS if evaluate(expression, world, fan, MOMENT)}

    check()


def test_a_number_asked_for_twice_is_one_common_table() -> None:
    made = statement(checked(read('tickets() = 1 or tickets() = 3 or not tickets(venue: "STA") = 2')), MOMENT)
    assert made.sql.count('WITH "asked_1" AS') == 1
    assert made.sql.count("COUNT(*)") == 2


def test_s1_the_condition_is_never_null_and_may_stand_anywhere(place: Place) -> None:
    @examples(place)
    @given(worlds, questions)
    def check(world: World, node: Node) -> None:
        place.fill(world)
        expression = checked(node)
        made = condition(expression, MOMENT, fan="f")
        rows = place.rows(
            f"SELECT f.fan_id, ({made.sql}), CASE WHEN {made.sql} THEN 1 ELSE 0 END FROM fan AS f",
            made.params,
        )
        for fan, said, cased in rows:
            assert said is evaluate(expression, world, fan, MOMENT)
            assert cased == int(said)

    check()


def test_s4_and_never_enlarges_or_never_shrinks_and_excluding_never_enlarges(place: Place) -> None:
    @examples(place)
    @given(worlds, questions, questions)
    def check(world: World, one: Node, other: Node) -> None:
        place.fill(world)
        alone = selected(place, one)
        both = selected(place, And((one, other)))
        without = selected(place, And((one, Not(other))))
        assert both <= alone
        assert without <= alone
        assert both | without == alone
        assert not both & without
        assert selected(place, Or((one, other))) >= alone

    check()
