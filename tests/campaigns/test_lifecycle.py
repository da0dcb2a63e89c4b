"""A sending's life as a random story, held against a small model written apart (M7, M11, M12, S5)."""

import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from importlib import import_module

import pytest
from django.conf import LazySettings
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.accounts.signing import staff
from tests.campaigns.made import definition, fan, taken
from tests.delivery.world import Sink, inbox
from tifo.campaigns.actions import begin_due, plan_waiting, send_chunk
from tifo.campaigns.public import (
    approve,
    cancel,
    go_on,
    occurrence,
    pause,
    progress,
    resume,
    save_campaign,
    start,
    watch_sendings,
)
from tifo.delivery.models import Feedback, Message
from tifo.kernel.public import Refused, clock

pytestmark = pytest.mark.django_db(transaction=True)

FANS, CHUNK = 5, 2
NO_CONSENT = 1
ENDED = {"finished", "cancelled"}
TERMINAL = {"accepted", "refused", "suppressed", "expired", "cancelled"}
numbers = itertools.count(1)


class Model:
    """What one sending should be, in a few plain words."""

    def __init__(self, edition: int) -> None:
        self.edition = edition
        self.stage, self.before = "planning", ""
        self.chunks = -(-FANS // CHUNK)
        self.approved = False
        self.sent = False
        self.tolerated = False

    @property
    def ended(self) -> bool:
        return self.stage in ENDED


class Story(RuleBasedStateMachine):
    """One campaign, somebody who writes and starts it, a second person, a worker; they act in any order."""

    sink: Sink
    writer: int
    second: int

    @initialize()
    def begin(self) -> None:
        self.name = f"story-{next(numbers)}"
        self.edition = 1
        self.sendings: list[tuple[int, Model]] = []
        self.before = len(self.sink.contents)
        self.settled: dict[int, str] = {}
        save_campaign(definition(self.name), actor=self.writer)

    def teardown(self) -> None:
        if getattr(self, "sendings", None) and not self.sendings[-1][1].ended:
            cancel(self.sendings[-1][0])

    def _try(self, act: Callable[[], None], *, may: bool) -> bool:
        """Do it; it must be refused exactly when the model says so."""
        if may:
            act()
            return True
        with pytest.raises(Refused):
            act()
        return False

    @rule()
    def edits(self) -> None:
        self.edition += 1
        save_campaign(definition(self.name, edition=self.edition), actor=self.writer)

    @rule(again=st.booleans())
    def starts(self, again: bool) -> None:
        last = self.sendings[-1] if self.sendings else None
        same = last is not None and last[1].edition == self.edition
        if last and not last[1].ended:
            known, may = last[0], same
        elif last and last[1].sent and not again:
            known, may = last[0], same and last[1].stage == "finished"
        else:
            known, may = None, True
        if not may:
            with pytest.raises(Refused):
                start(self.name, actor=self.writer, again=again)
            return
        made = start(self.name, actor=self.writer, again=again)
        if known is None:
            assert made not in [number for number, _ in self.sendings]
            self.sendings.append((made, Model(self.edition)))
        else:
            assert made == known

    @rule()
    def the_worker_plans(self) -> None:
        waits = bool(self.sendings) and self.sendings[-1][1].stage == "planning"
        assert plan_waiting() == waits
        if waits:
            self.sendings[-1][1].stage = "awaiting-approval"

    @rule(by_the_writer=st.integers(0, 3).map(lambda n: n == 0))
    def is_approved(self, by_the_writer: bool) -> None:
        if not self.sendings:
            return
        number, model = self.sendings[-1]
        seen = occurrence(number)
        who = self.writer if by_the_writer else self.second
        may = model.stage == "awaiting-approval" and not by_the_writer and model.edition == self.edition
        if self._try(
            lambda: approve(
                number, actor=who, audience_hash=seen.audience_hash, fingerprint=seen.fingerprint
            ),
            may=may,
        ):
            model.stage, model.approved = "scheduled", True

    @rule()
    def the_hour_comes(self) -> None:
        waits = bool(self.sendings) and self.sendings[-1][1].stage == "scheduled"
        assert begin_due() == waits
        if waits:
            self.sendings[-1][1].stage = "sending"

    @rule()
    def gets_under_way(self) -> None:
        """The usual order at one go, for stories that would seldom come so far."""
        self.starts(again=True)
        self.the_worker_plans()
        self.is_approved(by_the_writer=False)
        self.the_hour_comes()

    @rule(chunks=st.integers(1, 3))
    def the_worker_sends(self, chunks: int) -> None:
        for _ in range(chunks):
            goes = bool(self.sendings) and self.sendings[-1][1].stage == "sending"
            assert send_chunk() == goes
            if goes:
                model = self.sendings[-1][1]
                model.chunks, model.sent = model.chunks - 1, True
                model.stage = "sending" if model.chunks else "finished"

    @rule()
    def is_paused(self) -> None:
        if self.sendings:
            number, model = self.sendings[-1]
            may = model.stage in ("sending", "scheduled", "paused", "halted")
            if self._try(lambda: pause(number, actor=self.second), may=may) and model.stage != "paused":
                model.stage, model.before = "paused", model.stage

    @rule()
    def goes_on(self) -> None:
        if self.sendings:
            number, model = self.sendings[-1]
            may = model.stage in ("sending", "scheduled", "paused")
            if self._try(lambda: resume(number, actor=self.writer), may=may) and model.stage == "paused":
                model.stage, model.before = model.before, ""

    @rule(they_are=st.integers(0, 2))
    def most_servers_find_it_unwelcome(self, they_are: int) -> None:
        """They send back all that they took; three of a few are beyond doubt. Under a pause it halts too."""
        under_way = [
            (number, model)
            for number, model in self.sendings
            if model.stage == "sending" or (model.stage, model.before) == ("paused", "sending")
        ]
        for number, model in under_way if they_are else []:
            taken = Message.objects.filter(mailing_id=occurrence(number).mailing_id, state="accepted")
            for message in taken:
                Feedback.objects.get_or_create(  # not a bounce or complaint: these would bar her from the next sending
                    digest=f"{message.pk}".encode(),
                    defaults={
                        "mailing_id": message.mailing_id,
                        "message_id": message.pk,
                        "fan_id": message.fan_id,
                        "kind": "blocked",
                        "source": "test",
                        "heard_at": clock.now(),
                    },
                )
            halts = taken.count() >= 3 and not model.tolerated
            assert watch_sendings() == halts
            if halts and model.stage == "paused":
                model.before = "halted"
            elif halts:
                model.stage = "halted"

    @rule(paused=st.booleans())
    def goes_wrong(self, paused: bool) -> None:
        """Under way, nearly done, and then unwelcome, at one go."""
        self.gets_under_way()
        while self.sendings and self.sendings[-1][1].stage == "sending" and self.sendings[-1][1].chunks > 1:
            self.the_worker_sends(chunks=1)
        if paused:
            self.is_paused()
        self.most_servers_find_it_unwelcome(they_are=1)

    @rule(why=st.sampled_from(["The relay was new to them.", " "]))
    def is_let_go_on(self, why: str) -> None:
        if self.sendings:
            number, model = self.sendings[-1]
            may = model.stage == "halted" and bool(why.strip())
            if self._try(lambda: go_on(number, actor=self.second, reason=why), may=may):
                model.stage, model.tolerated = "sending", True

    @rule(really=st.integers(0, 4))
    def is_cancelled(self, really: int) -> None:
        if self.sendings and really == 0:
            number, model = self.sendings[-1]
            if self._try(lambda: cancel(number, actor=self.second), may=model.stage != "finished"):
                model.stage = "cancelled"

    @invariant()
    def each_sending_stands_where_the_model_says(self) -> None:
        for number, model in getattr(self, "sendings", []):
            done = progress(number)
            assert done.stage == model.stage
            closed = done.accepted + done.refused + done.unknown + done.expired + done.cancelled
            assert done.planned == closed + done.suppressed_total + done.open
            if model.stage not in ("planning", "cancelled"):
                assert done.planned == FANS
            if model.stage == "finished":
                assert (done.accepted, done.suppressed) == (FANS - NO_CONSENT, {"no_consent": NO_CONSENT})
            if model.stage == "cancelled":
                assert done.open == 0

    @invariant()
    def nobody_gets_a_sending_twice_or_another_text(self) -> None:
        if not hasattr(self, "sendings"):
            return
        got = Counter(taken(self.sink)[self.before :])
        may = Counter(f"Edition {model.edition}" for _, model in self.sendings if model.sent)
        assert all(times <= may[subject] for (_, subject), times in got.items())
        accepted = sum(progress(number).accepted for number, _ in self.sendings)
        assert sum(got.values()) == accepted
        assert all(model.approved for _, model in self.sendings if model.sent)

    @invariant()
    def what_is_settled_stays(self) -> None:
        mailings = [occurrence(number).mailing_id for number, _ in getattr(self, "sendings", [])]
        rows = dict(Message.objects.filter(mailing_id__in=filter(None, mailings)).values_list("id", "state"))
        for message, state in getattr(self, "settled", {}).items():
            assert rows[message] == state
        self.settled = {message: state for message, state in rows.items() if state in TERMINAL}


@pytest.fixture
def post(settings: LazySettings) -> Iterator[Sink]:
    with inbox() as (sink, url):
        settings.TIFO_SMTP_URL = url
        settings.TIFO_ALLOWED_RECIPIENTS = ("*@example.org",)
        yield sink


def test_every_story_of_a_sending_keeps_the_promises(
    post: Sink, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """M7, M11, M12, S5, S7: start, approve, pause, resume, halt, go on, cancel and edit, in any order and number."""
    monkeypatch.setattr(import_module("tifo.campaigns.actions.plan"), "CHUNK_ROWS", CHUNK)
    settings.TIFO_APPROVAL_ABOVE = FANS - 1
    settings.TIFO_RAMP_ABOVE = FANS  # watched, without steps
    for number in range(FANS):
        fan(number, *(["newsletter"] if number >= NO_CONSENT else []))
    Story.sink = post
    Story.writer, Story.second = staff("communicator").pk, staff("approver").pk
    case = Story.TestCase()
    case.settings = hypothesis_settings
    case.runTest()


hypothesis_settings = settings(
    max_examples=12, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
