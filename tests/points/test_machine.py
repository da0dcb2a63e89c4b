"""Whatever happens to a fan's points in whatever order: balance, lots and past balances equal a small model (L1, L2, L3,
L5, L8, L9)."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import transaction
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from tifo.fans.public import create_fan, erase_fan
from tifo.kernel.public import Refused
from tifo.points.models import Transfer
from tifo.points.public import (
    Conflict,
    Rule,
    Short,
    balance_at,
    balances,
    broken_promises,
    earn,
    expire,
    forfeit_all,
    publish_rule,
    reverse,
    spend,
)

START = datetime(2023, 11, 1, 12, tzinfo=UTC)
RUN = Rule("run", "metre", points=10, status=1, per=1000, event_cap=100, day_cap=150, life_days=30)
QUIZ = Rule("quiz", "answer", points=7, status=7)


@dataclass
class Lot:
    """Model of one earning: what is left, when it goes."""

    left: int
    expires: datetime | None


@dataclass
class Payment:
    """Model of a payment: from which lots how much."""

    amount: int
    took: list[tuple[int, int]]
    undone: bool = False


@dataclass
class Model:
    """Points of one fan as a person would keep them on paper."""

    lots: dict[int, Lot] = field(default_factory=dict)
    owed: int = 0
    status: int = 0
    lines: list[tuple[datetime, int]] = field(default_factory=list)
    by_day: Counter[tuple[str, datetime]] = field(default_factory=Counter)

    @property
    def points(self) -> int:
        return sum(lot.left for lot in self.lots.values()) - self.owed

    def take(self, amount: int, first: int | None = None) -> list[tuple[int, int]]:
        never = datetime.max.replace(tzinfo=UTC)
        order = sorted(self.lots, key=lambda one: (one != first, self.lots[one].expires or never, one))
        took = []
        for one in order:
            part = min(self.lots[one].left, amount)
            self.lots[one].left -= part
            amount -= part
            if part:
                took.append((one, part))
        self.owed += amount
        return took

    def expire(self, now: datetime) -> None:
        for lot in self.lots.values():
            if lot.expires is not None and lot.expires <= now and lot.left:
                self.lines.append((lot.expires, -lot.left))
                lot.left = 0


class OneFan(RuleBasedStateMachine):
    """Runs the ledger beside the model."""

    def __init__(self) -> None:
        super().__init__()
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        self.clock = time_machine.travel(START, tick=False)
        self.time: Any = self.clock.start()
        self.fan = create_fan(source="test", email="ann@example.org")
        publish_rule(RUN)
        publish_rule(QUIZ)
        self.now, self.number, self.gone = START, 0, False
        self.model = Model()
        self.earned: dict[int, tuple[str, datetime, int, int]] = {}  # transfer: rule, when, points, status
        self.told: list[tuple[str, str, int, datetime]] = []
        self.payments: dict[int, Payment] = {}

    def teardown(self) -> None:
        self.clock.stop()
        transaction.set_rollback(True)
        self.transaction.__exit__(None, None, None)

    @rule(hours=st.sampled_from([1, 11, 24, 24 * 29]))
    def time_goes_by(self, hours: int) -> None:
        self.now += timedelta(hours=hours)
        self.time.move_to(self.now)

    @rule(
        which=st.sampled_from([RUN, QUIZ]), quantity=st.integers(0, 14_000), ago=st.sampled_from([0, 5, 40])
    )
    def earns(self, which: Rule, quantity: int, ago: int) -> None:
        self.number += 1
        at = self.now - timedelta(hours=ago)
        event = f"event {self.number}"
        if self.gone:
            with pytest.raises(Refused, match="erased"):
                earn(self.fan, which.key, event, quantity=quantity, at=at)
            return
        found = earn(self.fan, which.key, event, quantity=quantity, at=at)
        day = (which.key, at.replace(hour=0, minute=0, second=0, microsecond=0))
        points, status = quantity * which.points // which.per, quantity * which.status // which.per
        if which is RUN:
            points = min(points, 100, 150 - self.model.by_day[day])
        assert (found.points, found.status, found.again) == (points, status, False)
        self.told.append((which.key, event, quantity, at))
        self.model.by_day[day] += points
        self.model.status += status
        if points:
            self.model.lines.append((at, points))
            (lot,) = Transfer.objects.filter(deed_id=found.deed_id, currency="points").values_list(
                "id", flat=True
            )
            owed = min(self.model.owed, points)
            self.model.owed -= owed
            life = timedelta(days=which.life_days) if which.life_days else None
            self.model.lots[lot] = Lot(points - owed, at + life if life else None)
            self.earned[lot] = (which.key, at, points, status)

    @rule(data=st.data(), other=st.booleans())
    def the_same_is_told_again(self, data: st.DataObject, other: bool) -> None:
        if not self.told or self.gone:
            return
        key, event, quantity, at = data.draw(st.sampled_from(self.told))
        if other:
            with pytest.raises(Conflict):
                earn(self.fan, key, event, quantity=quantity + 1, at=at)
        else:
            assert earn(self.fan, key, event, quantity=quantity, at=at).again

    @rule(amount=st.integers(1, 250))
    def spends(self, amount: int) -> None:
        self.number += 1
        if self.gone:
            with pytest.raises(Refused, match="erased"):
                spend(self.fan, amount, f"cap {self.number}")
            return
        before = Model(lots={one: Lot(lot.left, lot.expires) for one, lot in self.model.lots.items()})
        before.owed = self.model.owed
        before.expire(self.now)
        if before.points < amount:
            with pytest.raises(Short):
                spend(self.fan, amount, f"cap {self.number}")
            return
        self.model.expire(self.now)
        number = spend(self.fan, amount, f"cap {self.number}", about="a cap")
        assert spend(self.fan, amount, f"cap {self.number}", about="a cap") == number
        with pytest.raises(Conflict):
            spend(self.fan, amount + 1, f"cap {self.number}", about="a cap")
        self.model.lines.append((self.now, -amount))
        self.payments[number] = Payment(amount, self.model.take(amount))

    @rule(data=st.data())
    def an_earning_is_taken_back(self, data: st.DataObject) -> None:
        if not self.earned or self.gone:
            return
        lot = data.draw(st.sampled_from(sorted(self.earned)))
        key, at, points, _status = self.earned.pop(lot)
        number = reverse(lot, note="the watch was on a bicycle")
        assert reverse(lot, note="again") == number
        self.model.take(points, first=lot)
        self.model.lines.append((at, -points))
        self.model.by_day[key, at.replace(hour=0, minute=0, second=0, microsecond=0)] -= points

    @rule(data=st.data())
    def a_payment_is_given_back(self, data: st.DataObject) -> None:
        standing = sorted(number for number, payment in self.payments.items() if not payment.undone)
        if not standing or self.gone:
            return
        number = data.draw(st.sampled_from(standing))
        payment = self.payments[number]
        payment.undone = True
        reverse(number, note="sold out")
        self.model.lines.append((self.now, payment.amount))
        for lot, part in payment.took:
            kept = min(self.model.owed, part)
            self.model.owed -= kept
            self.model.lots[lot].left += part - kept

    @rule()
    def what_is_over_goes(self) -> None:
        while expire():
            pass
        self.model.expire(self.now)

    @rule()
    def she_is_erased(self) -> None:
        if self.gone or self.number < 8:
            return
        erase_fan(self.fan)
        forfeit_all(self.fan)
        self.gone = True
        self.model.expire(self.now)
        self.model.lines.append((self.now, -max(0, self.model.points)))
        self.model.status = 0
        for lot in self.model.lots.values():
            lot.left = 0

    @invariant()
    def she_has_what_the_model_says(self) -> None:
        found = balances([self.fan]).get(self.fan)
        if found is not None:
            assert (found.points, found.status) == (self.model.points, self.model.status)

    @invariant()
    def the_ledger_holds_over_the_base(self) -> None:
        assert broken_promises() == []

    @rule(hours=st.integers(0, 1200))
    def what_she_had_is_what_the_lines_say(self, hours: int) -> None:
        instant = self.now - timedelta(hours=hours)
        expected = sum(amount for at, amount in self.model.lines if at <= instant)
        assert balance_at(self.fan, instant).points == expected


@pytest.mark.django_db
def test_l2_l3_a_fans_points_equal_a_model_whatever_happens() -> None:
    run_state_machine_as_test(
        OneFan, settings=settings(max_examples=40, stateful_step_count=25, deadline=None)
    )
