"""The life of messages as a random story, against a model written apart (M1 to M4, M7, M11, M12, C1)."""

from collections import Counter
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.delivery.world import Recorder, entered, fan, newsletter, undone, woven
from tifo.consents.public import give, heads, withdraw
from tifo.delivery.models import Message
from tifo.delivery.public import (
    Claimed,
    Outcome,
    Parcel,
    Verdict,
    cancel,
    claim,
    counts,
    cross,
    pause,
    recover,
    resume,
)
from tifo.fans.public import erase_fan

FANS = 6
TERMINAL = {"accepted", "refused", "suppressed", "expired", "cancelled"}
VERDICTS = {
    "accepted": Outcome(Verdict.ACCEPTED, "body", 250, "ok"),
    "refused": Outcome(Verdict.REFUSED, "body", 554, "5.7.1 no"),
    "unknown": Outcome(Verdict.UNKNOWN, "body", 0, "silence"),
    "planned": Outcome(Verdict.DEFERRED, "connect", 0, "stopped"),
}


class Story(RuleBasedStateMachine):
    """One mailing, six fans, two senders that may die, a marketer who changes her mind."""

    def __init__(self) -> None:
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()

    def teardown(self) -> None:
        undone()
        self.atomic.__exit__(None, None, None)

    @initialize()
    def begin(self) -> None:
        self.fans = [fan(number) for number in range(FANS)]
        self.mailing = newsletter()
        entered(self.mailing, self.fans)
        self.claims: list[list[Claimed]] = []
        self.may = dict.fromkeys(self.fans, True)
        self.state = "open"
        self.crossed: Counter[int] = Counter()
        self.taken: Counter[int] = Counter()
        self.ended: dict[int, str] = {}
        self.doubted: set[int] = set()

    @rule(size=st.integers(1, 4), owner=st.sampled_from("ab"))
    def claims_some(self, size: int, owner: str) -> None:
        got = claim(self.mailing, 0, owner=owner, size=size)
        assert self.state == "open" or not got
        if got:
            self.claims.append(got)

    @precondition(lambda self: self.claims)
    @rule(data=st.data())
    def crosses(self, data: Any) -> None:
        window = self.claims.pop(data.draw(st.integers(0, len(self.claims) - 1)))
        answers = {one.message_id: data.draw(st.sampled_from(sorted(VERDICTS))) for one in window}
        by_message = {one.message_id: one for one in window}

        def answer(parcel: Parcel) -> Outcome:
            said = answers[parcel.key]
            self.crossed[parcel.key] += said != "planned"
            self.taken[parcel.key] += said == "accepted"
            assert self.state == "open"
            assert self.may[by_message[parcel.key].fan_id]
            assert parcel.key not in self.doubted
            named = Message.objects.get(pk=parcel.key).consent_version
            fan_id = by_message[parcel.key].fan_id
            assert heads([fan_id], "newsletter")[fan_id].version == named
            if said == "unknown":
                self.doubted.add(parcel.key)
            return VERDICTS[said]

        cross(self.mailing, woven(window), Recorder(answer))

    @rule(owner=st.sampled_from("ab"))
    def a_sender_dies(self, owner: str) -> None:
        recover(self.mailing, 0, owner=owner)

    @rule()
    def enters_again(self) -> None:
        entered(self.mailing, self.fans)

    @rule(index=st.integers(0, FANS - 1))
    def withdraws(self, index: int) -> None:
        withdraw(self.fans[index], "newsletter", source="test")
        self.may[self.fans[index]] = False

    @rule(index=st.integers(0, FANS - 1))
    def gives_again(self, index: int) -> None:
        if self.fans[index] not in getattr(self, "erased", ()):
            give(self.fans[index], "newsletter", source="test")
            self.may[self.fans[index]] = True

    @rule(index=st.integers(0, 1))
    def is_erased(self, index: int) -> None:
        if self.fans[index] not in getattr(self, "erased", ()):
            erase_fan(self.fans[index])
            self.erased = (*getattr(self, "erased", ()), self.fans[index])
            self.may[self.fans[index]] = False

    @precondition(lambda self: self.state != "cancelled")
    @rule(paused=st.booleans())
    def pauses_or_resumes(self, paused: bool) -> None:
        (pause if paused else resume)(self.mailing)
        self.state = "paused" if paused else "open"

    @rule(really=st.integers(0, 5))
    def cancels(self, really: int) -> None:
        if really == 0:
            cancel(self.mailing)
            self.state = "cancelled"

    @invariant()
    def everything_adds_up(self) -> None:
        if not hasattr(self, "mailing"):
            return
        found = counts(self.mailing)
        closed = found.accepted + found.refused + found.unknown + found.expired + found.cancelled
        assert found.prepared == FANS == closed + sum(found.suppressed.values()) + found.open
        rows = dict(Message.objects.filter(mailing_id=self.mailing).values_list("id", "state"))
        for message_id, state in self.ended.items():
            assert rows[message_id] == state
        self.ended = {message_id: state for message_id, state in rows.items() if state in TERMINAL}
        assert all(count <= 1 for count in self.crossed.values())
        assert {key for key, count in self.taken.items() if count} == {
            message_id for message_id, state in rows.items() if state == "accepted"
        }


@pytest.mark.django_db
def test_every_story_of_messages_keeps_the_promises() -> None:
    """M1 to M4, M7, M11, M12, M14, C1."""
    case = Story.TestCase()
    case.settings = settings(
        max_examples=25, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
    )
    case.runTest()
