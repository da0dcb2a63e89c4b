"""`tifo spectators import DIR`."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.spectators.files import SESSIONS, TICKETS, VENUES, whole, write
from tifo.kernel.public import Refused
from tifo.spectators import models
from tifo.spectators.cli import COMMANDS

pytestmark = pytest.mark.django_db


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(COMMANDS["spectators import"], [str(argument) for argument in arguments])


def test_it_speaks_json_on_standard_output(tmp_path: Path) -> None:
    result = run(whole(tmp_path / "event"), "--json")
    assert result.exit_code == 0
    told = json.loads(result.stdout)
    assert told["applied"] is True
    assert told["files"]["sessions.csv"]["created"] == 3
    assert told["files"]["tickets.csv"]["created"] == 5
    assert (told["rejected"], told["errors"], told["rejects_file"]) == (0, [], None)
    assert models.Ticket.objects.count() == 5


def test_it_speaks_to_people(tmp_path: Path) -> None:
    result = run(whole(tmp_path / "event"), "--dry-run")
    assert result.exit_code == 0
    assert "sessions.csv: 3 read, would be 3 created, 0 updated, 0 unchanged, 0 rejected" in result.stdout
    assert models.Session.objects.count() == 0


def test_rejected_tickets_are_no_failure_unless_none_was_good(tmp_path: Path) -> None:
    folder = write(
        tmp_path / "event", venues=VENUES, sessions=SESSIONS, tickets=TICKETS + "T6,NOPE,,,,,,,,valid\n"
    )
    result = run(folder, "--json")
    assert result.exit_code == 0
    told = json.loads(result.stdout)
    assert told["errors"][0]["line"] == 7
    assert Path(told["rejects_file"]).is_file()
    assert "tickets.csv, line 7: no session has the code NOPE" in result.stderr
    bad = write(tmp_path / "bad", tickets=TICKETS.splitlines()[0] + "\nT6,NOPE,,,,,,,,valid\n")
    result = run(bad)
    assert result.exit_code == 1
    assert isinstance(result.exception, Refused)


def test_a_wrong_programme_fails_and_names_the_place(tmp_path: Path) -> None:
    folder = write(tmp_path / "event", venues=VENUES, sessions=SESSIONS.replace("ATH,STA", "ATH,STX"))
    result = run(folder)
    assert result.exit_code == 1
    assert isinstance(result.exception, Refused)
    assert "sessions.csv, line 2: no venue has the code STX" in result.stderr
    assert models.Venue.objects.count() == 0
    assert run(folder, "--dry-run").exit_code == 1
    assert run(tmp_path / "nowhere").exit_code == 1
