"""The lake follows the truth: what refreshes lead to equals a rebuild, and a killed writer leaves it whole."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pyarrow as pa
import pytest
import time_machine
from django.conf import LazySettings
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.processes import environment
from tifo.fans.public import create_fan, erase_fan, update_fan
from tifo.kernel.public import Refused
from tifo.lake.adapters.duckdb.reader import DuckDBReader
from tifo.lake.jobs import refresh_lake
from tifo.lake.public import current_generation, looking, reading, rebuild, refresh, tables
from tifo.lake.queries import _Memory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("lake")]


def _everything() -> dict[str, list[dict[str, object]]]:
    with reading() as reader:
        return {
            name: reader.sql(f'SELECT * FROM "{name}" ORDER BY ALL').to_pylist() for name in sorted(tables())
        }


def _fan(number: int, language: str = "fr") -> int:
    return create_fan(source="tests", email=f"fan{number}@lac.example", language=language)


def test_an_empty_lake_says_the_mend() -> None:
    with pytest.raises(Refused, match="tifo lake refresh"), reading():
        pass


def test_a_question_too_big_for_its_memory_says_the_mend() -> None:
    refresh()
    with reading() as reader:
        if isinstance(reader, DuckDBReader):
            reader.connection.execute("SET memory_limit = '20MB'; SET max_temp_directory_size = '0MB'")
            with pytest.raises(Refused, match="raise `TIFO_LAKE_MEMORY`"):
                reader.sql("SELECT range FROM range(10_000_000) ORDER BY hash(range)")


def test_a_screen_asks_nothing_twice_of_the_same_state() -> None:
    _fan(1)
    refresh()
    question = "SELECT count(*) AS fans, $since AS since FROM fan WHERE joined_at > $since"

    def said(year: int) -> tuple[int, pa.Table]:
        with looking() as look:
            answer = look.sql(question, {"since": datetime(year, 1, 1)})  # noqa: DTZ001  the lake's moments are UTC
        return answer.column("fans")[0].as_py(), answer

    first, second, other = said(2020), said(2020), said(2021)
    assert first[1] is second[1]
    assert other[1] is not first[1]
    assert other[1].column("since")[0].as_py().year == 2021
    _fan(2)
    refresh()
    assert said(2020)[0] == first[0] + 1


def test_what_screens_remember_has_its_bounds() -> None:
    one = pa.table({"n": pa.array(range(1000))})
    memory = _Memory(2 * one.nbytes)
    for number in range(3):
        memory.keep(number, one)
        memory.recall(0)
    assert [memory.recall(number) is one for number in range(3)] == [True, False, True]


def test_it_follows_new_changed_and_erased_fans() -> None:
    lea, max_ = _fan(1), _fan(2, "en")
    first = refresh()
    with reading() as reader:
        assert reader.sql("SELECT fan_id, language, erased FROM fan ORDER BY fan_id").to_pylist() == [
            {"fan_id": lea, "language": "fr", "erased": False},
            {"fan_id": max_, "language": "en", "erased": False},
        ]
    update_fan(lea, language="es")
    erase_fan(max_)
    second = refresh()
    assert second.number == first.number + 1
    with reading() as reader:
        assert reader.sql("SELECT fan_id, language, erased FROM fan ORDER BY fan_id").to_pylist() == [
            {"fan_id": lea, "language": "es", "erased": False},
            {"fan_id": max_, "language": None, "erased": True},
        ]


def test_where_nothing_changes_the_worker_says_each_minute_that_it_is_still_so() -> None:
    _fan(1)
    first = refresh()
    refresh_lake()
    assert current_generation() == first
    later = first.as_of + timedelta(seconds=61)
    with time_machine.travel(later, tick=False):
        refresh_lake()
    said = current_generation()
    assert said is not None
    assert (said.number, said.as_of) == (first.number, later)


def test_nothing_new_makes_no_new_generation() -> None:
    _fan(1)
    first, second = refresh(), refresh()
    assert second.number == first.number
    assert second.as_of > first.as_of


def test_a_reader_keeps_its_generation() -> None:
    _fan(1)
    refresh()
    with reading() as reader:
        for number in range(2, 6):
            _fan(number)
            refresh()
        assert reader.sql("SELECT count(*) AS n FROM fan").to_pylist() == [{"n": 1}]
    with reading() as reader:
        assert reader.sql("SELECT count(*) AS n FROM fan").to_pylist() == [{"n": 5}]


@hypothesis_settings(
    max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(
        st.tuples(st.sampled_from(["new", "change", "erase", "refresh"]), st.integers(0, 5)), max_size=12
    )
)
def test_refreshes_lead_where_a_rebuild_leads(steps: list[tuple[str, int]]) -> None:
    made: list[int] = []
    refresh()
    for step, number in steps:
        if step == "new":
            made.append(create_fan(source="tests", language="fr", external_id=uuid4().hex))
        elif step == "refresh":
            refresh()
        elif made:
            fan = made[number % len(made)]
            try:
                update_fan(fan, language=["en", "es", "ar"][number % 3]) if step == "change" else erase_fan(
                    fan
                )
            except Refused:
                continue  # erased already
    refresh()
    followed = _everything()
    rebuild()
    assert _everything() == followed


def test_values_keep_their_types() -> None:
    create_fan(
        source="tests",
        email="lea@lac.example",
        birth_date=datetime(2001, 2, 3, tzinfo=UTC).date(),
        joined_at=datetime(2026, 1, 2, 3, 4, 5, 6, UTC),
    )
    refresh()
    with reading() as reader:
        rows = reader.sql("SELECT birth_date, joined_at, has_email, has_phone FROM fan")
    assert rows.schema.field("joined_at").type == pa.timestamp("us")
    assert rows.to_pylist() == [
        {
            "birth_date": datetime(2001, 2, 3, tzinfo=UTC).date(),
            "joined_at": datetime(2026, 1, 2, 3, 4, 5, 6),  # noqa: DTZ001  the lake's moments are UTC without saying so
            "has_email": True,
            "has_phone": False,
        }
    ]


@pytest.mark.crash
@pytest.mark.parametrize("lake", ["duckdb", "http"], indirect=True)
def test_a_writer_killed_while_it_copies_leaves_the_last_generation(settings: LazySettings) -> None:
    _fan(1)
    refresh()
    before = current_generation()
    _fan(2)
    command = [sys.executable, "-m", "tifo", "lake", "refresh"]
    killed = subprocess.run(command, env=environment(settings, TIFO_CRASH_AT="lake.copied"), check=False)
    assert killed.returncode == 137
    assert current_generation() == before
    with reading() as reader:
        assert reader.sql("SELECT count(*) AS n FROM fan").to_pylist() == [{"n": 1}]
    assert subprocess.run(command, env=environment(settings), check=False).returncode == 0
    with reading() as reader:
        assert reader.sql("SELECT count(*) AS n FROM fan").to_pylist() == [{"n": 2}]
