"""The gate: nobody crosses without the right (C1, C2, C5, S6, pressure, quiet hours)."""

import contextlib
import threading
from datetime import UTC, datetime, time, timedelta

import pytest
import time_machine
from django.conf import LazySettings
from django.db import DatabaseError, connection, connections

from tests.delivery.world import PAST, Recorder, Text, entered, fan, fans, newsletter, woven
from tifo.consents.public import give, withdraw
from tifo.delivery.actions import gate as gate_module
from tifo.delivery.models import Message
from tifo.delivery.public import (
    Crossing,
    Outcome,
    Verdict,
    cancel,
    claim,
    counts,
    cross,
    open_mailing,
    rests_until,
    suppress,
)
from tifo.delivery.rules.pressure import Cap, caps, quiet_hours, quiet_until
from tifo.fans.public import destination_key, erase_fan
from tifo.kernel.public import Refused

pytestmark = pytest.mark.django_db


def test_the_gate_names_the_consent_version_and_keeps_out_who_has_none() -> None:
    """C1: only under the version that is the head now, which the row names."""
    yes, never, no = fan(1), fan(2, purposes=()), fan(3)
    mailing = newsletter()
    entered(mailing, [yes, never, no])
    claimed = claim(mailing, 0, owner="a")
    withdraw(no, "newsletter", source="test")
    transport = Recorder()
    report = cross(mailing, woven(claimed), transport)
    assert transport.recipients == ["fan1@example.org"]
    assert (report.accepted, dict(report.suppressed)) == (1, {"no_consent": 1, "withdrawn": 1})
    assert Message.objects.get(fan_id=yes).consent_version == 1


def test_versions_are_written_for_each_fan() -> None:
    """C1: also where a window holds many different versions."""
    ids = fans(12)
    for index, fan_id in enumerate(ids):
        for _ in range(index):
            withdraw(fan_id, "newsletter", source="test")
            give(fan_id, "newsletter", source="test")
    mailing = newsletter()
    entered(mailing, ids)
    assert cross(mailing, woven(claim(mailing, 0, owner="a")), Recorder()).accepted == 12
    found = list(Message.objects.order_by("fan_id").values_list("consent_version", flat=True))
    assert found == [2 * index + 1 for index in range(12)]


def test_service_mail_needs_no_consent_but_heeds_a_no() -> None:
    never, no = fan(1, purposes=()), fan(2, purposes=("ticketing",))
    withdraw(no, "ticketing", source="test")
    mailing = open_mailing(label="gates", purpose="ticketing", legal_class="service", lifetime_hours=200_000)
    entered(mailing, [never, no])
    transport = Recorder()
    cross(mailing, woven(claim(mailing, 0, owner="a")), transport)
    assert transport.recipients == ["fan1@example.org"]


def test_suppressed_and_erased_stay_out() -> None:
    ok, blocked, gone = fans(3)
    mailing = newsletter()
    entered(mailing, [ok, blocked, gone])
    claimed = claim(mailing, 0, owner="a")
    suppress(destination_key("email", "fan1@example.org"), "complained")
    erase_fan(gone)
    transport = Recorder()
    report = cross(mailing, woven(claimed), transport)
    assert transport.recipients == ["fan0@example.org"]
    assert dict(report.suppressed) == {"complained": 1, "erased": 1}


@pytest.mark.parametrize(
    "broken", ["lock_heads", "mail_addresses", "_suppressed_addresses", "_pressed", "_write"]
)
def test_an_error_anywhere_in_the_gate_sends_nothing(broken: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """C5: no answer from the suppression list, the consents or the people means nobody, and nothing is lost by it."""
    mailing = newsletter()
    entered(mailing, fans(3))
    claimed = claim(mailing, 0, owner="a")

    def fails(*arguments: object, **more: object) -> None:
        raise DatabaseError("the disk is gone")

    transport = Recorder()
    with monkeypatch.context() as patch:
        patch.setattr(gate_module, broken, fails)
        with pytest.raises(DatabaseError):
            cross(mailing, woven(claimed), transport)
    assert transport.parcels == []
    assert counts(mailing).planned == 3
    assert cross(mailing, woven(claim(mailing, 0, owner="a")), transport).accepted == 3


def test_the_allow_list_bars_before_the_transport_does() -> None:
    """S6: those it bars are counted with the reason, not silently gone."""
    mailing = newsletter()
    entered(mailing, [fan(1), fan(2, email="real@person.test")])
    transport = Recorder()
    report = cross(mailing, woven(claim(mailing, 0, owner="a")), transport)
    assert transport.recipients == ["fan1@example.org"]
    assert dict(report.suppressed) == {"not_allowed_here": 1}


def test_a_text_that_breaks_headers_bars_its_message_only() -> None:
    mailing = newsletter()
    entered(mailing, fans(2))
    one, two = claim(mailing, 0, owner="a")
    transport = Recorder()
    report = cross(mailing, [(one, Text(subject=b"News\r\nBcc: x@example.org")), (two, Text())], transport)
    assert transport.recipients == [two.email]
    assert dict(report.suppressed) == {"bad_header": 1}


def test_pressure_counts_what_crossed(settings: LazySettings) -> None:
    settings.TIFO_PRESSURE_CAP = "2/7d"
    her, other = fans(2)
    transport = Recorder()
    for number, expected in enumerate([2, 2, 0]):
        mailing = newsletter(f"news {number}")
        entered(mailing, [her, other])
        report = cross(mailing, woven(claim(mailing, 0, owner="a")), transport)
        assert report.accepted == expected
    assert dict(report.suppressed) == {"pressure": 2}
    service = open_mailing(label="s", purpose="ticketing", legal_class="service", lifetime_hours=200_000)
    entered(service, [her])
    assert cross(service, woven(claim(service, 0, owner="a")), transport).accepted == 1


def test_a_cap_of_one_purpose_leaves_the_others_alone(settings: LazySettings) -> None:
    settings.TIFO_PRESSURE_CAP = "2/7d newsletter=1/7d research=0/7d"
    her = fan(1, purposes=("newsletter", "partner-offers", "research"))
    transport = Recorder()

    def offered(label: str, purpose: str) -> int:
        mailing = open_mailing(
            label=label, purpose=purpose, legal_class="marketing", lifetime_hours=24 * 365 * 20
        )
        entered(mailing, [her])
        return cross(mailing, woven(claim(mailing, 0, owner="a")), transport).accepted

    assert offered("0", "research") == 0, "none at all"
    assert [offered("1", "newsletter"), offered("2", "newsletter")] == [1, 0]
    assert [offered("3", "partner-offers"), offered("4", "partner-offers")] == [1, 0], "two in all"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("purposes", [("newsletter", "newsletter"), ("newsletter", "partner-offers")])
def test_two_campaigns_at_once_stay_under_the_cap(
    purposes: tuple[str, str], settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two workers judge the same fans at the same moment: each would still find room for its message."""
    settings.TIFO_PRESSURE_CAP = "1/7d"
    ids = [fan(number, purposes=("newsletter", "partner-offers")) for number in range(3)]
    windows = []
    for number, purpose in enumerate(purposes):
        mailing = open_mailing(
            label=f"at once {number}", purpose=purpose, legal_class="marketing", lifetime_hours=200_000
        )
        entered(mailing, ids)
        windows.append((mailing, claim(mailing, 0, owner=f"worker {number}")))
    both_counted = threading.Barrier(2, timeout=1)
    write = gate_module._write

    def together(*arguments: object) -> None:
        with contextlib.suppress(threading.BrokenBarrierError):  # the other waits for our lock, as it should
            both_counted.wait()
        write(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(gate_module, "_write", together)
    transports = [Recorder(), Recorder()]

    def work(number: int) -> None:
        mailing, claimed = windows[number]
        cross(mailing, woven(claimed), transports[number])
        connections.close_all()

    workers = [threading.Thread(target=work, args=(number,)) for number in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    got = [one for transport in transports for one in transport.recipients]
    assert sorted(got) == [f"fan{number}@example.org" for number in range(3)]
    assert sum(counts(mailing).suppressed.get("pressure", 0) for mailing, _ in windows) == 3


def test_quiet_hours_are_the_fans_own(settings: LazySettings) -> None:
    settings.TIFO_QUIET_HOURS = "21:00-08:00"
    paris, tahiti = fan(1, timezone="Europe/Paris"), fan(2, timezone="Pacific/Tahiti")
    with time_machine.travel(datetime(2026, 7, 1, 21, 0, tzinfo=UTC), tick=False):  # 23:00 and 11:00
        mailing = newsletter()
        entered(mailing, [paris, tahiti])
        transport = Recorder()
        report = cross(mailing, woven(claim(mailing, 0, owner="a")), transport)
        assert transport.recipients == ["fan2@example.org"]
        assert report.planned == 1
        row = Message.objects.get(fan_id=paris)
        assert (row.state, row.due_at) == ("planned", datetime(2026, 7, 2, 6, 0, tzinfo=UTC))
    with time_machine.travel(datetime(2026, 7, 2, 6, 0, 1, tzinfo=UTC), tick=False):
        assert cross(mailing, woven(claim(mailing, 0, owner="a")), transport).accepted == 1


def test_settings_of_pressure_and_quiet_hours_are_read_or_refused() -> None:
    assert caps("3/7d newsletter=1/1d") == (
        Cap(3, timedelta(days=7)),
        Cap(1, timedelta(days=1), "newsletter"),
    )
    assert caps("") == ()
    assert quiet_hours("21:00-08:00") == (time(21), time(8))
    for bad in ("3", "3/0d", "x/7d", "3/7d,1/1d"):
        with pytest.raises(Refused):
            caps(bad)
    with pytest.raises(Refused):
        quiet_hours("25:00-08:00")
    noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    assert quiet_until((time(9), time(17)), "UTC", noon) == noon + timedelta(hours=5)
    assert quiet_until((time(21), time(8)), "Nowhere/At all", noon) is None


def test_a_temporary_refusal_comes_back_later_and_a_lasting_one_does_not() -> None:
    mailing = newsletter()
    entered(mailing, fans(3))
    said = {
        "fan0@example.org": Outcome(Verdict.DEFERRED, "RCPT", 451, "4.7.1 later <fan0@example.org>"),
        "fan1@example.org": Outcome(Verdict.REFUSED, "RCPT", 550, "5.1.1 <fan1@example.org> unknown"),
        "fan2@example.org": Outcome(Verdict.REFUSED, "body", 554, "5.7.1 looks like spam"),
    }
    report = cross(
        mailing, woven(claim(mailing, 0, owner="a")), Recorder(lambda parcel: said[parcel.recipient])
    )
    assert (report.planned, report.refused) == (1, 2)
    rows = {row.fan_id: row for row in Message.objects.all()}
    later, gone, spam = (rows[key] for key in sorted(rows))
    assert later.state == "planned"
    assert later.due_at > PAST
    assert "@" not in later.reason + gone.reason
    assert gone.code == 550
    # only a refusal of the address itself suppresses it
    again = newsletter("again")
    entered(again, [gone.fan_id, spam.fan_id])
    report = cross(again, woven(claim(again, 0, owner="a")), Recorder())
    assert (report.accepted, dict(report.suppressed)) == (1, {"bounced": 1})


def test_a_server_that_is_down_lets_this_place_rest() -> None:
    mailing = newsletter()
    entered(mailing, fans(3))
    down = Recorder(lambda _: Outcome(Verdict.DEFERRED, "connect", 0, "connection refused"))
    report = cross(mailing, woven(claim(mailing, 0, owner="a", size=2)), down)
    assert (report.planned, report.unreachable) == (2, "connection refused")
    first = rests_until()
    assert first is not None
    with Crossing(mailing, down) as line:
        line.send(woven(claim(mailing, 0, owner="a")))
    assert line.cut_off
    second = rests_until()
    assert second is not None
    assert second > first, "longer each time"
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=1), tick=False):
        assert rests_until() is None
        assert cross(mailing, woven(claim(mailing, 0, owner="a")), Recorder()).accepted == 3
    assert rests_until() is None, "what a server answered ends it"


@pytest.mark.django_db(transaction=True)
def test_committing_is_durable_before_anything_is_handed_over() -> None:
    """M8: another connection sees every parcel's row as committing when the transport first hears of it."""
    mailing = newsletter()
    entered(mailing, fans(7))
    seen: list[tuple[int, str]] = []

    def look(parcels: object) -> None:
        def elsewhere() -> None:
            assert isinstance(parcels, list)
            keys = [parcel.key for parcel in parcels]
            seen.extend(Message.objects.filter(pk__in=keys).values_list("id", "state"))
            connections.close_all()

        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join()

    transport = Recorder(before=look)
    with Crossing(mailing, transport) as line:
        while claimed := claim(mailing, 0, owner="a", size=3):
            line.send(woven(claimed))
    assert line.report.accepted == 7
    assert [state for _, state in seen] == ["committing"] * 7


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("act", ["withdraw", "cancel"])
def test_a_no_and_the_gate_do_not_pass_each_other(act: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """C1, M11: while the gate holds its locks the withdrawal (or cancel) waits; what was stored before the gate is
    seen by it. So no message crosses under a version that was not the head."""
    ids = fans(2)
    mailing = newsletter()
    entered(mailing, ids)
    claimed = claim(mailing, 0, owner="a", size=1)
    inside, order = threading.Event(), []

    def other() -> None:
        inside.wait(5)
        if act == "withdraw":
            withdraw(ids[0], "newsletter", source="test")
        else:
            cancel(mailing)
        order.append(act)
        connections.close_all()

    write = gate_module._write

    def slow_write(*arguments: object) -> None:
        inside.set()
        threading.Event().wait(0.3)
        write(*arguments)  # type: ignore[arg-type]
        order.append("gate")

    thread = threading.Thread(target=other)
    thread.start()
    transport = Recorder()
    with monkeypatch.context() as patch:
        patch.setattr(gate_module, "_write", slow_write)
        cross(mailing, woven(claimed), transport)
    thread.join()
    assert order == ["gate", act]
    assert transport.recipients == ["fan0@example.org"]
    # and nothing crosses afterwards
    rest = claim(mailing, 0, owner="a")
    late = newsletter("late")
    entered(late, [ids[0]])
    report = cross(late, woven(claim(late, 0, owner="a")), transport)
    if act == "withdraw":
        assert dict(report.suppressed) == {"withdrawn": 1}
    else:
        assert rest == []
        assert counts(mailing).cancelled == 1
    assert connection.in_atomic_block is False
