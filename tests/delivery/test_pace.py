"""How fast a destination is written to: slots, shares, connections (M13), by the rules and by rows."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.delivery.world import Recorder, entered, fan, newsletter, woven
from tifo.delivery.actions import pace as pacing
from tifo.delivery.models import DayCount, Destination, Lane, Message, Pace
from tifo.delivery.ports import Outcome, Parcel, Verdict
from tifo.delivery.public import claim, counts, cross
from tifo.delivery.rules.pace import LATE, Rule, Rules, Standing, believed, elapsed, timetable

DAY = date(2026, 5, 4)


@pytest.fixture(autouse=True)
def fresh_process() -> Iterator[None]:
    """As if this process had never looked at a destination."""
    pacing._looked.clear()
    pacing._beats.clear()
    yield
    pacing._looked.clear()
    pacing._beats.clear()


# -- the rules ---------------------------------------------------------------------------------------------

turns = st.lists(
    st.tuples(
        st.integers(0, 2),  # which process
        st.floats(0, 4),  # seconds since the turn before
        st.integers(0, 12),  # messages it has
        st.sampled_from([0.0, 0.0, 0.0, 3600.0, -3600.0, 86_400.0]),  # what the clock jumps
        st.booleans(),  # it starts anew
    ),
    max_size=40,
)


@given(turns, st.integers(1, 6), st.integers(1, 60), st.lists(st.floats(0, LATE), min_size=1, max_size=7))
def test_m13_no_window_holds_more_than_the_cap(
    story: list[tuple[int, float, int, float, bool]], second: int, minute: int, lateness: list[float]
) -> None:
    """M13: over every sliding second and minute, with several processes that start anew, and a clock that jumps."""
    rule = Rule(1, "all", "all", per_second=second, per_minute=minute)
    at, ahead = 0.0, 0.0  # the row
    real, clock = 1000.0, 5000.0
    looked: dict[int, float] = {}
    handed = []
    for process, passes, count, jump, anew in story:
        real, clock = real + passes, clock + passes + jump
        if anew:
            looked.pop(process, None)
        seen = looked.get(process)
        standing = Standing(
            rule.spacing, max(ahead - elapsed(clock, at, None if seen is None else real - seen), 0.0)
        )
        looked[process] = real
        table = timetable({("all",): range(count)}, {"all": standing})
        assert sorted([*table.go, *table.back]) == list(range(count)), "each goes or comes back"
        at, ahead = clock, standing.ahead
        for after in table.go.values():
            assert after is not None
            handed.append(real + after + lateness[len(handed) % len(lateness)])
    handed.sort()
    for window, cap in ((1.0, second), (60.0, minute)):
        for first, later in zip(handed, handed[cap:], strict=False):
            assert later - first >= window - 1e-6


@given(
    st.dictionaries(st.sampled_from("abcd"), st.integers(1, 30), min_size=1),
    st.floats(0.01, 2),
    st.floats(0.01, 2),
    st.integers(0, 20),
)
def test_what_binds_all_and_what_binds_a_group_hold_together(
    queues: dict[str, int], everybody: float, group: float, left: int
) -> None:
    standing = {key: Standing(group) for key in queues} | {"all": Standing(everybody, left=left)}
    waiting, number = {}, 0
    for key, count in queues.items():
        waiting[("all", key)] = range(number, number + count)
        number += count
    table = timetable(waiting, standing)
    assert sorted([*table.go, *table.back, *table.tomorrow]) == list(range(number)), "none is lost"
    assert len(table.go) <= left
    times = sorted(time for time in table.go.values() if time is not None)
    assert all(later - first >= everybody - 1e-9 for first, later in pairwise(times))
    for messages in waiting.values():
        own = [moment for one in messages if (moment := table.go.get(one)) is not None]
        assert all(later - first >= group - 1e-9 for first, later in pairwise(own))


def test_a_warm_up_doubles_each_day_to_its_end() -> None:
    rule = Rule(1, "all", "all", warm_from=DAY, day_first=50, day_most=300)
    shares = [rule.share(DAY + timedelta(days=number)) for number in (-1, 0, 1, 2, 3, 4000)]
    assert shares == [50, 50, 100, 200, 300, 300]
    assert Rule(1, "all", "all", warm_from=DAY, day_first=50).share(DAY + timedelta(days=60)) is None
    assert Rule(1, "all", "all", day_most=7).share(DAY) == 7
    assert Rule(1, "all", "all").share(DAY) is None


def test_a_domain_is_bound_by_its_group_or_on_its_own() -> None:
    rules = Rules([
        Rule(1, "relay", "all"), Rule(2, "big", "group", ("big.example", "*.big.example")), Rule(3, "rest", "each"),
    ])  # fmt: skip
    assert [one.key for one in rules.binding("fr.big.example")] == ["rule:1", "rule:2"]
    assert [one.key for one in rules.binding("small.example")] == ["rule:1", "rule:3@small.example"]
    assert rules.place("big.example") == "rule:2"
    assert rules.place("small.example") == "@small.example"
    assert not Rules(())


def test_a_clock_that_jumps_is_not_believed() -> None:
    assert believed(1030.0, 1000.0) == 1030.0
    assert believed(90_000.0, 1000.0) == 1000.0
    assert believed(-90_000.0, 1000.0) == 1000.0
    assert elapsed(90_000.0, 0.0, 2.0) == 2.0
    assert elapsed(90_000.0, 0.0, None) == 0.0


# -- the rows ----------------------------------------------------------------------------------------------


def planned(count: int, domain: str = "big.example.org") -> int:
    """A newsletter to so many at a domain, and to three elsewhere."""
    mailing = newsletter(f"news {Message.objects.count()}")
    ids = [
        fan(Message.objects.count() + number, email=f"n{number}.{mailing}@{domain}")
        for number in range(count)
    ]
    others = [fan(9000 + number, email=f"o{number}.{mailing}@elsewhere.example.org") for number in range(3)]
    entered(mailing, [*ids, *others])
    return mailing


@pytest.mark.django_db
def test_m13_messages_beyond_the_cap_wait_and_others_do_not() -> None:
    """M13, M12: those beyond the cap are planned for later; whoever else is in the window goes."""
    Pace.objects.create(name="big", scope="group", domains=["big.example.org"], per_second=4)
    mailing = planned(20)
    transport = Recorder()
    report = cross(mailing, woven(claim(mailing, 0, owner="a")), transport)
    bound = [parcel.slot for parcel in transport.parcels if parcel.slot is not None]
    begins = [slot.begins for slot in bound if slot.begins is not None]
    assert len(begins) == len(bound) == 6, "two seconds of them"
    assert min(later - first for first, later in pairwise(begins)) >= 0.31
    assert sum("elsewhere" in one for one in transport.recipients) == 3
    assert (report.accepted, report.planned) == (9, 14)
    found = counts(mailing)
    assert found.prepared == 23 == found.accepted + found.planned
    dues = Message.objects.filter(state="planned").values_list("due_at", flat=True)
    assert all(due > datetime.now(UTC) for due in dues)
    assert len(set(dues)) > 3, "they don't all come back together"
    assert claim(mailing, 0, owner="a") == []


@pytest.mark.django_db
def test_m13_a_days_share_holds_over_sendings_and_counts_each_sender() -> None:
    """M13: a warm-up's day, over all sendings; another sending address warms up on its own."""
    today = datetime.fromtimestamp(pacing.now(), UTC).date()
    Pace.objects.create(
        name="big", scope="group", domains=["*.example.org"], warm_from=today - timedelta(days=1), day_first=2
    )
    transport = Recorder()
    first, second = planned(3), planned(4)
    for mailing in (first, second):
        cross(mailing, woven(claim(mailing, 0, owner="a")), transport)
    assert len(transport.recipients) == 4 == DayCount.objects.get().used
    midnight = datetime.combine(today + timedelta(days=1), datetime.min.time(), UTC)
    due = Message.objects.filter(state="planned").values_list("due_at", flat=True)
    assert {abs(one - midnight) < timedelta(minutes=2) for one in due} == {True}
    other = newsletter("other", sender="Games <games@other.example.org>")
    entered(other, [fan(8001), fan(8002)])
    assert cross(other, woven(claim(other, 0, owner="a")), transport).accepted == 2


@pytest.mark.django_db
def test_m13_connections_are_shared_and_those_of_the_dead_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """M13: no more lanes than the cap, whoever holds them; one whose holder stood still all the while is taken."""
    Pace.objects.create(name="big", scope="group", domains=["big.example.org"], connections=3)
    mailing = planned(4)
    key = f"rule:{Pace.objects.get().pk}"
    for number in (1, 2, 3):
        Lane.objects.create(key=key, number=number, owner="elsewhere:1:x", beat=7)
    transport = Recorder()
    assert cross(mailing, woven(claim(mailing, 0, owner="a")), transport).planned == 4
    assert sum("elsewhere" in one for one in transport.recipients) == 3, "others went"
    begun = pacing._own()
    monkeypatch.setattr(pacing, "_own", lambda: begun + 30)
    Lane.objects.filter(number=3).update(beat=8)  # that one lives
    Message.objects.filter(state="planned").update(due_at=datetime.now(UTC) - timedelta(hours=1))
    assert cross(mailing, woven(claim(mailing, 0, owner="a")), transport).planned == 4
    monkeypatch.setattr(pacing, "_own", lambda: begun + 70)
    Message.objects.filter(state="planned").update(due_at=datetime.now(UTC) - timedelta(hours=1))
    assert cross(mailing, woven(claim(mailing, 0, owner="a")), transport).accepted == 4
    assert {parcel.slot.widths for parcel in transport.parcels if parcel.slot} == {((key, 1),)}
    assert [lane.number for lane in Lane.objects.all()] == [2, 3], (
        "given back, the half of what was free taken"
    )


@pytest.mark.django_db
def test_where_nothing_is_set_nothing_is_written() -> None:
    mailing = planned(5)
    transport = Recorder()
    assert cross(mailing, woven(claim(mailing, 0, owner="a")), transport).accepted == 8
    assert {parcel.slot for parcel in transport.parcels} == {None}
    assert Destination.objects.count() + DayCount.objects.count() + Lane.objects.count() == 0


@pytest.mark.django_db
def test_a_destination_that_wants_less_rests_with_all_its_messages_and_no_other() -> None:
    mailing, later = planned(2), planned(2)
    busy = Outcome(Verdict.DEFERRED, "RCPT", 421, "4.7.0 too many, try again in 20 minutes")

    def answer(parcel: Parcel) -> Outcome:
        return busy if "big." in parcel.recipient else Outcome(Verdict.ACCEPTED, "body", 250, "ok")

    cross(mailing, woven(claim(mailing, 0, owner="a")), Recorder(answer))
    row = Destination.objects.get()
    assert row.key == "@big.example.org"
    assert row.hold_until is not None
    assert row.hold_until - datetime.now(UTC).timestamp() > 19 * 60, "as it asked"
    transport = Recorder()
    report = cross(later, woven(claim(later, 0, owner="a")), transport)
    assert (report.accepted, report.planned) == (3, 2)
    assert not any("big." in one for one in transport.recipients)
    Destination.objects.update(hold_until=1.0)  # the rest is over
    Message.objects.filter(state="planned").update(due_at=datetime.now(UTC) - timedelta(hours=1))
    assert cross(later, woven(claim(later, 0, owner="a")), transport).accepted == 2
    row.refresh_from_db()
    assert (row.fails, row.hold_until) == (0, None)
