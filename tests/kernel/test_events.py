"""Events are announced with their cause, and followed in commit order, at least once."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.db import connection, transaction

from tifo.kernel import events
from tifo.kernel.public import Event, announce, deliver_events, reactions, reacts_to, revisions

pytestmark = pytest.mark.django_db(transaction=True)


@dataclass(frozen=True)
class StandFilled(Event):
    stand: str
    seats: int
    at: datetime | None = None
    rows: tuple[int, ...] = ()


seen: list[StandFilled] = []
trouble: list[Exception] = []


@pytest.fixture(autouse=True)
def _listener(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(events, "_reactions", {})

    @reacts_to(StandFilled)
    def listener(event: StandFilled) -> None:
        if trouble:
            raise trouble.pop()
        seen.append(event)

    yield
    seen.clear()
    trouble.clear()


def test_values_come_back_as_they_were() -> None:
    event = StandFilled("north", 900, datetime(2026, 7, 1, tzinfo=UTC), (1, 2))
    with transaction.atomic():
        announce(event)
    assert deliver_events() == 1
    assert seen == [event]
    assert deliver_events() == 0


def test_nothing_is_announced_outside_a_transaction() -> None:
    with pytest.raises(transaction.TransactionManagementError):
        announce(StandFilled("north", 1))


def test_a_rolled_back_cause_announces_nothing() -> None:
    with transaction.atomic():
        announce(StandFilled("north", 1))
        transaction.set_rollback(True)
    assert deliver_events() == 0


def test_order_is_kept_and_a_failure_holds_its_place() -> None:
    for seats in range(5):
        with transaction.atomic():
            announce(StandFilled("north", seats))
    trouble.append(RuntimeError("once"))
    with time_machine.travel(datetime(2030, 1, 1, tzinfo=UTC), tick=False) as clock:
        assert deliver_events() == 0
        assert seen == []
        assert deliver_events() == 0  # it rests for a while
        clock.shift(60)
        assert deliver_events() == 5
    assert [event.seats for event in seen] == [0, 1, 2, 3, 4]


def test_a_reaction_and_its_place_are_one_transaction() -> None:
    with transaction.atomic():
        announce(StandFilled("north", 1))

    @reacts_to(StandFilled)
    def writer(event: StandFilled) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO kernel_turn (name, next_at, owner) VALUES ('x', '2026-01-01 00:00:00+00', '')"
            )
        raise RuntimeError("after the write")

    deliver_events()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM kernel_turn WHERE name = 'x'")
        assert cursor.fetchone()[0] == 0


def test_revisions_grow_with_each_transaction() -> None:
    numbers = []
    for _ in range(3):
        with transaction.atomic():
            numbers.append(revisions.current())
    assert numbers == sorted(set(numbers))
    assert revisions.settled() >= numbers[-1]


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
def test_an_open_transaction_holds_back_what_came_after() -> None:
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("SELECT pg_current_xact_id()::text::bigint")
            early = cursor.fetchone()[0]
            with transaction.atomic():
                announce(StandFilled("late", 1))
            assert revisions.settled() < early
            assert deliver_events() == 0
            cursor.execute("COMMIT")
        assert deliver_events() == 1
    finally:
        other.close()


def test_a_caller_who_remembers_asks_no_more_until_something_is_announced(
    django_assert_num_queries: Any,
) -> None:
    memory: dict[str, int] = {}
    while deliver_events(caught_up=memory):
        pass
    assert set(memory) == {reaction.name for reaction in reactions()}
    with django_assert_num_queries(2):  # what is settled, and the newest event up to there
        assert deliver_events(caught_up=memory) == 0
