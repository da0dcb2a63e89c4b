"""Whatever happens to an allocation in whatever order: entries, awards and stock equal a small model, and the verifier
agrees with it all (L4, L7, D7)."""

from datetime import datetime, timedelta
from typing import ClassVar

import pytest
from django.db import transaction
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.draws.verifier import verifier
from tests.rewards.world import BEACON, CLOSES, OPENS, Hands, offered
from tifo.fans.public import create_fan, erase_fan
from tifo.kernel.public import Refused
from tifo.rewards.actions import let_go
from tifo.rewards.public import (
    State,
    broken_promises,
    claim,
    draw,
    enter,
    forfeit,
    freeze,
    mine,
    open_offer,
    pass_on_overdue,
    stock,
    transcript,
    withdraw,
)

PLACES = {"women": 2, "men": 1}
STRATA = "strata:\n- {key: women, places: 2, genders: [female]}\n- {key: men, places: 1, genders: [male]}\n"
FANS = 7
WEEK = timedelta(days=7)
who = st.integers(0, FANS - 1)


class Allocation(RuleBasedStateMachine):
    """Seven fans and three places. `state` is what the model thinks of each: "", in, out; then offered, claimed, forfeited."""

    hands: ClassVar[Hands]
    from_the_draw_on: ClassVar[bool] = False

    def __init__(self) -> None:
        super().__init__()
        self.undo = transaction.atomic()
        self.undo.__enter__()
        self.stage = State.OPEN
        self.entered: dict[int, str] = {}
        self.erased: set[int] = set()
        self.order: dict[str, list[int]] = {"women": [], "men": []}
        self.awards: dict[int, str] = {}
        self.deadline: dict[int, datetime] = {}

    def teardown(self) -> None:
        if self.stage is State.DRAWN:
            assert verifier.verify(transcript("ten-bibs")).good
        transaction.set_rollback(True)
        self.undo.__exit__(None, None, None)

    @initialize(entering=st.sets(who, min_size=4))
    def opens(self, entering: set[int]) -> None:
        self.hands.go(OPENS)
        self.fans = [
            create_fan(source="test", email=f"fan{n}@example.org", gender="female" if n % 3 else "male")
            for n in range(FANS)
        ]
        open_offer(offered(STRATA))
        for n in range(FANS) if self.from_the_draw_on else sorted(entering):
            self.enters(n)
        if self.from_the_draw_on:
            self.is_frozen()
            self.is_drawn()

    def part(self, n: int) -> str:
        return "women" if n % 3 else "men"

    @precondition(lambda self: self.stage is State.OPEN)
    @rule(n=who)
    def enters(self, n: int) -> None:
        if n in self.erased:
            with pytest.raises(Refused, match="erased"):
                enter(self.fans[n], "ten-bibs")
            return
        enter(self.fans[n], "ten-bibs")
        self.entered[n] = "in"

    @precondition(lambda self: self.stage is not State.OPEN)
    @rule(n=who)
    def enters_too_late(self, n: int) -> None:
        if self.entered.get(n) != "in" and n not in self.erased:
            with pytest.raises(Refused, match="closed"):
                enter(self.fans[n], "ten-bibs")

    @precondition(lambda self: self.stage is State.OPEN)
    @rule(n=who)
    def withdraws(self, n: int) -> None:
        withdraw(self.fans[n], "ten-bibs")
        if self.entered.get(n) == "in":
            self.entered[n] = "out"

    @rule(n=who)
    def is_erased(self, n: int) -> None:
        erase_fan(self.fans[n])
        let_go(self.fans[n])
        self.erased.add(n)
        if self.stage is State.OPEN and n in self.entered:
            self.entered[n] = "out"
        if self.awards.get(n) == "offered":
            self.pass_on([n])

    @precondition(lambda self: "in" in self.entered.values() and self.stage is State.OPEN)
    @rule()
    def is_frozen(self) -> None:
        with pytest.raises(Refused, match="takes entries until"):
            freeze("ten-bibs")
        self.hands.go(CLOSES)
        freeze("ten-bibs")
        self.stage = State.FROZEN

    @precondition(lambda self: self.stage is State.FROZEN)
    @rule()
    def is_drawn(self) -> None:
        with pytest.raises(Refused, match="can be drawn from"):
            draw("ten-bibs", BEACON)
        self.hands.go(timedelta(hours=1))
        draw("ten-bibs", BEACON)
        self.stage = State.DRAWN
        ranked = [
            (mine("ten-bibs", self.fans[n]).rank or 0, n) for n, said in self.entered.items() if said == "in"
        ]
        for part in PLACES:
            self.order[part] = [n for _rank, n in sorted(ranked) if self.part(n) == part]
            first = self.order[part][: PLACES[part]]
            for n in first:
                self.offer(n)
            self.pass_on([n for n in first if n in self.erased])

    @precondition(lambda self: self.stage is State.DRAWN)
    @rule()
    def is_drawn_again(self) -> None:
        draw("ten-bibs", BEACON)
        freeze("ten-bibs")

    @precondition(lambda self: self.stage is State.DRAWN)
    @rule(choice=who)
    def claims(self, choice: int) -> None:
        n = self.likely(choice, "offered")
        if self.awards.get(n) == "claimed" or (
            self.awards.get(n) == "offered" and self.hands.at <= self.deadline[n]
        ):
            claim(self.fans[n], "ten-bibs")
            self.awards[n] = "claimed"
        else:
            with pytest.raises(Refused):
                claim(self.fans[n], "ten-bibs")

    @precondition(lambda self: self.stage is State.DRAWN)
    @rule(choice=who, state=st.sampled_from(["claimed", "offered", "forfeited"]))
    def loses_it(self, choice: int, state: str) -> None:
        n = self.likely(choice, state)
        part = self.part(n)
        rank = self.order[part].index(n) + 1 if n in self.order[part] else 99
        if n not in self.awards:
            with pytest.raises(Refused, match="no place was offered"):
                forfeit("ten-bibs", part, rank, reason="no passport")
            return
        forfeit("ten-bibs", part, rank, reason="no passport")
        if self.awards[n] != "forfeited":
            self.pass_on([n])

    @precondition(lambda self: self.stage is State.DRAWN)
    @rule(weeks=st.integers(1, 3))
    def time_goes_by(self, weeks: int) -> None:
        self.hands.go(weeks * WEEK)
        late = [
            n for n, state in self.awards.items() if state == "offered" and self.hands.at > self.deadline[n]
        ]
        assert pass_on_overdue() is bool(late)
        for part in PLACES:
            self.pass_on([n for n in late if self.part(n) == part])

    @precondition(lambda self: self.stage is State.DRAWN)
    @rule(weeks=st.integers(1, 3))
    def nobody_looks(self, weeks: int) -> None:
        self.hands.go(weeks * WEEK)

    def likely(self, choice: int, state: str) -> int:
        """One with an award in this state, if there is any and the choice is not the last."""
        those = sorted(n for n, said in self.awards.items() if said == state)
        return those[choice % len(those)] if those and choice < FANS - 1 else choice

    def offer(self, n: int) -> None:
        self.awards[n] = "offered"
        self.deadline[n] = self.hands.at + timedelta(days=14)

    def pass_on(self, lost: list[int]) -> None:
        for n in lost:
            self.awards[n] = "forfeited"
        wanted = len(lost)
        for n in self.order[self.part(lost[0])] if lost else []:
            if wanted and n not in self.awards:
                if n in self.erased:
                    self.awards[n] = "forfeited"
                else:
                    self.offer(n)
                    wanted -= 1

    @invariant()
    def each_reads_what_the_model_says(self) -> None:
        for n, said in self.entered.items():
            found = mine("ten-bibs", self.fans[n])
            assert (found.reason == "") is (said == "in")
            assert (str(found.award) if found.award else None) == self.awards.get(n)

    @invariant()
    def places_add_up(self) -> None:
        for one in stock("ten-bibs"):
            states = [state for n, state in self.awards.items() if self.part(n) == one.stratum]
            assert (one.initial, one.pending, one.posted) == (
                PLACES[one.stratum],
                states.count("offered"),
                states.count("claimed"),
            )
            assert one.available == one.initial - one.pending - one.posted
        assert broken_promises() == []


class FromTheDrawOn(Allocation):
    """The same, with all seven in and drawn."""

    from_the_draw_on = True


@pytest.mark.django_db
@pytest.mark.parametrize(("machine", "examples"), [(Allocation, 8), (FromTheDrawOn, 12)])
def test_l4_l7_d7_an_allocation_equals_a_model_whatever_happens(
    monkeypatch: pytest.MonkeyPatch, machine: type[Allocation], examples: int
) -> None:
    Allocation.hands = Hands(monkeypatch, OPENS)
    run_state_machine_as_test(
        machine, settings=settings(max_examples=examples, stateful_step_count=20, deadline=None)
    )
