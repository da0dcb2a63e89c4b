"""Whatever happens in whatever order: the state is the fold of the ledger (C3), and equals a small model."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
import time_machine
from django.db import transaction
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from tifo.consents.public import (
    confirm,
    consent_states,
    forget,
    give,
    ledger,
    record_imported,
    request,
    verify_ledger,
    withdraw,
    withdraw_all,
)
from tifo.consents.rules import fold
from tifo.fans.public import create_fan, erase_fan
from tifo.kernel.public import Refused

PURPOSES = ("newsletter", "tracking")
ALL = ("newsletter", "ticketing", "partner-offers", "tracking", "research")
START = datetime(2024, 7, 26, 17, 30, tzinfo=UTC)
purposes = st.sampled_from(PURPOSES)


class Died(BaseException):
    """The process is gone."""


class OneFan(RuleBasedStateMachine):
    """The model: the acts of each purpose, and when the last one happened."""

    def __init__(self) -> None:
        super().__init__()
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        self.clock = time_machine.travel(START, tick=False)
        self.time: Any = self.clock.start()
        self.fan = create_fan(source="test", email="ann@example.org")
        self.acts: dict[str, list[str]] = {purpose: [] for purpose in ALL}
        self.last: dict[str, datetime] = {}
        self.now, self.erased = START, False

    def teardown(self) -> None:
        self.clock.stop()
        transaction.set_rollback(True)
        self.transaction.__exit__(None, None, None)

    def state(self, purpose: str) -> str | None:
        return fold(self.acts[purpose])  # type: ignore[arg-type]

    def write(self, purpose: str, act: str) -> None:
        self.acts[purpose].append(act)
        self.last[purpose] = self.now

    def expired(self, purpose: str) -> bool:
        return self.now - self.last[purpose] > timedelta(days=30)

    @rule(days=st.sampled_from([0, 1, 40]))
    def time_goes_by(self, days: int) -> None:
        self.now += timedelta(days=days, seconds=1)
        self.time.move_to(self.now)

    @rule(purpose=purposes, proof=st.booleans())
    def gives(self, purpose: str, proof: bool) -> None:
        if self.erased:
            with pytest.raises(Refused, match="erased"):
                give(self.fan, purpose, source="form")
            return
        version = give(self.fan, purpose, source="form", proof={"ip": "192.0.2.1"} if proof else {})
        if self.state(purpose) != "given":
            self.write(purpose, "given")
        assert version == len(self.acts[purpose])

    @rule(purpose=purposes)
    def asks(self, purpose: str) -> None:
        if self.erased:
            with pytest.raises(Refused, match="erased"):
                request(self.fan, purpose, source="form")
            return
        version = request(self.fan, purpose, source="form", proof={"form": "join"})
        state = self.state(purpose)
        if state in (None, "withdrawn") or (state == "pending" and self.expired(purpose)):
            self.write(purpose, "requested")
        assert version == len(self.acts[purpose])

    @rule(purpose=purposes)
    def confirms(self, purpose: str) -> None:
        state = self.state(purpose)
        if self.erased or state in (None, "withdrawn") or (state == "pending" and self.expired(purpose)):
            with pytest.raises(Refused):
                confirm(self.fan, purpose)
            return
        version = confirm(self.fan, purpose, proof={"token": "x"})
        if state == "pending":
            self.write(purpose, "given")
        assert version == len(self.acts[purpose])

    @rule(purpose=purposes)
    def withdraws(self, purpose: str) -> None:
        version = withdraw(self.fan, purpose, source="mail")
        if self.state(purpose) != "withdrawn":
            self.write(purpose, "withdrawn")
        assert version == len(self.acts[purpose])

    @rule()
    def withdraws_from_all(self) -> None:
        wanted = [purpose for purpose in ALL if self.state(purpose) != "withdrawn"]
        assert withdraw_all(self.fan, source="mail") == len(wanted)
        for purpose in wanted:
            self.write(purpose, "withdrawn")

    @rule(purpose=purposes, said=st.sampled_from(["yes", "no"]))
    def is_imported(self, purpose: str, said: str) -> None:
        state = self.state(purpose)
        with transaction.atomic():
            written = record_imported(
                pa.table(
                    {
                        "fan_id": [self.fan],
                        "purpose": [purpose],
                        "said": [said],
                        "moment": pa.array([None], pa.timestamp("us")),
                    }
                ),
                source="file",
            )
        act = None
        if not self.erased and said == "no" and state != "withdrawn":
            act = "withdrawn"
        if not self.erased and said == "yes" and state is None:
            act = "given"
        assert written == (act is not None)
        if act:
            self.write(purpose, act)

    @rule(act=st.sampled_from((give, request, withdraw)), purpose=purposes)
    def dies_before_it_is_written(self, act: Callable[..., int], purpose: str) -> None:
        """A process that dies at the end of its act leaves nothing of it: the model stays."""
        with suppress(Died), transaction.atomic():
            if not self.erased or act is withdraw:
                act(self.fan, purpose, source="form")
            raise Died

    @rule()
    def is_erased(self) -> None:
        erase_fan(self.fan)
        forget(self.fan)
        self.erased = True
        for purpose in ALL:
            if self.state(purpose) in ("given", "pending"):
                self.write(purpose, "withdrawn")

    @invariant()
    def the_ledger_is_the_model(self) -> None:
        entries = ledger(self.fan)
        for purpose in ALL:
            assert [entry.act for entry in entries if entry.purpose == purpose] == self.acts[purpose]
        assert {
            state.purpose: (state.state, state.version, state.moment) for state in consent_states(self.fan)
        } == {
            purpose: (self.state(purpose), len(acts), self.last[purpose])
            for purpose, acts in self.acts.items()
            if acts
        }
        if self.erased:
            assert not any(entry.proof for entry in entries)

    @invariant()
    def the_chain_verifies(self) -> None:
        assert verify_ledger(self.fan) == []


@pytest.mark.django_db
def test_c3_every_story_of_a_fan_ends_in_the_fold_of_her_ledger() -> None:
    run_state_machine_as_test(
        OneFan, settings=settings(max_examples=8, stateful_step_count=12, deadline=None)
    )  # type: ignore[no-untyped-call]
