"""Files given by mistake or damaged: refused with the place and the mend, and nothing is written."""

import gzip
import os
import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.spectators import files
from tifo.fans.public import fan_count
from tifo.kernel.public import Refused
from tifo.registry.cli import import_people
from tifo.spectators.public import import_programme, sessions, venues

HEAD = "email,first_name\n"


def _xlsx() -> bytes:
    made = BytesIO()
    with zipfile.ZipFile(made, "w") as book:
        book.writestr("xl/workbook.xml", "<a/>")
    return made.getvalue()


REFUSED = {
    "empty": (b"", "The file is empty"),
    "blank lines": (b"\n\n\n", "no line with text"),
    "only a mark": (b"\xef\xbb\xbf", "no line with text"),
    "only a header": (HEAD.encode(), "nobody to import"),
    "gzip": (gzip.compress(HEAD.encode()), "unpack it"),
    "spreadsheet": (_xlsx(), "save it as CSV"),
    "PDF": (b"%PDF-1.4\n%\xe2\xe3", "export the list as CSV"),
    "a web page": (b"<html><body>Error 500</body></html>\n", "separated by a comma, semicolon"),
    "bars between": (b"email|first_name\na@lac.example|Ann\n", "separated by a comma, semicolon"),
    "JSON": (b'[{"email": "a@lac.example"}]', "Line 1"),
    "NUL in the header": (b"em\x00ail,first_name\na@lac.example,A\n", "NUL"),
    "a quote never closed": (f'{HEAD}a@lac.example,"Ann\nb@lac.example,Bob\n'.encode(), "line 2 is never closed"),
    "a quote in the header": (b'"email","first_name\na@lac.example,A\n', "line 1 is never closed"),
    "a column twice": (b"email,first_name,email\na@lac.example,A,b@lac.example\n", "columns 1 and 3"),
    "10,000 columns": (",".join(f"x{n}" for n in range(10_000)).encode(), "10,000 columns"),
    "an endless header": (b"x" * 90_000 + b",y\na,b\n", "Line 1"),
    "an unknown purpose": (b"email,consent:nope\na@lac.example,2024-01-01\n", "'nope', which doesn't exist"),
    "noise": (os.urandom(4_096) + b"\0", ""),
}  # fmt: skip


def _imported(path: Path) -> Exception | None:
    done = CliRunner().invoke(import_people, [str(path), "--source", "x"])
    assert isinstance(done.exception, Refused | SystemExit | None), done.exception
    return done.exception  # type: ignore[return-value]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", REFUSED)
def test_a_file_given_by_mistake_is_refused_and_nothing_is_written(name: str, tmp_path: Path) -> None:
    content, words = REFUSED[name]
    path = tmp_path / "people.csv"
    path.write_bytes(content)
    refused = _imported(path)
    assert isinstance(refused, Refused)
    assert words in str(refused)
    assert len(str(refused)) < 500
    assert fan_count() == 0


@pytest.mark.django_db(transaction=True)
def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nowhere.csv", Path("/dev/null")):
        assert "is no file" in str(_imported(path))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_good_rows_arrive_and_damaged_ones_are_told_in_any_encoding(
    encoding: str, ends: str, tmp_path: Path
) -> None:
    rows = ["email,first_name", "a@lac.example,Zoë", "no address,B", "c@lac.example", "d@lac.example,D"]
    path = tmp_path / "people.csv"
    path.write_bytes(ends.join([*rows, ""]).encode(encoding))
    done = CliRunner().invoke(import_people, [str(path), "--source", "x", "--json"])
    assert done.exception is None, done.output
    assert '"read": 4, "created": 2, "updated": 0, "rejected": 2' in done.stdout


WRONG_FOLDERS = {
    "an unknown venue": ({"sessions": files.SESSIONS.replace("ATH02-STA,Athletics,ATH,STA", "ATH02-STA,Athletics,ATH,NO")}, "line 3"),
    "ends before it starts": ({"sessions": files.SESSIONS.replace("2024-08-02T22:00", "2024-08-02T18:00")}, "line 3"),
    "a code twice": ({"sessions": files.SESSIONS + files.SESSIONS.splitlines()[1] + "\n"}, "line 5"),
    "no such zone": ({"venues": files.VENUES.replace("Europe/Paris", "Mars/Olympus")}, "line 2"),
    "an hour that is not": ({"sessions": files.SESSIONS.replace("2024-08-02T10:00:00+02:00", "2024-03-31T02:30:00")}, "line 2"),
    "gzip for tickets": ({"tickets": gzip.compress(files.TICKETS.encode())}, "tickets.csv"),
    "an empty file": ({"gates": ""}, "gates.csv"),
}  # fmt: skip


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", WRONG_FOLDERS)
def test_a_wrong_programme_is_told_by_line_and_nothing_is_applied(name: str, tmp_path: Path) -> None:
    wrong, place = WRONG_FOLDERS[name]
    good: dict[str, str | bytes] = {
        "venues": files.VENUES, "sessions": files.SESSIONS, "gates": files.GATES, "tickets": files.TICKETS,
    }  # fmt: skip
    report = import_programme(files.write(tmp_path / "event", **{**good, **wrong}))
    assert not report.applied
    assert place in str(report.errors[0])
    assert (list(venues()), list(sessions())) == ([], [])


@pytest.mark.django_db(transaction=True)
def test_rows_after_a_quote_that_stays_open_are_still_taken(tmp_path: Path) -> None:
    lines = files.TICKETS.splitlines()
    broken = [*lines[:2], 'T9,"ATH01-STA,lea@example.org,,A,E,,,,valid', *lines[2:]]
    folder = files.write(
        tmp_path / "event", venues=files.VENUES, sessions=files.SESSIONS, tickets="\n".join(broken)
    )
    report = import_programme(folder)
    assert [error.line for error in report.errors] == [3]
    assert report.files["tickets.csv"].created == len(lines) - 1
