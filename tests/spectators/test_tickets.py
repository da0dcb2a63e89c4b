"""tickets.csv: whose they are, what changes, what is left out and told."""

import csv
import os
import subprocess
import sys
from datetime import UTC
from pathlib import Path

import pytest
from django.db import connection

from tests.spectators.files import GATES, SESSIONS, TICKETS, VENUES, whole, write
from tifo.fans.public import create_fan, destination_key, erase_fan, update_fan
from tifo.kernel.public import deliver_events
from tifo.spectators import models
from tifo.spectators.public import import_programme, link_fans, tickets_held, tickets_of

pytestmark = pytest.mark.django_db


def settle() -> None:
    """Let every reaction see every event."""
    while deliver_events():
        pass


def holders() -> dict[str, int | None]:
    return dict(models.Ticket.objects.values_list("ref", "fan_id"))


def test_holders_are_linked_buyers_are_not_holders(tmp_path: Path) -> None:
    lea = create_fan(source="test", email="Lea@Example.org")
    report = import_programme(whole(tmp_path / "event"))
    assert (report.holders_known, report.holders_unknown) == (3, 2)
    assert holders() == {"T1": lea, "T2": lea, "T3": None, "T4": None, "T5": lea}
    assert dict(models.Ticket.objects.values_list("ref", "buyer_fan_id")) == {
        "T1": lea,
        "T2": lea,
        "T3": lea,
        "T4": None,
        "T5": None,
    }
    held = tickets_held([lea])
    assert [ticket.ref for ticket in held[lea]] == [
        "T1",
        "T2",
    ]  # T5 is cancelled; in the order of their start
    assert (held[lea][0].code, held[lea][0].venue, held[lea][0].gate, held[lea][0].timezone) == (
        "ATH01-STA",
        "Stade de France",
        "E",
        "Europe/Paris",
    )
    assert [(one.ticket.ref, one.held, one.bought) for one in tickets_of(lea)] == [
        ("T1", True, True),
        ("T3", False, True),
        ("T2", True, True),
        ("T5", True, False),
    ]


def test_no_address_is_kept(tmp_path: Path) -> None:
    import_programme(whole(tmp_path / "event"))
    ticket = models.Ticket.objects.get(ref="T3")
    assert bytes(ticket.holder_key) == destination_key("email", "omar@example.org")
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM spectators_ticket")
        assert "example.org" not in str(cursor.fetchall())


@pytest.mark.django_db(transaction=True)
def test_a_holder_may_become_a_fan_later(tmp_path: Path) -> None:
    import_programme(whole(tmp_path / "event"))
    before = models.Ticket.objects.get(ref="T3").rev
    omar = create_fan(source="test", email="omar@example.org")
    settle()
    ticket = models.Ticket.objects.get(ref="T3")
    assert ticket.fan_id == omar
    assert ticket.rev > before
    assert models.Ticket.objects.get(ref="T4").buyer_fan_id == omar
    lea = create_fan(source="test", email="other@example.org")
    settle()
    assert holders()["T1"] is None
    update_fan(lea, email="lea@example.org")
    settle()
    assert holders()["T1"] == lea


@pytest.mark.django_db(transaction=True)
def test_many_fans_are_linked_at_once_and_only_once(tmp_path: Path) -> None:
    import_programme(whole(tmp_path / "event"))
    lea = create_fan(source="test", email="lea@example.org")
    omar = create_fan(source="test", email="omar@example.org")
    assert link_fans() is False
    assert holders() == {"T1": lea, "T2": lea, "T3": omar, "T4": None, "T5": lea}
    revs = dict(models.Ticket.objects.values_list("ref", "rev"))
    assert link_fans() is False
    assert dict(models.Ticket.objects.values_list("ref", "rev")) == revs


def test_updates_change_what_they_name(tmp_path: Path) -> None:
    lea = create_fan(source="test", email="lea@example.org")
    folder = whole(tmp_path / "event")
    import_programme(folder)
    changed = (
        TICKETS.replace(
            "T1,ATH01-STA,lea@example.org,lea@example.org,A,E",
            "T1,ATH01-STA,lea@example.org,lea@example.org,A,K",
        )
        .replace("12,4,7,valid\nT3", "12,4,7,cancelled\nT3")
        .replace("T3,ATH01-STA,omar@example.org", "T3,ATH02-STA,lea@example.org")
    )
    report = import_programme(write(tmp_path / "later", tickets=changed))
    assert (report.files["tickets.csv"].updated, report.files["tickets.csv"].unchanged) == (3, 2)
    assert [(ticket.ref, ticket.gate, ticket.code) for ticket in tickets_held([lea])[lea]] == [
        ("T1", "K", "ATH01-STA"),
        ("T3", "K", "ATH02-STA"),
    ]


def test_a_ticket_passed_on_leaves_its_fan(tmp_path: Path) -> None:
    create_fan(source="test", email="lea@example.org")
    import_programme(whole(tmp_path / "event"))
    import_programme(
        write(tmp_path / "later", tickets=TICKETS.replace("T1,ATH01-STA,lea@", "T1,ATH01-STA,new@"))
    )
    assert holders()["T1"] is None


def test_a_new_address_keeps_the_tickets_of_the_old_one(tmp_path: Path) -> None:
    lea = create_fan(source="test", email="lea@example.org")
    folder = whole(tmp_path / "event")
    import_programme(folder)
    update_fan(lea, email="lea.martin@example.org")
    report = import_programme(folder)
    assert holders()["T1"] == lea
    assert report.files["tickets.csv"].unchanged == 5


@pytest.mark.django_db(transaction=True)
def test_v4_erasing_forgets_and_no_import_brings_her_back(tmp_path: Path) -> None:
    lea = create_fan(source="test", email="lea@example.org")
    folder = whole(tmp_path / "event")
    import_programme(folder)
    erase_fan(lea)
    settle()
    rows = models.Ticket.objects.filter(ref__in=["T1", "T2", "T3", "T5"])
    assert {row.fan_id for row in rows} == {None}
    assert {row.buyer_fan_id for row in rows} == {None}
    assert models.Ticket.objects.get(ref="T1").holder_key is None
    assert models.Ticket.objects.get(ref="T3").buyer_key is None
    assert models.Ticket.objects.get(ref="T3").holder_key is not None
    import_programme(folder)
    assert models.Ticket.objects.get(ref="T1").holder_key is None


def test_rows_that_cannot_be_taken_are_told_and_the_others_taken(tmp_path: Path) -> None:
    wrong = TICKETS + (
        "T6,ATH1-STA,,,,,,,,valid\n"
        "T7,ATH01-STA,,,,,,,,lost\n"
        ",ATH01-STA,,,,,,,,valid\n"
        "T8,ATH01-STA,not an address,,,,,,,valid\n"
        "T9,ATH01-STA,,no@where@at.all,,,,,,valid\n"
        '"T10,ATH01-STA,,,,,,,,valid\n'
        "T11,ATH01-STA,,,,,,,,VALID\n"
        "T12,ATH01-STA\n" + "T" * 65 + ",ATH01-STA,,,,,,,,valid\n"
    )
    folder = write(tmp_path / "event", venues=VENUES, sessions=SESSIONS, tickets=wrong)
    report = import_programme(folder)
    assert report.applied
    counts = report.files["tickets.csv"]
    assert (counts.read, counts.created, counts.rejected) == (14, 6, 8)
    told = {problem.line: str(problem) for problem in report.errors}
    assert sorted(told) == [7, 8, 9, 10, 11, 12, 14, 15]
    assert told[7] == (
        "tickets.csv, line 7: no session has the code ATH1-STA "
        "(add it to sessions.csv, or correct the code (ATH01-STA?))"
    )
    assert told[10] == (
        "tickets.csv, line 10: holder_email is not an address "
        "(correct it, or leave it empty where the holder is unknown)"
    )
    assert models.Ticket.objects.get(ref="T11").status == "valid"
    with Path(report.rejects_file or "").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert sorted(int(row["line"]) for row in rows) == sorted(told)
    assert "not an address" in rows[[int(row["line"]) for row in rows].index(10)]["reason"]


def test_a_missing_column_stops_everything_before_it_begins(tmp_path: Path) -> None:
    folder = write(
        tmp_path / "event", venues=VENUES, sessions=SESSIONS, tickets="ticket_ref,session_code\nT1,X\n"
    )
    report = import_programme(folder)
    assert not report.applied
    assert str(report.errors[0]).startswith("tickets.csv: the header lacks holder_email, status")
    assert models.Venue.objects.count() == 0


def test_of_a_reference_met_twice_the_last_line_counts(tmp_path: Path) -> None:
    twice = TICKETS + "T1,ATH02-STA,,,B,,,,,resold\n"
    report = import_programme(write(tmp_path / "event", venues=VENUES, sessions=SESSIONS, tickets=twice))
    assert models.Ticket.objects.get(ref="T1").status == "resold"
    assert report.files["tickets.csv"].created == 5
    assert any("lines that repeat a reference" in str(warning) for warning in report.warnings)


def test_a_gate_that_the_venue_does_not_list_is_noted(tmp_path: Path) -> None:
    gates = "\n".join(GATES.splitlines()[:2])
    report = import_programme(
        write(tmp_path / "event", venues=VENUES, sessions=SESSIONS, gates=gates, tickets=TICKETS)
    )
    assert [str(warning) for warning in report.warnings] == [
        "tickets.csv: tickets that name the gate K, which STA does not list: 1"
    ]


def test_a_big_file_comes_in_chunks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tifo.spectators.actions.tickets.CHUNK", 2)
    report = import_programme(whole(tmp_path / "event"))
    assert report.files["tickets.csv"].created == 5
    assert models.Ticket.objects.count() == 5


_KILLED = """
import django
django.setup()
from datetime import UTC
from pathlib import Path
from django.core.management import call_command
import tifo.spectators.actions.tickets as tickets
from tifo.spectators.public import import_programme
from tifo.spectators.models import Ticket
call_command("migrate", verbosity=0)
tickets.CHUNK = 2
import_programme(Path({folder!r}))
print(sorted(Ticket.objects.values_list("ref", "status", "gate", "session__code")))
"""


@pytest.mark.crash
@pytest.mark.skipif(connection.vendor != "sqlite", reason="the child has an embedded database of its own")
def test_w3_killed_after_any_chunk_and_run_again_it_is_one_clean_run(tmp_path: Path) -> None:
    folder = whole(tmp_path / "event")
    program = _KILLED.format(folder=str(folder))

    def run(data: str, crash: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", program],
            env=os.environ
            | {
                "TIFO_DATA": str(tmp_path / data),
                "TIFO_CRASH_AT": crash,
            },
            capture_output=True,
            text=True,
            check=False,
        )

    killed = run("killed", "spectators.tickets.chunk:2")
    assert killed.returncode == 137, killed.stderr
    again, clean = run("killed"), run("clean")
    assert again.returncode == clean.returncode == 0, again.stderr + clean.stderr
    assert again.stdout == clean.stdout
    assert again.stdout.count("T") >= 5


def test_moments_of_held_tickets_are_aware_and_those_over_can_be_left_out(tmp_path: Path) -> None:
    lea = create_fan(source="test", email="Lea@Example.org")
    import_programme(whole(tmp_path / "event"))
    first, second = tickets_held([lea])[lea]
    assert (first.starts_at.tzinfo, first.ends_at.tzinfo) == (UTC, UTC)
    assert tickets_held([lea], upcoming_from=first.ends_at) == {lea: [second]}
    assert tickets_held([lea], upcoming_from=second.ends_at) == {}
