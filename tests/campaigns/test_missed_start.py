"""M10: a sending whose hour is long past does not start by itself; a person may start it by hand."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.conf import LazySettings
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st

from tests.accounts.signing import staff
from tests.campaigns.made import definition, fan, taken
from tests.delivery.world import Sink, inbox
from tifo.accounts.public import audit_entries
from tifo.campaigns.actions import begin_due, plan_waiting
from tifo.campaigns.models import Occurrence
from tifo.campaigns.public import Stage, Timing, occurrence, progress, save_campaign, start, start_missed
from tifo.kernel.public import Refused
from tifo.server.worker import run_until_idle

pytestmark = pytest.mark.django_db(transaction=True)

HOUR = datetime(2027, 7, 1, 8, 0, tzinfo=UTC)
GRACE = timedelta(hours=6)


@pytest.fixture
def post(settings: LazySettings) -> Iterator[Sink]:
    with inbox() as (sink, url):
        settings.TIFO_SMTP_URL = url
        yield sink


def _waiting_for_its_hour() -> int:
    fan(1, "newsletter")
    save_campaign(definition())
    with time_machine.travel(HOUR - timedelta(hours=2), tick=True):
        sending = start("the-week", timing=Timing(HOUR))
        assert plan_waiting()
    assert occurrence(sending).stage is Stage.SCHEDULED
    assert occurrence(sending).starts_at == HOUR
    return sending


@pytest.mark.parametrize("late", [GRACE + timedelta(seconds=2), timedelta(days=1), timedelta(days=400)])
def test_a_worker_that_comes_too_late_sends_nothing(late: timedelta, post: Sink) -> None:
    """M10"""
    sending = _waiting_for_its_hour()
    with time_machine.travel(HOUR + late, tick=True):
        run_until_idle()
        assert occurrence(sending).stage is Stage.MISSED
        assert (progress(sending).open, post.contents) == (1, [])


def test_within_the_grace_it_starts_by_itself(post: Sink) -> None:
    sending = _waiting_for_its_hour()
    with time_machine.travel(HOUR + GRACE - timedelta(minutes=1), tick=True):
        run_until_idle()
    assert occurrence(sending).stage is Stage.FINISHED
    assert taken(post) == [("fan1@example.org", "Edition 1")]


def test_before_its_hour_nothing_leaves(post: Sink) -> None:
    sending = _waiting_for_its_hour()
    with time_machine.travel(HOUR - timedelta(seconds=30), tick=True):
        run_until_idle()
    assert occurrence(sending).stage is Stage.SCHEDULED
    assert post.contents == []


def test_a_person_starts_what_was_missed_and_her_name_is_kept(post: Sink) -> None:
    sending = _waiting_for_its_hour()
    somebody = staff("communicator")
    with time_machine.travel(HOUR + timedelta(days=2), tick=True):
        with pytest.raises(Refused, match="did not miss its hour"):
            start_missed(sending, actor=somebody.pk)
        begin_due()
        start_missed(sending, actor=somebody.pk)
        run_until_idle()
    done = progress(sending)
    assert done.stage is Stage.FINISHED
    assert (done.planned, done.accepted, done.expired) == (1, 1, 0)
    assert taken(post) == [("fan1@example.org", "Edition 1")]
    begun = [entry for entry in audit_entries() if entry.act == "campaigns.begin"]
    assert [(entry.actor_id, entry.subject) for entry in begun] == [(somebody.pk, "campaign:the-week")]


@hypothesis(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(seconds=st.integers(-40_000, 400_000))
def test_it_starts_exactly_from_its_hour_to_the_end_of_its_grace(seconds: int) -> None:
    """M10: at whatever moment the worker looks."""
    save_campaign(definition())
    Occurrence.objects.all().delete()
    sending = start("the-week", timing=Timing(HOUR))
    Occurrence.objects.filter(pk=sending).update(stage=Stage.SCHEDULED, starts_at=HOUR)
    with time_machine.travel(HOUR + timedelta(seconds=seconds), tick=False):
        begun = begin_due()
    expected = (
        Stage.SCHEDULED
        if seconds < 0
        else Stage.SENDING
        if seconds <= GRACE.total_seconds()
        else Stage.MISSED
    )
    assert occurrence(sending).stage is expected
    assert begun == (expected is Stage.SENDING)
