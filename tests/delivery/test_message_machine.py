"""The life of messages as a random story, with crashes anywhere, against a model written apart (M1 to M4, M7, M11, M12, C1)."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.delivery.world import Recorder, entered, fan, newsletter, plan, undone, woven
from tifo.consents.public import give, heads, withdraw
from tifo.delivery.actions import crossing, ledger
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
    enter,
    let_go,
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
CLAIMING = ("delivery.claimed", "delivery.claim-committed")
CROSSING = (
    "delivery.gate",
    "delivery.committed",
    "delivery.handed-over",
    "delivery.answered",
    "delivery.recording",
    "delivery.recorded",
)
ACTS = (
    *("claims_and_crosses",) * 4,
    *("claims", "crosses_late", "a_sender_is_gone", "pauses_or_resumes", "withdraws") * 2,
    *("lets_go", "enters_again", "gives_again", "is_erased", "cancels"),
)
Draw = Callable[[Any], Any]
OWNERS = st.sampled_from("ab")
DEATHS = st.sampled_from((None, None, None, *CROSSING))


class Died(BaseException):
    """The process is gone: no handler of errors sees it."""


class Death:
    """Comes at a point; from there on nothing more is done."""

    at: str | None = None
    dead = False

    @classmethod
    def passes(cls, point: str) -> None:
        cls.dead = cls.dead or point == cls.at
        if cls.dead:
            raise Died(point)

    @classmethod
    @contextmanager
    def coming(cls, point: str | None) -> Iterator[None]:
        cls.at, cls.dead = point, False
        try:
            with suppress(Died):
                yield
        finally:
            cls.at, cls.dead = None, False


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
        entered(self.mailing, self.fans[:3])
        with transaction.atomic():
            self.held = enter(self.mailing, 0, plan(self.fans), owner="a").held
        self.claimed: list[list[Claimed]] = []
        self.erased: set[int] = set()
        self.may = dict.fromkeys(self.fans, True)
        self.state = "open"
        self.crossed: Counter[int] = Counter()
        self.taken: Counter[int] = Counter()
        self.ended: dict[int, str] = {}
        self.doubted: set[int] = set()
        self.unheard: set[int] = set()  # the sender died with the answers to these

    @rule(act=st.sampled_from(ACTS), data=st.data())
    def happens(self, act: str, data: Any) -> None:
        """One rule for all, so that none of them is left out of a story."""
        getattr(self, act)(data.draw)

    def claims(self, draw: Draw) -> None:
        with Death.coming(draw(st.sampled_from((None, None, *CLAIMING)))):
            got = self.claim(draw, draw(st.integers(1, 4)))
            assert self.state == "open" or not got
            if got:
                self.claimed.append(got)

    def claims_and_crosses(self, draw: Draw) -> None:
        if window := self.claim(draw, 2):
            self.cross(window, draw)

    def claim(self, draw: Draw, size: int) -> list[Claimed]:
        owner = draw(OWNERS)
        return claim(self.mailing, 0, owner=owner, size=size, held=self.held if owner == "a" else None)

    def lets_go(self, _: Draw) -> None:
        let_go(self.held)

    def crosses_late(self, draw: Draw) -> None:
        if self.claimed:
            self.cross(self.claimed.pop(draw(st.integers(0, len(self.claimed) - 1))), draw)

    def cross(self, window: list[Claimed], draw: Draw) -> None:
        answers = {one.message_id: draw(st.sampled_from(sorted(VERDICTS))) for one in window}
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

        with Death.coming(draw(DEATHS)):
            cross(self.mailing, woven(window), Recorder(answer))
        rows = dict(Message.objects.filter(pk__in=answers).values_list("id", "state"))
        self.unheard |= {message_id for message_id, state in rows.items() if state == "committing"}

    def a_sender_is_gone(self, draw: Draw) -> None:
        recover(self.mailing, 0, owner=draw(OWNERS))

    def enters_again(self, _: Draw) -> None:
        entered(self.mailing, self.fans)

    def withdraws(self, draw: Draw) -> None:
        fan_id = draw(st.sampled_from(self.fans))
        withdraw(fan_id, "newsletter", source="test")
        self.may[fan_id] = False

    def gives_again(self, draw: Draw) -> None:
        fan_id = draw(st.sampled_from(self.fans))
        if fan_id not in self.erased:
            give(fan_id, "newsletter", source="test")
            self.may[fan_id] = True

    def is_erased(self, draw: Draw) -> None:
        fan_id = draw(st.sampled_from(self.fans[:2]))
        if fan_id not in self.erased:
            erase_fan(fan_id)
            self.erased.add(fan_id)
            self.may[fan_id] = False

    def pauses_or_resumes(self, _: Draw) -> None:
        if self.state != "cancelled":
            (pause if self.state == "open" else resume)(self.mailing)
            self.state = "paused" if self.state == "open" else "open"

    def cancels(self, draw: Draw) -> None:
        if draw(st.integers(0, 4)) == 4:
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
        assert {key for key, count in self.taken.items() if count} - self.unheard == {
            message_id for message_id, state in rows.items() if state == "accepted"
        }
        assert all(rows[message_id] in ("committing", "unknown") for message_id in self.unheard)


@pytest.mark.django_db
def test_every_story_of_messages_keeps_the_promises(monkeypatch: pytest.MonkeyPatch) -> None:
    """M1 to M4, M7, M11, M12, M14, C1."""
    monkeypatch.setattr(crossing, "crash_point", Death.passes)
    monkeypatch.setattr(ledger, "crash_point", Death.passes)
    case = Story.TestCase()
    case.settings = settings(
        max_examples=25, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
    )
    case.runTest()
