"""One answer at a time, with its proof."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, transaction

from tests.fans.dump import everything
from tifo.consents.models import Entry as EntryRow
from tifo.consents.models import Head
from tifo.consents.public import (
    ConsentState,
    Entry,
    confirm,
    consent_states,
    consents_of,
    forget,
    give,
    heads,
    ledger,
    lock_heads,
    notice,
    publish_notice,
    request,
    verify_ledger,
    withdraw,
    withdraw_all,
)
from tifo.fans.public import create_fan, erase_fan
from tifo.kernel.models import OutboxEvent
from tifo.kernel.public import Refused, deliver_events

pytestmark = pytest.mark.django_db
NOW = datetime(2024, 7, 26, 17, 30, tzinfo=UTC)


def fan(**values: Any) -> int:
    return create_fan(source="test", **{"email": "ann@example.org", "country": "FR", **values})


def acts(fan_id: int) -> list[tuple[str, int, str]]:
    return [(entry.purpose, entry.version, entry.act) for entry in ledger(fan_id)]


def announced() -> list[tuple[str, str, int]]:
    rows = OutboxEvent.objects.filter(name__startswith="consents.").order_by("id")
    told = [(row.name.removeprefix("consents."), json.loads(row.payload)) for row in rows]
    return [(name, event["purpose"], event["version"]) for name, event in told]


@time_machine.travel(NOW, tick=False)
def test_a_yes_is_kept_with_its_notice_and_proof() -> None:
    fan_id, shown = fan(), notice("newsletter", "fr")
    said = NOW - timedelta(days=1)
    assert (
        give(fan_id, "newsletter", source="fan-club", notice_id=shown.id, moment=said, proof={"form": "join"})
        == 1
    )
    assert consent_states(fan_id) == [ConsentState("newsletter", "given", 1, said)]
    assert consents_of(fan_id) == {"newsletter"}
    [entry] = ledger(fan_id)
    assert entry == Entry(
        id=entry.id,
        fan_id=fan_id,
        purpose="newsletter",
        version=1,
        act="given",
        moment=said,
        recorded_at=NOW,
        source="fan-club",
        notice_id=shown.id,
        proof={"form": "join"},
        hash=entry.hash,
    )
    assert announced() == [("ConsentGiven", "newsletter", 1)]
    assert verify_ledger(fan_id) == []


def test_the_same_answer_again_writes_nothing() -> None:
    fan_id = fan()
    assert [give(fan_id, "newsletter", source="a"), give(fan_id, "newsletter", source="b")] == [1, 1]
    assert [withdraw(fan_id, "newsletter", source="a"), withdraw(fan_id, "newsletter", source="b")] == [2, 2]
    assert acts(fan_id) == [("newsletter", 1, "given"), ("newsletter", 2, "withdrawn")]
    assert announced() == [("ConsentGiven", "newsletter", 1), ("ConsentWithdrawn", "newsletter", 2)]


def test_a_yes_to_a_new_wording_is_written_again() -> None:
    fan_id, old = fan(), notice("newsletter", "en")
    give(fan_id, "newsletter", source="a", notice_id=old.id)
    publish_notice("newsletter", {"en": "Another wording."})
    new = notice("newsletter", "en")
    assert give(fan_id, "newsletter", source="a", notice_id=new.id) == 2
    assert give(fan_id, "newsletter", source="a") == 2
    assert [entry.notice_id for entry in ledger(fan_id)] == [old.id, new.id]


def test_double_opt_in_counts_from_its_confirmation_and_holds_both_ends() -> None:
    fan_id, shown = fan(), notice("newsletter", "en")
    with time_machine.travel(NOW, tick=False):
        assert (
            request(fan_id, "newsletter", source="form", notice_id=shown.id, proof={"mail": "wording 3"}) == 1
        )
        assert request(fan_id, "newsletter", source="form") == 1
    assert consents_of(fan_id) == frozenset()
    with time_machine.travel(NOW + timedelta(hours=1), tick=False):
        assert [confirm(fan_id, "newsletter", proof={"token": "abc"}), confirm(fan_id, "newsletter")] == [
            2,
            2,
        ]
    asked, given = ledger(fan_id)
    assert (asked.act, asked.proof, asked.moment) == ("requested", {"mail": "wording 3"}, NOW)
    assert (given.act, given.source, given.notice_id) == ("given", "form", shown.id)
    assert given.proof == {"request": 1, "requested_at": NOW.isoformat(), "token": "abc"}
    assert request(fan_id, "newsletter", source="form") == 2
    assert announced() == [("ConsentGiven", "newsletter", 2)]


def test_only_a_fresh_request_can_be_confirmed() -> None:
    fan_id = fan()
    with pytest.raises(Refused, match="no request"):
        confirm(fan_id, "newsletter")
    assert not Head.objects.exists()
    with time_machine.travel(NOW, tick=False):
        request(fan_id, "newsletter", source="form")
    with time_machine.travel(NOW + timedelta(days=31, seconds=1), tick=False):
        with pytest.raises(Refused, match="older than 30 days"):
            confirm(fan_id, "newsletter")
        assert request(fan_id, "newsletter", source="form") == 2
        withdraw(fan_id, "newsletter", source="mail")
        with pytest.raises(Refused, match="no request"):
            confirm(fan_id, "newsletter")


def test_a_no_is_kept_though_she_was_never_asked() -> None:
    fan_id = fan()
    assert withdraw(fan_id, "research", source="phone") == 1
    assert withdraw_all(fan_id, source="mail") == 4
    assert withdraw_all(fan_id, source="mail") == 0
    assert {(state.purpose, state.state) for state in consent_states(fan_id)} == {
        (purpose, "withdrawn")
        for purpose in ("newsletter", "ticketing", "partner-offers", "tracking", "research")
    }


def test_a_child_cannot_consent_but_can_say_no() -> None:
    child = fan(birth_date="2010-07-27")
    with time_machine.travel(NOW, tick=False):
        for ask in (give, request):
            with pytest.raises(Refused, match="from the age of 15"):
                ask(child, "newsletter", source="form")
        withdraw(child, "newsletter", source="form")
    assert acts(child) == [("newsletter", 1, "withdrawn")]
    teenager = fan(email="t@example.org", birth_date="2009-07-26")
    with time_machine.travel(NOW, tick=False):
        give(teenager, "newsletter", source="form")
        with pytest.raises(Refused, match="from the age of 18"):
            give(teenager, "tracking", source="form")


def test_answers_that_cannot_be_are_refused_and_leave_nothing() -> None:
    fan_id, other = fan(), notice("research", "en")
    for act, why in (
        (lambda: give(fan_id, "news", source="a"), "“news” is no purpose"),
        (lambda: withdraw(fan_id, "news", source="a"), "“news” is no purpose"),
        (lambda: give(999, "newsletter", source="a"), "there is no fan 999"),
        (lambda: withdraw(999, "newsletter", source="a"), "there is no fan 999"),
        (lambda: give(fan_id, "newsletter", source=" "), "source: say in one line"),
        (lambda: give(fan_id, "newsletter", source="a\nb"), "source: say in one line"),
        (lambda: give(fan_id, "newsletter", source="a", notice_id=other.id), "is not one of the purpose"),
        (lambda: give(fan_id, "newsletter", source="a", moment=datetime(2200, 1, 1, tzinfo=UTC)), "future"),
    ):
        with pytest.raises(Refused, match=why):
            act()
    with pytest.raises(ValueError, match="time zone"):
        give(fan_id, "newsletter", source="a", moment=datetime(2024, 1, 1))  # noqa: DTZ001
    assert not Head.objects.exists()
    assert not EntryRow.objects.exists()


def test_heads_come_as_a_table() -> None:
    one, two, three = fan(), fan(email="b@example.org"), fan(email="c@example.org")
    give(one, "newsletter", source="a")
    request(two, "newsletter", source="a")
    give(three, "research", source="a")
    expected = [(one, ("given", 1)), (two, ("pending", 1))]
    assert list(heads([three, two, one, one, 999], "newsletter").items()) == expected
    with transaction.atomic():
        assert list(lock_heads([one, two, three], "newsletter").items()) == expected
    assert heads([], "newsletter") == {}


def test_v3_erasing_takes_every_yes_back_and_blanks_the_proofs_while_the_chain_still_verifies() -> None:
    fan_id = fan()
    request(fan_id, "newsletter", source="form", proof={"ip": "192.0.2.77"})
    confirm(fan_id, "newsletter", proof={"browser": "CanaryBrowser"})
    give(fan_id, "research", source="form", proof={"note": "CanaryNote"})
    withdraw(fan_id, "ticketing", source="form")
    hashes = [entry.hash for entry in ledger(fan_id)]
    erase_fan(fan_id)
    for _ in range(2):
        deliver_events()
        forget(fan_id)  # a reaction may run twice
    assert verify_ledger() == []
    text = everything()
    assert "Canary" not in text
    assert "192.0.2.77" not in text
    entries = ledger(fan_id)
    assert [entry.hash for entry in entries][:4] == hashes
    assert [entry.proof for entry in entries] == [{}] * 6
    assert [entry.blanked_at is not None for entry in entries] == [True, True, True, False, False, False]
    assert [(entry.purpose, entry.act, entry.source) for entry in entries[4:]] == [
        ("newsletter", "withdrawn", "erasure"),
        ("research", "withdrawn", "erasure"),
    ]
    with pytest.raises(Refused, match="was erased"):
        give(fan_id, "newsletter", source="form")


@pytest.mark.parametrize(
    "change",
    [
        {"act": "withdrawn"},
        {"moment": NOW},
        {"source": "x"},
        {"proof": "x"},
        {"proof": ""},
        {"proof": "", "blanked_at": NOW, "source": "x"},
        {"proof": "", "blanked_at": NOW, "proof_hash": None},
        {"hash": b"x"},
    ],
)
def test_c3_the_database_keeps_the_ledger_as_it_is(change: dict[str, Any]) -> None:
    fan_id = fan()
    give(fan_id, "newsletter", source="form", proof={"ip": "192.0.2.77"})
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        EntryRow.objects.update(**change)
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        EntryRow.objects.all().delete()
    assert verify_ledger(fan_id) == []


def test_a_proof_is_blanked_once_and_not_filled_again() -> None:
    fan_id = fan()
    give(fan_id, "newsletter", source="form", proof={"ip": "192.0.2.77"})
    EntryRow.objects.update(proof="", blanked_at=NOW)
    for change in ({"proof": "x"}, {"blanked_at": None}, {"blanked_at": NOW + timedelta(days=1)}):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            EntryRow.objects.update(**change)
