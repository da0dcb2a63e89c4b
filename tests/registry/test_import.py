"""People from a file into the base, by the command."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tifo.consents.public import consent_states, ledger
from tifo.fans.public import fan_by_email, fan_count, fans, newest_fans
from tifo.kernel.public import Refused
from tifo.preferences.public import preferences_of
from tifo.registry.cli import import_people
from tifo.registry.models import ImportRun

pytestmark = pytest.mark.django_db


def run(path: Path, *options: str) -> dict[str, Any]:
    outcome = CliRunner().invoke(import_people, [str(path), "--json", *options], catch_exceptions=False)
    found: dict[str, Any] = json.loads(outcome.stdout)
    return found


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "people.csv"
    path.write_text(text, encoding="utf-8")
    return path


def rejects(result: dict[str, Any]) -> list[tuple[str, str]]:
    with Path(result["rejects_file"]).open(encoding="utf-8-sig", newline="") as file:
        return [(row["line"], row["reason"]) for row in csv.DictReader(file)]


def test_a_file_of_all_columns_arrives_whole(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "email,phone,first_name,last_name,birth_date,gender,language,country,postcode,timezone,external_id,"
        "joined_at,club_member,consent:newsletter,consent:tracking,likes:judo\n"
        "Lea@Example.org,06 12 34 56 78,Léa,Martin,1990-07-14,female,fr,FR,75001,Europe/Paris,X1,"
        "2024-01-05T10:00:00Z,yes,2024-01-05T11:00:00+01:00,withdrawn 2024-02-01,0.8\n",
    )
    result = run(path, "--source", "ticketing")
    assert result == {"read": 1, "created": 1, "updated": 0, "rejected": 0, "rejects_file": None}
    fan = fan_by_email("lea@example.org")
    assert fan is not None
    assert (fan.email, fan.phone, fan.first_name, fan.source) == (
        "Lea@Example.org",
        "+33612345678",
        "Léa",
        "ticketing",
    )
    assert fan.member_since is not None
    states = {state.purpose: (state.state, state.moment.isoformat()) for state in consent_states(fan.id)}
    assert states == {
        "newsletter": ("given", "2024-01-05T10:00:00+00:00"),
        "tracking": ("withdrawn", "2024-02-01T00:00:00+00:00"),
    }
    taste = preferences_of(fan.id)[0]
    assert (taste.topic.slug, taste.score, taste.declared) == ("judo", 0.8, True)


def test_each_bad_row_is_named_with_its_line_and_the_good_ones_arrive(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "email,first_name,birth_date,likes:judo,consent:newsletter,external_id\n"
        "good@example.org,Good,,,,\n"
        "bad,Bad,,,,\n"
        'two@example.org,"quoted\nnewline",1990-13-40,,,\n'
        "three@example.org,,,1.5,,\n"
        "four@example.org,,,,yes,\n"
        "five@example.org,=cmd(),,,,\n"
        ",,,,,\n"
        ",Nobody,,,,\n"
        "short\n"
        f"long@example.org,{'x' * 1_000_000},,,,\n"
        "nul@example.org,a\0b,,,,\n"
        "future@example.org,,,,2999-01-01,\n"
        "last@example.org,Last,,,no,\n",
    )
    result = run(path, "--source", "x")
    assert (result["read"], result["created"], result["updated"], result["rejected"]) == (12, 2, 0, 10)
    found = rejects(result)
    assert [line for line, _ in found] == ["3", "4", "6", "7", "8", "10", "11", "12", "13", "14"]
    reasons = dict(found)
    assert reasons["3"] == "email: no @ in it; write name@example.org"
    assert reasons["4"].startswith("birth_date: it is no date")
    assert reasons["6"] == "likes:judo: it is no number from 0 to 1"
    assert reasons["7"].startswith("consent:newsletter: it is none of")
    assert reasons["8"].startswith("first_name: it begins like a spreadsheet formula")
    assert "nobody could find her" in reasons["10"]
    assert reasons["11"].startswith("has 1 cells where the header names 6")
    assert reasons["12"].startswith("holds a cell of 1,000,000 characters")
    assert reasons["13"].startswith("holds a NUL")
    assert reasons["14"].startswith("consent:newsletter: its moment lies in the future")
    assert Path(result["rejects_file"]).stat().st_mode & 0o077 == 0


def test_a_line_end_within_a_cell_becomes_a_space(tmp_path: Path) -> None:
    run(written(tmp_path, 'email,last_name\na@x.org,"de la\r\nTour"\n'), "--source", "x")
    fan = fan_by_email("a@x.org")
    assert fan is not None
    assert fan.last_name == "de la Tour"


def test_the_rejects_file_is_formula_safe_and_can_be_mended_and_imported(tmp_path: Path) -> None:
    path = written(tmp_path, "email,first_name\nok@example.org,Ok\nlea@example.org,=1+1\n")
    result = run(path, "--source", "x")
    text = Path(result["rejects_file"]).read_text(encoding="utf-8-sig")
    assert text.splitlines()[1].endswith("lea@example.org,'=1+1")
    mended = written(tmp_path, text.replace("'=1+1", "Léa"))
    assert run(mended, "--source", "x")["created"] == 1


def test_c4_a_person_met_twice_is_one_the_first_value_stays_and_a_no_wins(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "email,first_name,last_name,likes:judo,consent:newsletter,consent:tracking\n"
        "lea@example.org,,Martin,,2024-01-01,\n"
        "LEA@example.org,Léa,Dupont,0.9,no,2024-01-01\n"
        "lea@example.org,Other,,0.1,2024-03-01,\n",
    )
    result = run(path, "--source", "x")
    assert (result["read"], result["created"], result["updated"]) == (3, 1, 2)
    fan = fan_by_email("lea@example.org")
    assert fan is not None
    assert (fan.first_name, fan.last_name) == ("Léa", "Martin")
    assert {state.purpose: state.state for state in consent_states(fan.id)} == {
        "newsletter": "withdrawn",
        "tracking": "given",
    }
    assert preferences_of(fan.id)[0].score == 0.9
    again = written(tmp_path, "email,consent:newsletter,consent:tracking\nlea@example.org,2025-01-01,\n")
    assert run(again, "--source", "y")["updated"] == 1
    assert {state.state for state in consent_states(fan.id) if state.purpose == "newsletter"} == {"withdrawn"}
    assert fans([fan.id])[fan.id].source == "x"


def test_w3_the_same_file_again_changes_nothing(tmp_path: Path) -> None:
    path = written(tmp_path, "email,consent:newsletter,likes:judo\na@x.org,2024-01-01,0.5\nb@x.org,,\n")
    run(path, "--source", "x")
    fan = fan_by_email("a@x.org")
    assert fan is not None
    before = (len(ledger(fan.id)), preferences_of(fan.id)[0].score)
    assert run(path, "--source", "x") == {
        "read": 2,
        "created": 0,
        "updated": 2,
        "rejected": 0,
        "rejects_file": None,
    }
    assert (fan_count(), len(ledger(fan.id)), preferences_of(fan.id)[0].score) == (2, *before)


def test_a_dry_run_foresees_exactly_and_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tifo.registry.actions import staging

    monkeypatch.setattr(staging, "CHUNK", 2)
    path = written(tmp_path, "email,likes:judo\na@x.org,1\nb@x.org,\nbad,\na@X.ORG,\nc@x.org,\n")
    foreseen = run(path, "--source", "x", "--dry-run")
    assert fan_count() == 0
    done = run(path, "--source", "x")
    assert {**foreseen, "rejects_file": ""} == {**done, "rejects_file": ""}
    assert (done["read"], done["created"], done["updated"], done["rejected"]) == (5, 3, 1, 1)


def test_w3_chunks_do_not_show_in_the_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tifo.registry.actions import staging

    monkeypatch.setattr(staging, "CHUNK", 1)
    path = written(
        tmp_path,
        "email,first_name,consent:newsletter,likes:judo\n"
        "a@x.org,,2024-01-01,\na@x.org,A,no,0.3\na@x.org,B,2024-02-02,0.9\n",
    )
    result = run(path, "--source", "x")
    assert (result["created"], result["updated"]) == (1, 2)
    fan = fan_by_email("a@x.org")
    assert fan is not None
    assert fan.first_name == "A"
    assert consent_states(fan.id)[0].state == "withdrawn"
    assert preferences_of(fan.id)[0].score == 0.3


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("email,shoe size\na@x.org,38\n", "column 2: 'shoe size' isn't a known column; --ignore-unknown"),
        ("email,email\na@x.org,b@x.org\n", "columns 1 and 2"),
        ('email\na@x.org\n"b@x.org\n', "line 3 is never closed"),
        ("email\n", "holds no record"),
        ("first_name\nLéa\n", "no column says who"),
        ("email,consent:spam\na@x.org,\n", "purpose 'spam'"),
    ],
)
def test_a_bad_file_is_refused_and_nothing_is_written(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(Refused, match=words):
        run(written(tmp_path, text), "--source", "x")
    assert fan_count() == 0


def test_unknown_columns_are_left_out_when_asked(tmp_path: Path) -> None:
    path = written(tmp_path, "E-Mail;shoe size;Vorname\na@x.org;38;Ann\n")
    result = run(
        path, "--source", "x", "--ignore-unknown", "--map", "E-Mail=email", "--map", "Vorname=first_name"
    )
    assert result["created"] == 1
    fan = fan_by_email("a@x.org")
    assert fan is not None
    assert fan.first_name == "Ann"


def test_when_no_row_is_good_the_command_fails_and_still_says_the_figures(tmp_path: Path) -> None:
    outcome = CliRunner().invoke(import_people, [str(written(tmp_path, "email\nbad\n")), "--json"])
    assert isinstance(outcome.exception, Refused)
    assert json.loads(outcome.stdout)["rejected"] == 1


def test_no_working_file_stays_behind(tmp_path: Path, settings: Any) -> None:
    run(written(tmp_path, "email\na@x.org\n"), "--source", "x")
    assert [path for path in (settings.TIFO_DATA / "imports").rglob("*") if path.is_file()] == []
    assert ImportRun.objects.get().state == "done"


@pytest.mark.parametrize("processes", [1, 2])
def test_a_large_file_is_checked_by_several_processes_to_the_same_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, processes: int
) -> None:
    from tifo.registry.actions import checking, staging

    monkeypatch.setattr(checking, "LARGE", 0)
    monkeypatch.setattr(checking, "PROCESSES", processes)
    monkeypatch.setattr(staging, "CHUNK", 10)
    rows = [f"f{n}@x.org,{'=bad' if n % 7 == 0 else 'Ann'}" for n in range(45)]
    result = run(written(tmp_path, "email,first_name\n" + "\n".join(rows) + "\n"), "--source", "x")
    assert (result["read"], result["created"], result["rejected"]) == (45, 38, 7)
    assert [int(line) for line, _ in rejects(result)] == [2, 9, 16, 23, 30, 37, 44]
    kept = {fan.email for fan in newest_fans(limit=100)}
    assert kept == {f"f{n}@x.org" for n in range(45) if n % 7}
