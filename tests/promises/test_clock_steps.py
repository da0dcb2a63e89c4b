"""W6: a clock that is set a day ahead or back doubles no turn, keeps nobody waiting for a day, and ends no token early."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
import time_machine
from django.conf import LazySettings
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from tests.accounts.signing import staff
from tests.campaigns.made import definition, fan
from tests.campaigns.worlds import work
from tests.delivery.world import inbox
from tifo.accounts.queries.people import INVITATION_LIFE, invitation_token, invited_account
from tifo.campaigns.models import Campaign, Occurrence
from tifo.campaigns.public import Stage, Timing, progress, save_campaign, start
from tifo.consents.public import confirm, consent_states, request
from tifo.consents.rules import REQUEST_LIFE
from tifo.fanclub.models import Joining
from tifo.fanclub.queries import joining_token, waiting
from tifo.fanclub.rules import WISH_LIFE, wish_text
from tifo.fanclub.types import Wish
from tifo.kernel.models import Turn
from tifo.kernel.public import Refused, clock, jobs
from tifo.lake.public import refresh

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
EVERY = 60
WISH = Wish("lea@example.org", "Léa", date(1996, 1, 1), "FR", "fr", member=True)
steps = st.lists(
    st.tuples(st.integers(1, 45), st.sampled_from([0, 0, 0, 1, -1, 3600, -3600, 86_400, -86_400])),
    min_size=1,
    max_size=30,
)


@examples(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps)
def test_w6_a_turn_is_not_doubled_and_comes_back_soon_after_a_step(story: list[tuple[int, int]]) -> None:
    """`story`: so many seconds pass, then the clock is set so many seconds ahead."""
    Turn.objects.all().delete()
    runs: list[tuple[int, int]] = []  # real second, which setting of the clock
    passed, setting = 0, 0
    job = jobs.Job("tests.clock", EVERY, False, lambda: runs.append((passed, setting)) or False)
    with time_machine.travel(NOON, tick=False) as hands:
        jobs.run_job(job)
        for seconds, jump in story:
            passed += seconds
            hands.shift(seconds)
            jobs.run_job(job)
            setting += bool(jump)
            hands.shift(jump)
        for _ in range(3):
            passed += 45
            hands.shift(45)
            jobs.run_job(job)
    assert passed - runs[-1][0] <= EVERY + 45, "it sleeps"
    for (before, one), (after, other) in pairwise(runs):
        assert after - before >= EVERY or one != other, "twice within its time"
        assert after - before <= EVERY + 45 * (1 + other - one), "it slept through"


def test_w6_hosts_whose_clocks_differ_a_little_double_no_turn() -> None:
    runs: list[datetime] = []
    job = jobs.Job("tests.clock", EVERY, False, lambda: runs.append(clock.now()) or False)
    with time_machine.travel(NOON, tick=False) as hands:
        jobs.run_job(job)
        hands.shift(-2)  # a second host, two seconds behind
        jobs.run_job(job)
    assert runs == [NOON]


def test_w6_the_lease_of_a_machine_that_is_gone_ends_also_where_the_clock_was_set_back() -> None:
    campaign = Campaign.objects.create(name="c", definition={}, fingerprint="", changed_at=NOON)
    Occurrence.objects.create(campaign=campaign, number=1, definition={}, fingerprint="", created_at=NOON)
    job = jobs.Job("tests.clock", EVERY, False, lambda: False)
    with time_machine.travel(NOON + DAY, tick=False) as hands:
        assert jobs.claim(Occurrence, owner="gone:1:a", seconds=60) is not None
        Turn.objects.create(
            name=job.name, next_at=clock.now(), owner="gone:1:a", lease_until=clock.now() + jobs.TURN_LEASE
        )
        hands.move_to(NOON)
        assert jobs.claim(Occurrence, owner="b", seconds=60) is None
        assert not jobs._take_turn(job, early=False)
        hands.shift(61)
        assert jobs.claim(Occurrence, owner="b", seconds=60) is not None
        assert jobs._take_turn(job, early=False)


@pytest.mark.parametrize("ahead", [timedelta(0), DAY, -DAY])
def test_w6_no_token_ends_early(ahead: timedelta) -> None:
    """Until the last moment that was promised, by a clock that is right, a day ahead or a day behind."""
    member = staff("analyst")
    with time_machine.travel(NOON, tick=False) as hands:
        token = invitation_token(member)
        wish = Joining.objects.create(
            destination_key=b"k", wish=wish_text(WISH), asked_at=NOON, expires_at=NOON + WISH_LIFE
        )
        hers = fan(1)
        request(hers, "newsletter", source="form")
        hands.move_to(NOON + INVITATION_LIFE + ahead)
        assert invited_account(token) == member.pk
        hands.move_to(NOON + WISH_LIFE + ahead)
        assert waiting(joining_token(wish.pk)) == (wish, WISH)
        hands.move_to(NOON + REQUEST_LIFE + ahead)
        confirm(hers, "newsletter")
    assert [state.state for state in consent_states(hers)] == ["given"]


def test_w6_what_is_over_ends_a_day_later_than_said() -> None:
    member, hers = staff("analyst"), fan(1)
    with time_machine.travel(NOON, tick=False) as hands:
        token = invitation_token(member)
        request(hers, "newsletter", source="form")
        hands.move_to(NOON + INVITATION_LIFE + DAY + timedelta(seconds=1))
        assert invited_account(token) is None
        hands.move_to(NOON + REQUEST_LIFE + DAY + timedelta(seconds=1))
        with pytest.raises(Refused, match="older than 30 days"):
            confirm(hers, "newsletter")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "jumps", [(-DAY,), (DAY, -DAY), (timedelta(hours=1), -timedelta(hours=1)), (-DAY, DAY, DAY)]
)
def test_w6_a_scheduled_sending_goes_to_each_once_whatever_the_clock_does(
    jumps: tuple[timedelta, ...], settings: LazySettings
) -> None:
    for number in range(3):
        fan(number, "newsletter")
    save_campaign(definition())
    with inbox() as (sink, url), time_machine.travel(NOON, tick=True) as hands:
        settings.TIFO_SMTP_URL = url
        refresh()
        sending = start("the-week", timing=Timing(NOON + timedelta(hours=2)))
        work()
        hands.move_to(NOON + timedelta(hours=2, seconds=5))
        work()
        for jump in jumps:
            hands.shift(jump)
            work()
        hands.move_to(NOON + 3 * DAY)
        work()
        found = progress(sending)
    assert found.stage is Stage.FINISHED
    assert sorted(sink.recipients.values()) == [1, 1, 1]
