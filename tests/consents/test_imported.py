"""Answers of many at once: no import turns a no into a yes (C4), in whatever order and chunks."""

from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
import pytest
import time_machine
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fans.dump import undone
from tifo.consents.public import (
    consent_states,
    give,
    ledger,
    record_imported,
    request,
    verify_ledger,
    withdraw,
)
from tifo.consents.rules import imported, may_give
from tifo.fans.public import create_fan, erase_fan
from tifo.kernel.models import OutboxEvent
from tifo.kernel.public import Refused

pytestmark = pytest.mark.django_db
NOW = datetime(2024, 7, 26, 17, 30, tzinfo=UTC)
PAST = datetime(2023, 1, 2, 3, 4, 5, 678, tzinfo=UTC)
Row = tuple[int, str, str, datetime | None]


def record(*rows: Row, source: str = "file") -> int:
    names = ("fan_id", "purpose", "said", "moment")
    types = (pa.int64(), pa.string(), pa.string(), pa.timestamp("us"))
    columns = list(zip(*rows, strict=True)) or [()] * 4
    naive = [[*columns[3]]] if not rows else [[one and one.replace(tzinfo=None) for one in columns[3]]]
    arrays = [*columns[:3], naive[0]]
    with transaction.atomic(), time_machine.travel(NOW, tick=False):
        return record_imported(
            pa.table(
                {
                    name: pa.array(list(array), kind)
                    for name, array, kind in zip(names, arrays, types, strict=True)
                }
            ),
            source=source,
        )


def fan(number: int = 0, **values: object) -> int:
    return create_fan(source="test", email=f"fan{number}@example.org", country="FR", **values)


def states(fan_id: int) -> dict[str, tuple[str, int, datetime]]:
    return {state.purpose: (state.state, state.version, state.moment) for state in consent_states(fan_id)}


def test_a_yes_and_a_no_are_written_with_their_moments() -> None:
    one, two = fan(1), fan(2)
    assert (
        record(
            (one, "newsletter", "yes", PAST),
            (two, "newsletter", "no", None),
            (two, "research", "yes", NOW + timedelta(days=3)),
        )
        == 3
    )
    assert states(one) == {"newsletter": ("given", 1, PAST)}
    assert states(two) == {"newsletter": ("withdrawn", 1, NOW), "research": ("given", 1, NOW)}
    [entry] = ledger(one)
    assert (entry.source, entry.recorded_at, entry.notice_id, entry.proof) == ("file", NOW, None, {})
    assert verify_ledger() == []
    assert OutboxEvent.objects.filter(name="consents.ConsentsImported").count() == 1


def test_the_same_file_again_writes_nothing() -> None:
    rows: list[Row] = [(fan(1), "newsletter", "yes", PAST), (fan(2), "newsletter", "no", PAST)]
    assert [record(*rows), record(*rows), record()] == [2, 0, 0]
    assert OutboxEvent.objects.filter(name="consents.ConsentsImported").count() == 1


def test_c4_what_a_fan_said_herself_is_not_undone_by_a_yes() -> None:
    refused, waiting, given_ = fan(1), fan(2), fan(3)
    withdraw(refused, "newsletter", source="mail")
    request(waiting, "newsletter", source="form")
    give(given_, "newsletter", source="form")
    assert record(*((one, "newsletter", "yes", PAST) for one in (refused, waiting, given_))) == 0
    assert [states(one)["newsletter"][0] for one in (refused, waiting, given_)] == [
        "withdrawn",
        "pending",
        "given",
    ]
    assert record(*((one, "newsletter", "no", PAST) for one in (refused, waiting, given_))) == 2
    assert {states(one)["newsletter"][0] for one in (refused, waiting, given_)} == {"withdrawn"}
    assert verify_ledger() == []


def test_children_give_nothing_by_a_file_and_erased_fans_are_left_out() -> None:
    child, leapling, gone = fan(1, birth_date=date(2010, 7, 27)), fan(2, birth_date=date(2008, 2, 29)), fan(3)
    erase_fan(gone)
    assert (
        record(
            (child, "newsletter", "yes", NOW),
            (child, "research", "no", NOW),
            (leapling, "newsletter", "yes", datetime(2023, 2, 28, tzinfo=UTC)),
            (gone, "newsletter", "yes", NOW),
            (gone, "research", "no", NOW),
        )
        == 1
    )
    assert (states(child), states(leapling), states(gone)) == ({"research": ("withdrawn", 1, NOW)}, {}, {})
    assert record((leapling, "newsletter", "yes", datetime(2023, 3, 1, tzinfo=UTC))) == 1


def test_bad_rows_are_refused_whole() -> None:
    fan_id = fan()
    with pytest.raises(Refused, match="“news” is no purpose; there are newsletter"):
        record((fan_id, "newsletter", "yes", PAST), (fan_id, "news", "yes", PAST))
    with pytest.raises(ValueError, match="'yes' or 'no'"):
        record((fan_id, "newsletter", "maybe", PAST))
    with pytest.raises(ValueError, match="does not exist"):
        record((999, "newsletter", "yes", PAST))
    with pytest.raises(Refused, match="source"):
        record((fan_id, "newsletter", "yes", PAST), source=" ")
    assert states(fan_id) == {}


ROWS = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.sampled_from(["newsletter", "tracking"]),
        st.sampled_from(["yes", "no"]),
        st.none() | st.sampled_from([PAST, PAST + timedelta(days=400), NOW]),
    ),
    max_size=8,
)
BEFORE = st.dictionaries(
    st.tuples(st.integers(0, 2), st.sampled_from(["newsletter", "tracking"])),
    st.sampled_from(["given", "withdrawn", "pending"]),
)
SETTINGS = settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
ADULT = 2


@SETTINGS
@given(BEFORE, ROWS)
def test_c4_the_set_says_what_the_rule_says_and_never_turns_a_no_into_a_yes(
    before: dict[tuple[int, str], str], rows: list[tuple[int, str, str, datetime | None]]
) -> None:
    with undone():
        born = (None, date(2009, 1, 1), date(1990, 1, 1))
        ids = [fan(number, birth_date=day) for number, day in enumerate(born)]
        for (number, purpose), state in before.items():
            if state == "withdrawn":
                withdraw(ids[number], purpose, source="form")
            elif may_give(born[number], "FR", purpose, NOW.date()):
                (give if state == "given" else request)(ids[number], purpose, source="form")
        old = {
            (number, purpose): one[0] for number in range(3) for purpose, one in states(ids[number]).items()
        }
        written = record(*((ids[number], purpose, said, moment) for number, purpose, said, moment in rows))
        new = {
            (number, purpose): one[0] for number in range(3) for purpose, one in states(ids[number]).items()
        }
        changes = 0
        for place in {(number, purpose) for number, purpose, _, _ in rows}:
            said = [
                (word, moment or NOW) for number, purpose, word, moment in rows if (number, purpose) == place
            ]
            act = imported(
                old.get(place),
                yes=any(word == "yes" for word, _ in said),
                no=any(word == "no" for word, _ in said),
            )  # type: ignore[arg-type]
            if act == "given" and not may_give(
                born[place[0]], "FR", place[1], min(moment for _, moment in said).date()
            ):
                act = None
            changes += act is not None
            assert new.get(place) == (act or old.get(place))
        assert written == changes
        assert all(new[place] == "withdrawn" for place, state in old.items() if state == "withdrawn")
        assert verify_ledger() == []


@SETTINGS
@given(st.lists(ROWS, min_size=1, max_size=3), st.randoms(use_true_random=False))
def test_files_in_any_order_and_any_cut_end_in_the_same_state(files: list[list], random) -> None:  # type: ignore[no-untyped-def, type-arg]
    ends = []
    shuffled = [row for rows in files for row in rows]
    random.shuffle(shuffled)
    for chunks in (files, [shuffled]):
        with undone():
            ids = [fan(number) for number in range(3)]
            for rows in chunks:
                record(*((ids[number], purpose, said, moment) for number, purpose, said, moment in rows))
            ends.append([{purpose: one[0] for purpose, one in states(fan_id).items()} for fan_id in ids])
    assert ends[0] == ends[1]
