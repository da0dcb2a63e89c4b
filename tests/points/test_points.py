"""Points in the database: caps, payments, past balances, levels, and what the tables refuse."""

from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import pytest
from django.db import IntegrityError, connection, connections, transaction

from tifo.audiences.public import count
from tifo.fans.public import create_fan, erase_fan
from tifo.kernel.models import OutboxEvent
from tifo.kernel.public import Refused, clock, deliver_events
from tifo.lake import public as lake
from tifo.points.models import Account, Transfer
from tifo.points.public import (
    Balance,
    Level,
    Rule,
    Short,
    balance_at,
    balances,
    broken_promises,
    earn,
    expire,
    history,
    next_expiry,
    publish_rule,
    reverse,
    set_ladder,
    spend,
    standing,
)

pytestmark = pytest.mark.django_db
NOW = datetime(2024, 1, 10, 9, tzinfo=UTC)
EVE = datetime(2023, 12, 31, 23, 59, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def fan() -> int:
    return create_fan(source="test", email="lea@example.org")


def has(fan_id: int) -> Balance:
    return balances([fan_id]).get(fan_id, Balance(0, 0))


def test_a_rule_counts_full_units_within_its_bounds(fan: int) -> None:
    publish_rule(Rule("run", "metre", points=10, status=1, per=1000, event_cap=100, day_cap=150))
    assert earn(fan, "run", "monday", quantity=5_999).points == 59
    capped = earn(fan, "run", "tuesday", quantity=42_195)
    assert (capped.points, capped.status, capped.capped) == (91, 42, True)
    assert earn(fan, "run", "late", quantity=3_000).points == 0
    assert has(fan) == Balance(150, 50)


def test_a_new_version_counts_from_now_on_and_the_same_contents_are_no_new_version(fan: int) -> None:
    assert publish_rule(Rule("quiz", "answer", points=5)) == 1
    assert publish_rule(Rule("quiz", "answer", points=5)) == 1
    earn(fan, "quiz", "one")
    assert publish_rule(Rule("quiz", "answer", points=8)) == 2
    earn(fan, "quiz", "two")
    assert [line.amount for line in history(fan)] == [8, 5]


@pytest.mark.parametrize(
    "rule",
    [
        Rule("Not a key", "x", points=1),
        Rule("a", "x", points=-1),
        Rule("a", "x", points=1, per=0),
        Rule("a", "x", points=1, day_cap=-1),
        Rule("a", "x", points=1, life_days=0),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(rule: Rule) -> None:
    with pytest.raises(Refused):
        publish_rule(rule)


def test_what_earns_has_a_name_a_rule_and_lies_behind_us(fan: int) -> None:
    publish_rule(Rule("quiz", "answer", points=5))
    with pytest.raises(Refused, match="no rule"):
        earn(fan, "unknown", "one")
    with pytest.raises(Refused, match="name"):
        earn(fan, "quiz", "")
    with pytest.raises(Refused, match="ahead"):
        earn(fan, "quiz", "one", at=NOW + timedelta(hours=1))
    with pytest.raises(Refused, match="quantity"):
        earn(fan, "quiz", "one", quantity=-1)
    assert has(fan) == Balance(0, 0)


def test_the_balance_of_an_instant_knows_who_was_a_minute_late(fan: int) -> None:
    """The marathon for all: 100,000 points at 31 December 23:59; what was told later counts from when it was done."""
    publish_rule(Rule("run", "metre", points=10, per=1000))
    earn(fan, "run", "eve", quantity=9_900_000, at=EVE)
    earn(fan, "run", "new year", quantity=100_000, at=EVE + timedelta(minutes=2))
    assert balance_at(fan, EVE).points == 99_000
    assert balance_at(fan, EVE + timedelta(minutes=2)).points == 100_000
    assert balance_at(fan, EVE, known_at=EVE).points == 0


def test_points_that_expire_first_are_spent_first_and_nobody_pays_with_dead_ones(
    fan: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_rule(Rule("old", "x", points=50))
    publish_rule(Rule("short", "x", points=30, life_days=10))
    earn(fan, "old", "a", at=NOW - timedelta(days=300))
    earn(fan, "short", "b")
    assert next_expiry(fan, NOW + timedelta(days=30)) == (NOW + timedelta(days=10), 30)
    spend(fan, 20, "cap")
    assert next_expiry(fan, NOW + timedelta(days=30)) == (NOW + timedelta(days=10), 10)
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(days=11))
    with pytest.raises(Short, match="60 points, and there are 50"):
        spend(fan, 60, "shirt")
    assert expire() is False
    assert has(fan).points == 50
    assert balance_at(fan, NOW + timedelta(days=10)).points == 50
    assert broken_promises() == []


def test_who_spent_what_is_taken_back_owes_it_until_she_earns_or_gets_it_back(fan: int) -> None:
    publish_rule(Rule("run", "metre", points=1))
    earn(fan, "run", "a", quantity=100)
    earned = history(fan)[0].transfer_id
    shirt, cap = spend(fan, 60, "shirt"), spend(fan, 30, "cap")
    reverse(earned, note="this was a bicycle")
    assert has(fan).points == -90
    with pytest.raises(Short):
        spend(fan, 1, "pin")
    earn(fan, "run", "b", quantity=50)
    assert has(fan).points == -40
    reverse(shirt, note="sold out")
    assert has(fan).points == 20
    reverse(cap, note="sold out")
    assert has(fan).points == 50
    assert spend(fan, 50, "scarf")
    assert has(fan).points == 0
    assert broken_promises() == []
    assert [line.reversed for line in history(fan) if line.kind in ("earn", "spend")] == [
        False, False, True, True, True,
    ]  # fmt: skip


def test_a_level_is_lost_below_its_lower_bound_only_and_announced_once(fan: int) -> None:
    set_ladder(
        [
            Level(1, "bronze", {"en": "Bronze"}, at_least=10, keeps_at=10),
            Level(2, "silver", {"en": "Silver", "fr": "Argent"}, at_least=20, keeps_at=15),
        ]
    )
    publish_rule(Rule("play", "x", points=0, status=1))
    level = []
    for number, quantity in enumerate([9, 1, 10]):
        earn(fan, "play", f"{number}", quantity=quantity)
        level.append(standing(fan))
    assert [step.key if step else "" for step in level] == ["", "bronze", "silver"]
    first, second = (line.transfer_id for line in history(fan) if line.amount in (1, 9))
    reverse(first, note="-")
    assert (has(fan).status, standing(fan)) == (19, level[2])
    reverse(second, note="-")
    assert (has(fan).status, standing(fan)) == (10, level[1])
    earn(fan, "play", "again", quantity=10)
    assert standing(fan) == level[2]
    told = OutboxEvent.objects.filter(name="points.LevelReached").order_by("id")
    assert [event.payload.count("silver") for event in told] == [0, 1]


@pytest.mark.parametrize(
    "ladder",
    [
        [Level(2, "a", {}, 1, 1)],
        [Level(1, "a", {}, 5, 6)],
        [Level(1, "a", {}, 5, 5), Level(2, "b", {}, 5, 5)],
        [Level(1, "a", {}, 5, 5), Level(2, "a", {}, 6, 6)],
    ],
)
def test_a_ladder_with_a_wrong_step_is_refused(ladder: list[Level]) -> None:
    with pytest.raises(Refused):
        set_ladder(ladder)


@pytest.mark.parametrize("table", ["rule", "deed", "transfer", "lotmove"])
def test_l6_what_was_written_stays(fan: int, table: str) -> None:
    publish_rule(Rule("run", "metre", points=1))
    earn(fan, "run", "a", quantity=100)
    spend(fan, 10, "cap")
    column = {"rule": "points", "deed": "quantity"}.get(table, "amount")
    for statement in (f"UPDATE points_{table} SET {column} = 1", f"DELETE FROM points_{table}"):
        with (
            pytest.raises(IntegrityError, match="append-only"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)


def test_l3_the_table_refuses_a_balance_below_what_is_owed(fan: int) -> None:
    publish_rule(Rule("run", "metre", points=1))
    earn(fan, "run", "a", quantity=100)
    with pytest.raises(IntegrityError), transaction.atomic():
        Account.objects.filter(fan_id=fan, currency="points").update(balance=-1)


@pytest.mark.django_db(transaction=True)
def test_l9_an_erased_fan_has_nothing_and_the_sums_stay(fan: int) -> None:
    publish_rule(Rule("run", "metre", points=1, status=1))
    earn(fan, "run", "a", quantity=100)
    erase_fan(fan)
    while deliver_events():
        pass
    assert has(fan) == Balance(0, 0)
    assert set(Transfer.objects.values_list("kind", flat=True)) == {"earn", "forfeit"}
    assert broken_promises() == []


@pytest.mark.django_db(transaction=True)
def test_l8_the_cap_of_a_day_holds_for_deeds_told_at_once(fan: int) -> None:
    publish_rule(Rule("quiz", "answer", points=10, day_cap=35))
    barrier = Barrier(6)

    def play(number: int) -> None:
        barrier.wait()
        earn(fan, "quiz", f"game {number}")
        connections.close_all()

    threads = [Thread(target=play, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert has(fan).points == 35
    assert broken_promises() == []


@pytest.mark.django_db(transaction=True)
def test_l3_l5_two_hundred_payments_at_once_take_what_there_is_and_each_once(fan: int) -> None:
    publish_rule(Rule("quiz", "answer", points=70))
    earn(fan, "quiz", "one")
    barrier, paid = Barrier(8), []

    def buy(worker: int) -> None:
        barrier.wait()
        for number in range(25):
            try:
                paid.append(spend(fan, 10, f"pin {number % 12}"))
            except Short:
                continue
        connections.close_all()

    threads = [Thread(target=buy, args=(worker,)) for worker in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert has(fan).points == 0
    assert len(set(paid)) == 7
    assert broken_promises() == []


@pytest.mark.django_db(transaction=True)
def test_the_lake_knows_balances_and_those_of_before(fan: int) -> None:
    publish_rule(Rule("run", "metre", points=10, status=1, per=1000))
    set_ladder([Level(1, "bronze", {"en": "Bronze"}, at_least=1, keeps_at=1)])
    earn(fan, "run", "eve", quantity=9_900_000, at=EVE)
    earn(fan, "run", "new year", quantity=100_000, at=EVE + timedelta(minutes=2))
    spend(fan, 40_000, "shirt")
    lake.refresh()
    for expression, answer in {
        "points() >= 60000": 1,
        "points() > 60000": 0,
        "points(until: 2024-01-01) >= 99000": 1,
        "points(until: 2024-01-01) >= 100000": 0,
        'points(rule: "run") = 100000': 1,
        "status_points() = 10000": 1,
        'level("bronze")': 1,
    }.items():
        assert count(expression).count == answer, expression
