"""venues.csv, sessions.csv and gates.csv: read as they are, applied as one, again and again."""

from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest

from tests.spectators.files import GATES, SESSIONS, TICKETS, VENUES, whole, write
from tifo.kernel.public import Refused
from tifo.preferences.public import topics
from tifo.spectators import models
from tifo.spectators.public import gates_of, import_programme, session, sessions, venues

PARIS = Path(__file__).parents[3] / "shared" / "data" / "paris2024"

pytestmark = pytest.mark.django_db


def counts(report: object) -> tuple[int, ...]:
    return tuple(getattr(report, name) for name in ("read", "created", "updated", "unchanged", "rejected"))


def test_a_programme_is_taken_with_local_days(tmp_path: Path) -> None:
    report = import_programme(whole(tmp_path / "event"))
    assert report.applied
    assert report.errors == []
    assert counts(report.files["venues.csv"]) == (2, 2, 0, 0, 0)
    assert counts(report.files["sessions.csv"]) == (3, 3, 0, 0, 0)
    surf = session("SRF01-TAH")
    assert surf is not None
    assert surf.venue == "Teahupo'o, Tahiti"
    assert surf.starts_at == datetime(2024, 7, 28, 2, 0, tzinfo=UTC)
    assert surf.local_day == date(
        2024, 7, 27
    )  # four in the morning in Paris is the afternoon before in Tahiti
    assert session("ATH02-STA").programme == "Finals; 10,000 m"  # type: ignore[union-attr]
    assert [gate.code for gate in gates_of("STA")] == ["E", "K"]
    assert gates_of("STA")[0].opens_at == time(7, 30)
    assert [gate.step_free for gate in gates_of("STA")] == [True, False]


def test_the_same_files_again_change_nothing(tmp_path: Path) -> None:
    folder = whole(tmp_path / "event")
    import_programme(folder)
    before = list(models.Session.objects.order_by("id").values())
    tickets = list(models.Ticket.objects.order_by("id").values())
    report = import_programme(folder)
    assert counts(report.files["sessions.csv"]) == (3, 0, 0, 3, 0)
    assert counts(report.files["tickets.csv"]) == (5, 0, 0, 5, 0)
    assert list(models.Session.objects.order_by("id").values()) == before
    assert list(models.Ticket.objects.order_by("id").values()) == tickets


@pytest.mark.django_db(transaction=True)
def test_a_moved_session_takes_its_tickets_along(tmp_path: Path) -> None:
    folder = whole(tmp_path / "event")
    import_programme(folder)
    before = dict(models.Ticket.objects.values_list("ref", "rev"))
    write(
        folder,
        sessions=SESSIONS.replace("2024-08-02T10", "2024-08-03T10").replace("2024-08-02T13", "2024-08-03T13"),
    )
    report = import_programme(folder)
    assert counts(report.files["sessions.csv"]) == (3, 0, 1, 2, 0)
    assert session("ATH01-STA").local_day == date(2024, 8, 3)  # type: ignore[union-attr]
    after = dict(models.Ticket.objects.values_list("ref", "rev"))
    assert {ref for ref in after if after[ref] > before[ref]} == {"T1", "T3"}


def test_sessions_absent_from_a_later_file_stay(tmp_path: Path) -> None:
    import_programme(whole(tmp_path / "event"))
    head = "\n".join(SESSIONS.splitlines()[:2])
    import_programme(write(tmp_path / "part", sessions=head))
    assert len(sessions()) == 3


def test_another_zone_means_other_days(tmp_path: Path) -> None:
    import_programme(whole(tmp_path / "event"))
    import_programme(write(tmp_path / "zones", venues=VENUES.replace("Pacific/Tahiti", "Europe/Paris")))
    assert session("SRF01-TAH").local_day == date(2024, 7, 28)  # type: ignore[union-attr]


def test_all_errors_are_told_by_line_and_nothing_is_applied(tmp_path: Path) -> None:
    wrong = SESSIONS + (
        "X1,Judo,JUD,CDM,2024-08-02T10:00:00+02:00,2024-08-02T13:00:00+02:00,0,M,\n"
        "X2,Judo,JUD,STA,tomorrow,2024-08-02T13:00:00+02:00,0,M,\n"
        "X3,Judo,JUD,STA,2024-08-02T13:00:00+02:00,2024-08-02T10:00:00+02:00,0,M,\n"
        ",Judo,JUD,STA,2024-08-02T10:00:00+02:00,2024-08-02T13:00:00+02:00,0,M,\n"
        "ATH01-STA,Judo,JUD,STA,2024-08-02T10:00:00+02:00,2024-08-02T13:00:00+02:00,0,M,\n"
        "X4,Judo,JUD,STA,2024-08-02T10:00:00+02:00,2024-08-02T13:00:00+02:00,many,M,\n"
        "X5,Judo\n"
    )
    folder = write(
        tmp_path / "event", venues=VENUES + "MAR,Moon,Space/Moon,\n", sessions=wrong, tickets=TICKETS
    )
    report = import_programme(folder)
    assert not report.applied
    assert [(problem.file, problem.line) for problem in report.errors] == [
        ("venues.csv", 4),
        *(("sessions.csv", line) for line in range(5, 12)),
    ]
    assert str(report.errors[1]) == (
        "sessions.csv, line 5: no venue has the code CDM (add it to venues.csv, or correct the code)"
    )
    assert (
        models.Venue.objects.count() == models.Session.objects.count() == models.Ticket.objects.count() == 0
    )
    assert "tickets.csv" in str(report.warnings[-1])


def test_a_dry_run_tells_the_same_and_writes_nothing(tmp_path: Path) -> None:
    report = import_programme(whole(tmp_path / "event"), dry_run=True)
    assert not report.applied
    assert counts(report.files["sessions.csv"]) == (3, 3, 0, 0, 0)
    assert counts(report.files["tickets.csv"]) == (5, 5, 0, 0, 0)
    assert (
        models.Venue.objects.count() == models.Session.objects.count() == models.Ticket.objects.count() == 0
    )


def test_times_without_offset_are_the_clock_at_the_venue(tmp_path: Path) -> None:
    naive = SESSIONS.replace("2024-07-28T04:00:00+02:00", "2024-07-27 16:00")
    import_programme(write(tmp_path / "event", venues=VENUES, sessions=naive))
    assert session("SRF01-TAH").starts_at == datetime(2024, 7, 28, 2, 0, tzinfo=UTC)  # type: ignore[union-attr]


def test_an_hour_that_the_clock_shows_twice_is_refused(tmp_path: Path) -> None:
    twice = SESSIONS.replace("2024-08-02T10:00:00+02:00", "2024-10-27T02:30").replace(
        "2024-08-02T13:00:00+02:00", "2024-10-27T05:00:00+01:00"
    )
    report = import_programme(write(tmp_path / "event", venues=VENUES, sessions=twice))
    assert "shows 2024-10-27T02:30 twice or never" in str(report.errors[0])


@pytest.mark.parametrize(
    "written",
    [
        VENUES.replace("France", "Françe").encode(),
        VENUES.replace("France", "Françe").encode("utf-8-sig"),
        VENUES.replace("France", "Françe").encode("utf-16"),
        VENUES.replace("France", "Françe").encode("utf-16-le"),
        VENUES.replace("France", "Françe").encode("latin-1"),
        VENUES.replace("France", "Françe").replace("\n", "\r\n").encode("cp1252"),
        VENUES.replace("France", "Françe").replace("Teahupo'o, T", "Teahupo'o; T").replace(",", ";").encode(),
        VENUES.replace("France", "Françe")
        .replace("Teahupo'o, T", "Teahupo'o# T")
        .replace(",", "\t")
        .encode("utf-16"),
    ],
    ids=["utf-8", "bom", "utf-16", "utf-16 without mark", "latin-1", "windows", "semicolon", "tab"],
)
def test_any_usual_encoding_and_separator(tmp_path: Path, written: bytes) -> None:
    report = import_programme(write(tmp_path / "event", venues=written))
    assert report.errors == []
    assert {venue.code: venue.name for venue in venues()}["STA"] == "Stade de Françe"


def test_headers_as_people_write_them(tmp_path: Path) -> None:
    import_programme(write(tmp_path / "event", venues=VENUES.replace("venue_code,name", "Venue Code,NAME")))
    assert len(venues()) == 2


@pytest.mark.parametrize(
    ("header", "says"),
    [
        ("", "venues.csv: the file is empty"),
        ("venue_code,name\n", "venues.csv: the header lacks timezone (columns found: venue_code, name)"),
        (
            "venue_code,name,name,timezone\n",
            "venues.csv: the column name stands twice in the header (keep one of them)",
        ),
    ],
)
def test_a_header_that_makes_no_sense(tmp_path: Path, header: str, says: str) -> None:
    report = import_programme(write(tmp_path / "event", venues=header))
    assert str(report.errors[0]).startswith(says)


def test_a_column_without_meaning_is_told(tmp_path: Path) -> None:
    report = import_programme(write(tmp_path / "event", venues=VENUES.replace("sports", "sprots")))
    assert [str(warning) for warning in report.warnings] == [
        "venues.csv, line 1: columns that are not read: sprots"
    ]


def test_a_folder_without_any_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="No venues"):
        import_programme(tmp_path)
    with pytest.raises(Refused, match="is not a folder"):
        import_programme(tmp_path / "nowhere")


@pytest.mark.parametrize(
    "gate", ["E,XXX,East,07:30,yes", "E,STA,East,half past,yes", "E,STA,East,07:30,perhaps"]
)
def test_a_wrong_gate_is_told(tmp_path: Path, gate: str) -> None:
    folder = write(tmp_path / "event", venues=VENUES, gates=GATES.splitlines()[0] + "\n" + gate + "\n")
    report = import_programme(folder)
    assert [(problem.file, problem.line) for problem in report.errors] == [("gates.csv", 2)]


@pytest.mark.skipif(not PARIS.is_dir(), reason="the programme of Paris 2024 is not beside this checkout")
def test_paris_2024_is_taken_as_it_is() -> None:
    report = import_programme(PARIS)
    assert report.errors == []
    assert counts(report.files["sessions.csv"]) == (719, 719, 0, 0, 0)
    assert counts(report.files["venues.csv"]) == (40, 40, 0, 0, 0)
    surf = session("SRF01-TAH")
    assert surf is not None
    assert (surf.timezone, surf.local_day) == ("Pacific/Tahiti", date(2024, 7, 27))
    assert len({one.sport for one in sessions()}) == 45
    assert {one.slug for one in topics("sport")} >= {"judo", "3x3-basketball", "cycling-bmx-freestyle"}
    assert len(topics()) == 45
