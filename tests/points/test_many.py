"""Deeds told at once stand in the ledger as if they had been told one after another."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from tifo.fans.public import create_fan, erase_fan
from tifo.kernel.models import OutboxEvent
from tifo.kernel.public import Refused
from tifo.points.models import Account, BadgeGiven, Deed, Lot, LotMove, Standing, Transfer
from tifo.points.public import (
    Conflict,
    Level,
    Rule,
    balances,
    broken_promises,
    earn,
    earn_many,
    publish_rule,
    reverse,
    set_badge,
    set_ladder,
    spend,
    unearn,
    unearn_many,
)

DAY = datetime(2026, 3, 1, 22, tzinfo=UTC)
Deeds = Sequence[tuple[int, int, int]]  # fan, hours later, quantity
deeds = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 50), st.integers(0, 3000)), min_size=1, max_size=9
)


def told(rows: Sequence[tuple[int, str, int, datetime]]) -> pa.Table:
    return pa.table(
        {
            "fan_id": pa.array([row[0] for row in rows], pa.int64()),
            "event": pa.array([row[1] for row in rows], pa.string()),
            "quantity": pa.array([row[2] for row in rows], pa.int64()),
            "at": pa.array([row[3] for row in rows], pa.timestamp("us", tz="UTC")),
        }
    )


def moment(one: Transfer) -> str:
    return "" if one.kind == "spend" else str(one.effective_at)


def ledger(fan: int) -> object:
    """Everything about her, without the numbers that the database gave."""
    entries = Transfer.objects.filter(fan_id=fan).order_by("id")
    names = {one.id: f"{one.kind}:{one.about}:{one.currency}" for one in entries}
    accounts = Account.objects.filter(fan_id=fan)
    lots = Lot.objects.filter(account_id__in=accounts.values("id"))
    moves = LotMove.objects.filter(transfer_id__in=list(names))
    return (
        sorted(accounts.values_list("currency", "balance", "floor")),
        sorted(
            (names[one.id], one.amount, one.debit_id < 0, one.note, moment(one), one.rule_id or 0)
            for one in entries
        ),
        sorted((names[one.id], one.amount, one.remaining, str(one.expires_at)) for one in lots),
        sorted((names[one.lot_id], names[one.transfer_id], one.amount) for one in moves),
        list(Standing.objects.filter(fan_id=fan).values_list("rank", "highest")),
    )


@pytest.mark.django_db
class Many(TestCase):
    @settings(max_examples=25, deadline=None)
    @given(
        first=deeds,
        owed=st.integers(0, 60),
        spent=st.integers(0, 60),
        per=st.sampled_from([1, 7, 1000]),
        caps=st.tuples(st.none() | st.integers(0, 90), st.none() | st.integers(0, 60)),
        life=st.none() | st.just(36_000),
        gone=st.lists(st.integers(0, 8), max_size=5, unique=True),
        second=deeds,
    )
    def test_told_at_once_is_told_one_after_another(
        self,
        first: Deeds,
        owed: int,
        spent: int,
        per: int,
        caps: tuple[int | None, int | None],
        life: int | None,
        gone: list[int],
        second: Deeds,
    ) -> None:
        rule = Rule("run", "metre", points=10, status=3, per=per, event_cap=caps[0], day_cap=caps[1])
        publish_rule(Rule(**{**vars(rule), "life_days": life}))
        publish_rule(Rule("gift", "gift", points=1))
        set_ladder([Level(1, "fan", {"en": "Fan"}, 10, 5), Level(2, "ultra", {"en": "Ultra"}, 40, 30)])
        ones = [create_fan(source="test", external_id=f"one {number}") for number in range(3)]
        many = [create_fan(source="test", external_id=f"many {number}") for number in range(3)]
        for fan in (ones[0], many[0]):  # she owes
            if owed:
                earn(fan, "gift", "gift", quantity=owed, at=DAY)
                spend(fan, owed, f"debt {fan}")
                reverse(Transfer.objects.get(fan_id=fan, about="gift").id, note="none")
        rows = [(fan, f"deed {n}", much, DAY + timedelta(hours=h)) for n, (fan, h, much) in enumerate(first)]
        for fan, event, much, at in rows:
            earn(ones[fan], "run", event, quantity=much, at=at)
        assert earn_many("run", told([(many[fan], event, much, at) for fan, event, much, at in rows])) == len(
            rows
        )
        assert earn_many("run", told([(many[fan], event, much, at) for fan, event, much, at in rows])) == 0
        self.equal(ones, many)
        for fan in (ones[1], many[1]):
            if 0 < spent <= (balances([fan])[fan].points if fan in balances([fan]) else 0):
                spend(fan, spent, f"spent {fan}", about="cup")
        taken = [row for number, row in enumerate(rows) if number in gone]
        for fan, event, _much, _at in taken:
            unearn(ones[fan], "run", event, note="None")
        named = told([(many[fan], event, much, at) for fan, event, much, at in taken])
        for _twice in range(2):
            unearn_many("run", named, note="None")
        self.equal(ones, many)
        more = [(fan, f"more {n}", much, DAY + timedelta(hours=h)) for n, (fan, h, much) in enumerate(second)]
        for fan, event, much, at in more:
            earn(ones[fan], "run", event, quantity=much, at=at)
        earn_many("run", told([(many[fan], event, much, at) for fan, event, much, at in more]))
        self.equal(ones, many)

    def equal(self, ones: list[int], many: list[int]) -> None:
        for one, other in zip(ones, many, strict=True):
            assert ledger(other) == ledger(one)
        assert broken_promises() == []


@pytest.mark.django_db
def test_what_is_told_otherwise_writes_nothing_and_the_erased_are_left_out() -> None:
    publish_rule(Rule("run", "metre", points=1))
    fan, gone = (create_fan(source="test", external_id=name) for name in ("one", "gone"))
    erase_fan(gone)
    assert earn_many("run", told([(fan, "a", 5, DAY), (gone, "a", 5, DAY), (fan, "a", 5, DAY)])) == 1
    with pytest.raises(Conflict, match="“a” was told before"):
        earn_many("run", told([(fan, "b", 1, DAY), (fan, "a", 6, DAY)]))
    with pytest.raises(Conflict, match="“c” was told before"):
        earn_many("run", told([(fan, "c", 1, DAY), (fan, "c", 1, DAY + timedelta(seconds=1))]))
    for row, why in (
        ((fan, "", 1, DAY), "1 to 120"),
        ((fan, "d", -1, DAY), "between 0"),
        ((fan, "d", 1, datetime(2900, 1, 1, tzinfo=UTC)), "lies ahead"),
    ):
        with pytest.raises(Refused, match=why):
            earn_many("run", told([row]))
    with pytest.raises(Refused, match="no rule"):
        earn_many("swim", told([(fan, "a", 1, DAY)]))
    assert list(Deed.objects.values_list("fan_id", "event")) == [(fan, "a")]
    assert balances([fan])[fan].points == 5
    assert gone not in balances([gone])


@pytest.mark.django_db
def test_a_level_reached_by_many_is_announced_once_each() -> None:
    publish_rule(Rule("run", "metre", points=0, status=1))
    set_ladder([Level(1, "fan", {"en": "Fan"}, 10, 5)])
    set_badge("level-fan", {"en": "Fan"}, {"en": "Ten"})
    fans = [create_fan(source="test", external_id=f"{number}") for number in range(3)]
    earn_many("run", told([(fan, "a", 9 + number, DAY) for number, fan in enumerate(fans)]))
    earn_many("run", told([(fan, "b", 1, DAY) for fan in fans]))
    said = OutboxEvent.objects.filter(name="points.LevelReached").order_by("id")
    assert [str(fan) in one.payload for fan, one in zip([fans[1], fans[2], fans[0]], said, strict=True)] == [
        True
    ] * 3
    assert list(BadgeGiven.objects.order_by("fan_id").values_list("fan_id", "badge_id")) == [
        (fan, "level-fan") for fan in fans
    ]
