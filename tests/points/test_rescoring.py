"""Deeds counted anew by a new version of their rule: as if they had been told under it, once, whoever is killed."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from tests.accounts.signing import staff
from tifo.accounts.public import audit_entries
from tifo.fans.public import create_fan, erase_fan
from tifo.kernel.public import Refused, jobs
from tifo.points.actions import rescore_some, rescoring
from tifo.points.models import Rescoring, Transfer
from tifo.points.public import (
    Balance,
    Rule,
    balances,
    broken_promises,
    earn,
    history,
    publish_rule,
    rescore,
    spend,
    take_back,
)

DAY = datetime(2026, 3, 1, 9, tzinfo=UTC)
OLD = Rule("run", "metre", points=10, status=1, per=1000, day_cap=100)


def has(fan: int) -> Balance:
    return balances([fan]).get(fan, Balance(0, 0))


def finished() -> int:
    steps = 0
    while rescore_some("test"):
        steps += 1
    return steps


class Anew(TestCase):
    @settings(max_examples=40, deadline=None)
    @given(
        deeds=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 30_000)), max_size=8),
        late=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 30_000)), max_size=3),
        points=st.integers(0, 20),
        cap=st.none() | st.integers(0, 300),
        deed_cap=st.none() | st.integers(0, 90),
    )
    def test_who_was_scored_again_has_what_she_would_have_had(
        self,
        deeds: list[tuple[int, int]],
        late: list[tuple[int, int]],
        points: int,
        cap: int | None,
        deed_cap: int | None,
    ) -> None:
        number = create_fan(source="test", external_id="one")
        other = create_fan(source="test", external_id="other")
        publish_rule(Rule("run", "metre", points=10, status=1, per=1000, day_cap=100))
        publish_rule(OLD)
        for place, (day, metres) in enumerate(deeds):
            earn(number, "run", f"{place}", quantity=metres, at=DAY + timedelta(days=day))
        new = Rule("run", "metre", points=points, status=2, per=1000, day_cap=cap, event_cap=deed_cap)
        publish_rule(new)
        for place, (day, metres) in enumerate(late, start=len(deeds)):
            earn(number, "run", f"{place}", quantity=metres, at=DAY + timedelta(days=day))
        rescore("run", actor_id=None)
        assert finished() >= 1
        for place, (day, metres) in enumerate([*deeds, *late]):
            earn(other, "run", f"{place}", quantity=metres, at=DAY + timedelta(days=day))
        assert has(number) == has(other)
        lines = Transfer.objects.count()
        rescore("run", actor_id=None)
        Rescoring.objects.update(state="ready", cursor=0)
        finished()
        assert Transfer.objects.count() == lines, "a second time nothing happens"
        assert broken_promises() == []


@pytest.fixture
def fan() -> int:
    publish_rule(OLD)
    return create_fan(source="test", email="lea@example.org")


@pytest.mark.django_db
def test_what_staff_took_back_stays_taken_back(fan: int) -> None:
    earn(fan, "run", "bicycle", quantity=9_000, at=DAY)
    earn(fan, "run", "run", quantity=5_000, at=DAY)
    ride = next(line for line in history(fan) if line.about == "bicycle" and line.currency == "points")
    take_back(ride.transfer_id, note="a bicycle", actor_id=1)
    publish_rule(Rule("run", "metre", points=20, per=1000))
    rescore("run", actor_id=None)
    finished()
    assert has(fan).points == 100
    assert broken_promises() == []


@pytest.mark.django_db
def test_who_spent_what_a_milder_rule_no_longer_gives_owes_it(fan: int) -> None:
    earn(fan, "run", "run", quantity=10_000, at=DAY)
    spend(fan, 80, "cap")
    publish_rule(Rule("run", "metre", points=5, per=1000))
    rescore("run", actor_id=None)
    finished()
    assert has(fan).points == 50 - 80
    assert broken_promises() == []


@pytest.mark.django_db
def test_killed_in_a_stretch_or_after_it_goes_on_where_it_stood(
    fan: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    fans = [fan, *(create_fan(source="test", external_id=f"{n}") for n in range(4))]
    for one in fans:
        earn(one, "run", "run", quantity=10_000, at=DAY)
    erase_fan(fans[1])
    publish_rule(Rule("run", "metre", points=1, per=1000))
    rescore("run", actor_id=None)
    monkeypatch.setattr(rescoring, "FANS_A_STEP", 2)

    class Killed(Exception):  # noqa: N818  it names what happened
        pass

    def kill(*_said: object, **_more: object) -> None:
        raise Killed

    written = Transfer.objects.count()
    for place, dies in ((jobs, "renew"), (rescoring, "crash_point")):
        with monkeypatch.context() as patched:
            patched.setattr(place, dies, kill)
            with pytest.raises(Killed):
                rescore_some("test")
        if dies == "renew":
            assert (Transfer.objects.count(), Rescoring.objects.get().cursor) == (written, 0)
        Rescoring.objects.update(state="ready")  # its lease ran out
    assert Rescoring.objects.get().cursor == fans[1]
    assert finished() == 2
    assert [has(one).points for one in (fans[0], *fans[2:])] == [10] * 4
    assert has(fans[1]).points == 100, "of whom nobody is left nothing is counted"
    assert broken_promises() == []


@pytest.mark.django_db
def test_v2_it_is_asked_once_and_stands_in_the_trail(fan: int) -> None:
    by = staff("admin").pk
    assert rescore("run", actor_id=by) == rescore("run", actor_id=by)
    (entry,) = audit_entries(act="points.rescore")
    assert (entry.subject, entry.actor_id) == ("rule:run", by)
    with pytest.raises(Refused, match="no rule"):
        rescore("unknown", actor_id=by)
    reverse_of_nothing = Transfer.objects.filter(kind="reverse")
    finished()
    assert not reverse_of_nothing.exists()
