"""The send ledger: who is in it, once, and how its rows move (M1, M2, M4, M7, M12)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import DatabaseError, connection, transaction

from tests.delivery.world import PAST, Recorder, entered, fan, fans, newsletter, plan, woven
from tifo.delivery.models import Mailing, Message
from tifo.delivery.public import (
    Held,
    Outcome,
    Verdict,
    cancel,
    claim,
    counts,
    cross,
    enter,
    expire,
    let_go,
    next_due,
    open_mailing,
    pause,
    recover,
    resume,
    settle,
    tend_mailings,
)
from tifo.delivery.rules.states import FIRST, FOLLOWS, may_follow
from tifo.fans.public import erase_fan, update_fan
from tifo.kernel.public import Refused, clock

pytestmark = pytest.mark.django_db


def states() -> list[str]:
    return list(Message.objects.order_by("id").values_list("state", flat=True))


def test_a_fan_and_an_address_are_in_the_ledger_once() -> None:
    """M1: entering a fan again changes nothing; who has no address or is erased is there too, with the reason."""
    one, two = fan(1), fan(2)
    nowhere = fan(3, email=None, external_id="A3")
    gone = fan(4)
    erase_fan(gone)
    mailing = newsletter()
    result = entered(mailing, [one, two, nowhere, gone])
    assert (result.planned, dict(result.suppressed)) == (2, {"no_address": 1, "erased": 1})
    assert entered(mailing, [one, two, nowhere, gone]) == result
    assert counts(mailing).prepared == 4


def test_a_second_fan_at_one_address_is_a_duplicate() -> None:
    """M2: the second fan is in the ledger as suppressed, and no second message goes to the address."""
    one, two = fan(1), fan(2)
    mailing = newsletter()
    assert entered(mailing, [one]).planned == 1
    # the address moves between two chunks: the ledger still knows it
    update_fan(one, email="other@example.org")
    update_fan(two, email="fan1@example.org")
    result = entered(mailing, [two], chunk=1)
    assert (result.planned, dict(result.suppressed)) == (0, {"duplicate": 1})


def test_the_database_holds_uniqueness_itself() -> None:
    """M1, M2: the indexes refuse a second row of a fan, and a second one for an address, whatever the code does."""
    one, two = fans(2)
    mailing = newsletter()
    entered(mailing, [one, two])
    row, other = Message.objects.order_by("id")
    for values in ({"fan_id": one}, {"fan_id": 99, "destination_key": other.destination_key}):
        copy = {f.name: getattr(row, f.name) for f in Message._meta.fields if f.name != "id"}
        with pytest.raises(DatabaseError), transaction.atomic():
            Message.objects.create(**(copy | {"state": "planned"} | values))


@pytest.mark.parametrize("before", sorted(FOLLOWS))
def test_the_trigger_knows_the_same_graph_as_the_rules(before: str) -> None:
    """M7: the database refuses each move that is not on the graph, and none that is."""
    mailing = newsletter()
    entered(mailing, [fan(1)])
    ways = {
        "planned": (), "claimed": ("claimed",), "committing": ("claimed", "committing"),
        "suppressed": ("suppressed",), "expired": ("expired",), "cancelled": ("cancelled",),
    }  # fmt: skip
    way = ways.get(before, ("claimed", "committing", before))
    row = Message.objects.get()
    for state in way:
        Message.objects.filter(pk=row.pk).update(state=state)
    for after in FOLLOWS:
        for evidence in ("", "relay log", "relay never took it: log of today"):
            allowed = may_follow(before, after, evidence)
            try:
                with transaction.atomic():
                    Message.objects.filter(pk=row.pk).update(state=after, evidence=evidence)
                    transaction.set_rollback(True)
                happened = True
            except DatabaseError:
                happened = False
            assert happened == allowed, (before, after, evidence)


@pytest.mark.parametrize("state", sorted(set(FOLLOWS) - FIRST))
def test_a_message_begins_as_planned_suppressed_or_claimed_by_its_owner(state: str) -> None:
    mailing = newsletter()
    entered(mailing, [fan(1)])
    row = Message.objects.get()
    values = {f.name: getattr(row, f.name) for f in Message._meta.fields if f.name != "id"}
    with pytest.raises(DatabaseError), transaction.atomic():
        Message.objects.create(**(values | {"fan_id": 77, "destination_key": None, "state": state}))


def test_a_message_stays_whose_it_is() -> None:
    entered(newsletter(), [fan(1)])
    with pytest.raises(DatabaseError), transaction.atomic():
        Message.objects.update(fan_id=12345)


def test_unknown_rests_until_evidence_settles_it() -> None:
    """M7: a doubt is left by evidence only."""
    mailing = newsletter()
    entered(mailing, [fan(1)])
    claimed = claim(mailing, 0, owner="a")
    report = cross(
        mailing, woven(claimed), Recorder(lambda _: Outcome(Verdict.UNKNOWN, "body", 0, "silence"))
    )
    assert report.unknown == 1
    assert claim(mailing, 0, owner="b") == []
    recover(mailing, owner="b")
    assert states() == ["unknown"]
    with pytest.raises(Refused):
        settle(claimed[0].message_id, "accepted", "  ")
    settle(claimed[0].message_id, "accepted", "relay log of 4 May, queue id 4F2")
    assert states() == ["accepted"]


def test_a_claim_takes_what_is_due_and_a_second_one_the_rest() -> None:
    mailing = newsletter()
    ids = fans(5)
    entered(mailing, ids)
    first = claim(mailing, 0, owner="a", size=3)
    second = claim(mailing, 0, owner="b", size=3)
    assert sorted(one.fan_id for one in first + second) == sorted(ids)
    assert claim(mailing, 0, owner="c") == []
    assert [one.attempt for one in first] == [1, 1, 1]
    assert {one.email for one in first} == {f"fan{n}@example.org" for n in range(3)}


def held(mailing_id: int, fan_ids: Sequence[int], owner: str = "a", due: datetime = PAST) -> Held:
    with transaction.atomic():
        return enter(mailing_id, 0, plan(fan_ids, due), owner=owner).held


def test_what_is_due_as_it_enters_belongs_to_who_enters_it() -> None:
    mailing = newsletter()
    ids = fans(5)
    hers = held(mailing, ids)
    assert states() == ["claimed"] * 5
    assert claim(mailing, 0, owner="b") == []
    first = claim(mailing, 0, owner="a", size=3, held=hers)
    second = claim(mailing, 0, owner="a", size=3, held=hers)
    assert [one.fan_id for one in first + second] == ids
    assert {(one.attempt, one.owner) for one in first + second} == {(1, "a")}
    assert claim(mailing, 0, owner="a", held=hers) == []
    transport = Recorder()
    assert cross(mailing, woven(first), transport).accepted == 3
    assert cross(mailing, woven(second), transport).accepted == 2
    assert len(transport.parcels) == 5


def test_entering_again_holds_nothing() -> None:
    mailing = newsletter()
    ids = fans(2)
    held(mailing, ids)
    assert not held(mailing, ids, owner="b").rows
    assert set(Message.objects.values_list("state", "owner")) == {("claimed", "a")}


def test_what_is_held_goes_back_to_the_plan_whole() -> None:
    mailing = newsletter()
    hers = held(mailing, fans(3))
    (one,) = claim(mailing, 0, owner="a", size=1, held=hers)
    let_go(hers)
    let_go(hers)
    assert sorted(states()) == ["claimed", "planned", "planned"]
    assert len(claim(mailing, 0, owner="b")) == 2
    recover(mailing, 0, owner="c")
    assert Message.objects.get(pk=one.message_id).state == "planned"


def test_a_paused_mailing_hands_out_nothing_that_is_held() -> None:
    mailing = newsletter()
    hers = held(mailing, fans(2))
    pause(mailing)
    assert claim(mailing, 0, owner="a", held=hers) == []
    assert states() == ["planned", "planned"]
    resume(mailing)
    assert len(claim(mailing, 0, owner="a", held=hers)) == 2


def test_nothing_is_held_of_a_paused_mailing_nor_before_it_is_due_nor_once_it_expired() -> None:
    paused = newsletter("rests")
    pause(paused)
    later = newsletter("later")
    late = newsletter("late", lifetime_hours=1)
    fan_ids = fans(1)
    assert not held(paused, fan_ids).rows
    assert not held(later, fan_ids, due=PAST + timedelta(days=40_000)).rows
    assert not held(late, fan_ids).rows
    assert states() == ["planned"] * 3


def test_what_was_held_beyond_its_life_is_not_woven() -> None:
    mailing = newsletter(lifetime_hours=1)
    hers = held(mailing, fans(1), due=clock.now() - timedelta(minutes=59))
    assert len(hers.rows) == 1
    with time_machine.travel(clock.now() + timedelta(minutes=2)):
        assert claim(mailing, 0, owner="a", held=hers) == []
        assert expire(mailing) == 1
    assert states() == ["expired"]


@pytest.mark.parametrize("beginning", [{"owner": ""}, {"attempt": 0}, {"attempt": 2}])
def test_a_claim_that_begins_names_its_owner_and_its_attempt(beginning: dict[str, Any]) -> None:
    mailing = newsletter()
    held(mailing, [fan(1)])
    row = Message.objects.get()
    values = {f.name: getattr(row, f.name) for f in Message._meta.fields if f.name != "id"}
    with pytest.raises(DatabaseError), transaction.atomic():
        Message.objects.create(**(values | {"fan_id": 77, "destination_key": None} | beginning))


def test_what_is_not_due_waits() -> None:
    mailing = newsletter()
    with transaction.atomic():
        enter(mailing, 0, plan([fan(1)], due=PAST + timedelta(days=40_000)))
    assert claim(mailing, 0, owner="a") == []
    assert next_due(mailing) == PAST + timedelta(days=40_000)


def test_recover_gives_back_what_was_claimed_and_calls_the_rest_unknown() -> None:
    mailing = newsletter()
    ids = fans(4)
    entered(mailing, ids)
    mine, lost = claim(mailing, 0, owner="alive", size=1), claim(mailing, 0, owner="dead", size=2)
    Message.objects.filter(pk=lost[0].message_id).update(state="committing")
    assert recover(mailing, 0, owner="alive") == {"planned": 1, "unknown": 1}
    assert Message.objects.get(pk=mine[0].message_id).state == "claimed"
    assert sorted(states()) == ["claimed", "planned", "planned", "unknown"]


def test_service_mail_may_go_again_from_doubt_but_never_marketing() -> None:
    """M14: the class of the message decides what becomes of a doubt."""
    with pytest.raises(Refused):
        open_mailing(label="x", purpose="newsletter", legal_class="marketing", resend_doubt=True)
    mailing = open_mailing(
        label="gate", purpose="ticketing", legal_class="service", resend_doubt=True, lifetime_hours=200_000
    )
    entered(mailing, [fan(1, purposes=())])
    claim(mailing, 0, owner="dead")
    Message.objects.update(state="committing")
    assert recover(mailing) == {"planned": 1, "unknown": 0}
    # the database holds the same
    with pytest.raises(DatabaseError), transaction.atomic():
        Mailing.objects.filter(pk=newsletter()).update(resend_doubt=True)


def test_a_sender_that_lives_on_is_fenced_off() -> None:
    mailing = newsletter()
    entered(mailing, [fan(1)])
    stale = claim(mailing, 0, owner="slow")
    recover(mailing, 0, owner="quick")
    fresh = claim(mailing, 0, owner="quick")
    transport = Recorder()
    assert cross(mailing, woven(stale), transport).accepted == 0
    assert transport.parcels == []
    assert cross(mailing, woven(fresh), transport).accepted == 1
    assert cross(mailing, woven(fresh), transport).accepted == 0
    assert len(transport.parcels) == 1


def test_a_late_answer_is_evidence() -> None:
    mailing = newsletter()
    entered(mailing, [fan(1)])
    claimed = claim(mailing, 0, owner="slow")
    transport = Recorder(before=lambda _: recover(mailing, 0, owner="quick"))
    assert cross(mailing, woven(claimed), transport).accepted == 1
    row = Message.objects.get()
    assert (row.state, row.evidence) == ("accepted", "answer that came late")


def test_pause_resume_cancel() -> None:
    """M11."""
    mailing = newsletter()
    entered(mailing, fans(3))
    first = claim(mailing, 0, owner="a", size=1)
    pause(mailing)
    transport = Recorder()
    assert claim(mailing, 0, owner="a") == []
    assert cross(mailing, woven(first), transport).planned == 1
    resume(mailing)
    again = claim(mailing, 0, owner="a", size=1)
    assert cross(mailing, woven(again), transport).accepted == 1
    claimed = claim(mailing, 0, owner="a", size=1)
    cancel(mailing)
    assert cross(mailing, woven(claimed), transport).accepted == 0
    assert len(transport.parcels) == 1
    assert states() == ["accepted", "cancelled", "cancelled"]
    with pytest.raises(Refused):
        resume(mailing)
    with pytest.raises(Refused):
        pause(mailing)
    cancel(mailing)
    assert states() == ["accepted", "cancelled", "cancelled"]


def test_what_waited_too_long_expires() -> None:
    mailing = newsletter(lifetime_hours=1)
    entered(mailing, fans(2))
    assert claim(mailing, 0, owner="a") == []
    tend_mailings()
    assert states() == ["expired", "expired"]
    assert not Mailing.objects.get(pk=mailing).busy


def test_an_abandoned_message_is_found_by_itself() -> None:
    with time_machine.travel(PAST, tick=False):
        mailing = newsletter()
        entered(mailing, fans(2))
        claim(mailing, 0, owner="dead", size=1)
        claim(mailing, 0, owner="dead", size=1)
        Message.objects.filter(pk=Message.objects.first().pk).update(state="committing")
        tend_mailings()
        assert sorted(states()) == ["claimed", "committing"]
    tend_mailings()
    assert sorted(states()) == ["planned", "unknown"]


def test_the_sum_is_right_with_every_state_present() -> None:
    """M4, M12: each planned message is counted in exactly one state."""
    mailing = newsletter()
    ids = fans(9)
    entered(mailing, ids)
    ways = {
        0: ("claimed",), 1: ("claimed", "committing"), 2: ("claimed", "committing", "accepted"),
        3: ("claimed", "committing", "refused"), 4: ("claimed", "committing", "unknown"),
        5: ("suppressed",), 6: ("expired",), 7: ("cancelled",),
    }  # fmt: skip
    for row, way in zip(Message.objects.order_by("id"), ways.values(), strict=False):
        for state in way:
            Message.objects.filter(pk=row.pk).update(state=state, reason="why")
    found = counts(mailing)
    assert found.prepared == 9
    assert found.open == 3
    assert found.prepared == (
        found.accepted + found.refused + found.unknown + sum(found.suppressed.values())
        + found.expired + found.cancelled + found.open
    )  # fmt: skip


def test_opening_twice_is_opening_once() -> None:
    assert newsletter() == newsletter()
    assert newsletter(occurrence="2") != newsletter()
    with pytest.raises(Refused):
        open_mailing(label="news", purpose="ticketing", legal_class="service")


def test_a_changed_address_is_taken_over_or_found_to_be_a_duplicate() -> None:
    one, two, three = fans(3)
    mailing = newsletter()
    entered(mailing, [one, two, three])
    update_fan(one, email="moved@example.org")
    update_fan(two, email="away@example.org")
    update_fan(three, email="fan1@example.org")
    claimed = claim(mailing, 0, owner="a")
    assert {one.email for one in claimed} == {"moved@example.org", "away@example.org", "fan1@example.org"}
    # changed between claim and gate: it goes back, and is claimed anew
    update_fan(one, email="again@example.org")
    transport = Recorder()
    report = cross(mailing, woven(claimed), transport)
    assert (report.accepted, report.planned) == (2, 1)
    cross(mailing, woven(claim(mailing, 0, owner="a")), transport)
    assert sorted(transport.recipients) == ["again@example.org", "away@example.org", "fan1@example.org"]


def test_the_vendor_is_known() -> None:
    assert connection.vendor in ("sqlite", "postgresql")
