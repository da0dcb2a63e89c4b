"""Two at the same moment, on a database that lets them (SQLite has one writer at a time)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pyarrow as pa
import pytest
from django.db import connection, transaction

from tifo.consents.public import consent_states, give, verify_ledger, withdraw
from tifo.fans.models import Fan, Identity
from tifo.fans.public import create_fan, merge_people
from tifo.kernel.public import Refused

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time"),
]
AT_ONCE = 6


def together(act: Callable[[int], object]) -> list[object]:
    """The act of several people who press at the same moment: what each got."""
    start = Barrier(AT_ONCE)

    def one(number: int) -> object:
        try:
            start.wait()
            return act(number)
        except Refused as refused:
            return str(refused)
        finally:
            connection.close()

    with ThreadPoolExecutor(AT_ONCE) as people:
        return list(people.map(one, range(AT_ONCE)))


def test_one_person_in_several_imports_becomes_one_fan() -> None:
    def merge(number: int) -> str:
        people = pa.table(
            {
                "row": [1, 2],
                "email": ["ann@example.org", f"fan{number}@example.org"],
                "external_id": [None, f"X{number}"],
            }
        )
        with transaction.atomic():
            done = merge_people(people, source="test", run=f"run {number}")
        return str(done.column("outcome").to_pylist()[0])

    assert sorted(map(str, together(merge))) == ["created"] + ["unchanged"] * (AT_ONCE - 1)
    assert Fan.objects.count() == AT_ONCE + 1
    assert Identity.objects.filter(key="ann@example.org").count() == 1


def test_one_address_is_given_to_one_fan() -> None:
    got = together(lambda _: create_fan(source="test", email="ann@example.org"))
    assert sorted(type(one).__name__ for one in got) == ["int"] + ["str"] * (AT_ONCE - 1)
    assert Fan.objects.count() == 1


def test_answers_at_the_same_moment_stand_in_one_chain() -> None:
    fan_id = create_fan(source="test", email="ann@example.org")

    def answer(number: int) -> int:
        act = give if number % 2 else withdraw
        return act(fan_id, "newsletter", source=f"device {number}", proof={"device": number})

    together(answer)
    assert verify_ledger() == []
    [state] = consent_states(fan_id)
    assert 1 <= state.version <= AT_ONCE
