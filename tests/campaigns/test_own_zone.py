"""The same wall time for every fan in her own zone: planned, foreseen and sent alike, also where the clock changes."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.conf import LazySettings
from django.conf import settings as django_settings
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st

from tests.campaigns.made import definition, fan, taken
from tests.campaigns.worlds import work
from tests.delivery.world import Sink, inbox
from tifo.campaigns.actions.recipients import plan_statement, recipients
from tifo.campaigns.public import Stage, Timing, occurrence, progress, save_campaign, start
from tifo.campaigns.queries import span_of
from tifo.campaigns.rules.moments import due_in, span
from tifo.fans.public import create_fan, timezones
from tifo.lake.public import reading, refresh

ZONES = (
    "Pacific/Tahiti", "America/New_York", "America/Sao_Paulo", "Europe/London", "Europe/Paris", "Asia/Kathmandu",
    "Asia/Tokyo", "Australia/Lord_Howe", "Pacific/Chatham", "Pacific/Kiritimati", "UTC",
)  # fmt: skip
"""Lord Howe moves its clock by half an hour; Kathmandu and Chatham stand a quarter of an hour beside the others."""
CHANGES = [
    datetime.fromisoformat(at)
    for at in (
        "2027-03-28T02:00",
        "2027-10-31T02:00",
        "2027-03-14T02:00",
        "2027-11-07T01:00",
        "2027-04-04T01:30",
        "2027-10-03T02:00",
    )
]
FIRST, LAST = datetime.fromisoformat("2027-01-03"), datetime.fromisoformat("2028-12-31")
NOW = datetime(2027, 1, 1, tzinfo=UTC)
SOON = st.builds(
    lambda at, minutes: at + timedelta(minutes=minutes), st.sampled_from(CHANGES), st.integers(-90, 150)
)
WALLS = SOON | st.datetimes(FIRST, LAST).map(lambda at: at.replace(microsecond=0))
QUIET = hypothesis(
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
    max_examples=60,
)


def _own(wall: datetime) -> Timing:
    return Timing(wall.replace(tzinfo=UTC), own_zone=True)


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("wall", "zone", "due"),
    [
        ("2027-07-28T09:00", "Europe/Paris", "2027-07-28T07:00"),
        ("2027-07-28T09:00", "Pacific/Tahiti", "2027-07-28T19:00"),
        ("2027-07-28T09:00", "Pacific/Kiritimati", "2027-07-27T19:00"),
        ("2027-03-27T09:00", "Europe/Paris", "2027-03-27T08:00"),
        ("2027-03-28T09:00", "Europe/Paris", "2027-03-28T07:00"),
        (
            "2027-03-28T02:30",
            "Europe/Paris",
            "2027-03-28T01:30",
        ),  # there is no half past two: half past three
        ("2027-10-31T02:30", "Europe/Paris", "2027-10-31T01:30"),  # it comes twice: the second one
        ("2027-10-31T03:00", "Europe/Paris", "2027-10-31T02:00"),
    ],
)
def test_the_wall_time_in_a_zone(wall: str, zone: str, due: str) -> None:
    assert due_in(_own(datetime.fromisoformat(wall)), zone, NOW) == _at(due)


@QUIET
@given(WALLS, st.sampled_from(ZONES))
def test_her_clock_shows_the_hour_that_was_asked_for(wall: datetime, zone: str) -> None:
    due = due_in(_own(wall), zone, NOW)
    hers = due.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    before = (due - timedelta(minutes=1)).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    exists = ZoneInfo(zone).fromutc(
        (wall.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)).replace(tzinfo=ZoneInfo(zone))
    )
    if exists.replace(tzinfo=None) == wall:
        assert hers == wall
    else:  # the clock leaps over it: as much later as it leaps
        assert timedelta(minutes=30) <= hers - wall <= timedelta(hours=1)
        assert before < hers


@QUIET
@given(
    st.dictionaries(st.sampled_from(ZONES), st.integers(1, 9)),
    WALLS,
    st.sampled_from(["at once", "one moment", "own zone"]),
    st.integers(-48, 48),
)
def test_the_span_holds_every_due_moment(
    zones: dict[str, int], wall: datetime, kind: str, hours: int
) -> None:
    now = wall.replace(tzinfo=UTC) + timedelta(hours=hours)
    timing = Timing(None if kind == "at once" else wall.replace(tzinfo=UTC), kind == "own zone")
    found = span(timing, zones, now)
    if not zones:
        assert found is None
        return
    assert found is not None
    due = {zone: due_in(timing, zone, now) for zone in zones}
    assert all(now <= found.first <= moment <= found.last for moment in due.values())
    assert (due[found.first_zone], due[found.last_zone]) == (found.first, found.last)
    assert found.zones == len(zones)
    passed = sum(fans for zone, fans in zones.items() if kind != "at once" and due[zone] == now)
    assert found.at_once == passed
    if kind != "own zone":
        assert found.first == found.last


@pytest.mark.django_db(transaction=True)
def test_plan_and_foresight_say_the_same_moment() -> None:
    """The lake's reading of zones is Python's, minute by minute around every change of a clock."""
    zone_of = {
        create_fan(source="tests", email=f"{n}@example.org", timezone=zone): zone
        for n, zone in enumerate(ZONES)
    }
    zone_of[create_fan(source="tests", email="nowhere@example.org")] = "UTC"
    refresh()

    @QUIET
    @given(WALLS, st.integers(-30, 30), st.booleans())
    def check(wall: datetime, hours: int, own_zone: bool) -> None:
        timing = Timing(wall.replace(tzinfo=UTC), own_zone)
        earliest = wall.replace(tzinfo=UTC) + timedelta(hours=hours)
        statement = plan_statement(
            definition(), ["en"], wall.replace(tzinfo=UTC), own_zone=own_zone, earliest=earliest, now=NOW
        )
        with reading() as reader:
            rows = recipients(reader, statement).rows.to_pylist()
        got = {row["fan_id"]: row["due_at"] for row in rows}
        assert got == {fan_id: due_in(timing, zone, earliest) for fan_id, zone in zone_of.items()}
        assert [row["due_at"] for row in rows] == sorted(row["due_at"] for row in rows)

    check()
    if django_settings.TIFO_LAKE_URL:
        return
    with reading() as reader:  # one fan in a zone unknown to it would stop the whole plan
        known = set(reader.sql("SELECT name FROM pg_timezone_names()").column(0).to_pylist())
    assert timezones() - known == set()


@pytest.fixture
def post(settings: LazySettings) -> Iterator[Sink]:
    with inbox() as (sink, url):
        settings.TIFO_SMTP_URL = url
        yield sink


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "morning", ["2027-07-28", "2027-03-28"]
)  # the second: the day the clock leaps in Paris
def test_nine_in_the_morning_for_each(post: Sink, morning: str) -> None:
    zones = ("Pacific/Kiritimati", "Europe/Paris", "Europe/Paris", "Pacific/Tahiti")
    for number, zone in enumerate(zones):
        fan(number, "newsletter", timezone=zone)
    save_campaign(definition())
    nine = datetime.fromisoformat(f"{morning}T09:00")
    due = {number: nine.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC) for number, zone in enumerate(zones)}
    with time_machine.travel(min(due.values()) - timedelta(days=3), tick=True):
        sending = start("the-week", timing=_own(nine))
        work()
        seen = span_of(definition(), _own(nine))
    view = occurrence(sending)
    assert (view.stage, view.starts_at, view.ends_at) == (
        Stage.SCHEDULED,
        min(due.values()),
        max(due.values()),
    )
    assert seen is not None
    assert (seen.first, seen.last, seen.zones) == (view.starts_at, view.ends_at, 3)
    moments = sorted(
        {moment + gap for moment in due.values() for gap in (-timedelta(seconds=40), timedelta(minutes=1))}
    )
    for moment in moments:
        with time_machine.travel(moment, tick=True):
            work()
        here = {f"fan{number}@example.org": 1 for number, hers in due.items() if hers <= moment}
        assert Counter(address for address, _ in taken(post)) == here
        assert progress(sending).open == len(zones) - len(here)
    done = progress(sending)
    assert (done.stage, done.planned, done.accepted) == (Stage.FINISHED, 4, 4)


@pytest.mark.django_db(transaction=True)
def test_where_the_hour_has_passed_she_gets_it_at_once(post: Sink) -> None:
    fan(1, "newsletter", timezone="Asia/Tokyo")
    fan(2, "newsletter", timezone="Pacific/Tahiti")
    save_campaign(definition())
    with time_machine.travel(_at("2027-07-28T09:30"), tick=True):  # in Tokyo half past six in the evening
        sending = start("the-week", timing=_own(datetime.fromisoformat("2027-07-28T09:00")))
        work()
    assert [address for address, _ in taken(post)] == ["fan1@example.org"]
    with time_machine.travel(_at("2027-07-28T19:01"), tick=True):
        work()
    assert [address for address, _ in taken(post)] == ["fan1@example.org", "fan2@example.org"]
    assert progress(sending).stage is Stage.FINISHED
