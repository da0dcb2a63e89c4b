"""Venues, sessions and gates: all of them in one transaction, or none."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

from django.db import connection

from tifo.kernel.public import Refused, announce, revisions
from tifo.preferences.public import Topic, checked_slug, ensure_topics
from tifo.spectators.events import TicketsChanged
from tifo.spectators.models import Gate, Session, Venue
from tifo.spectators.rules import delimited
from tifo.spectators.rules import programme as rules
from tifo.spectators.types import FileReport, Problem, Upload, gettext_noop

R = TypeVar("R")


@dataclass(slots=True)
class Programme:
    """What the programme files say, read and checked; nothing is written yet."""

    venues: dict[str, rules.VenueRow] = field(default_factory=dict)
    sessions: dict[str, rules.SessionRow] = field(default_factory=dict)
    gates: dict[tuple[str, str], rules.GateRow] = field(default_factory=dict)
    reports: dict[str, FileReport] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)


def read_programme(uploads: dict[str, Upload]) -> Programme:
    """Read venues, sessions and gates, as far as they are there, and collect every problem."""
    found = Programme()
    zones = dict(Venue.objects.values_list("code", "timezone"))
    if upload := uploads.get("venues"):
        for line, row in _rows(upload, found, rules.VENUE_COLUMNS, rules.VENUE_REQUIRED, rules.read_venue):
            _keep(found, found.venues, row.code, row, upload.name, line)
    zones |= {code: row.timezone for code, row in found.venues.items()}
    if upload := uploads.get("sessions"):
        for line, session in _rows(
            upload,
            found,
            rules.SESSION_COLUMNS,
            rules.SESSION_REQUIRED,
            lambda cells: rules.read_session(cells, zones.get),
        ):
            _keep(found, found.sessions, session.code, session, upload.name, line)
    if upload := uploads.get("gates"):
        for line, gate in _rows(
            upload,
            found,
            rules.GATE_COLUMNS,
            rules.GATE_REQUIRED,
            lambda cells: rules.read_gate(cells, zones.get),
        ):
            _keep(found, found.gates, (gate.venue_code, gate.code), gate, upload.name, line)
    return found


def _rows(
    upload: Upload,
    found: Programme,
    columns: tuple[str, ...],
    required: tuple[str, ...],
    read: Callable[[rules.Cells], R],
) -> Iterator[tuple[int, R]]:
    report = found.reports[upload.name] = FileReport()
    try:
        sheet = delimited.open_sheet(upload.path, upload.name, columns, required)
    except delimited.Unreadable as error:
        found.problems.append(error.problem)
        return
    if sheet.ignored:
        found.warnings.append(unknown_columns(sheet))
    for record in delimited.records(sheet):
        report.read += 1
        if isinstance(record, Problem):
            problem = record
        else:
            line, values = record
            cells = dict.fromkeys(columns, "") | {
                name: values[place].strip() for name, place in sheet.columns.items()
            }
            try:
                yield line, read(cells)
                continue
            except rules.Wrong as error:
                problem = error.problem(upload.name, line)
        report.rejected += 1
        found.problems.append(problem)


def unknown_columns(sheet: delimited.Sheet) -> Problem:
    """Columns without a meaning here are told, so that a misspelt one is noticed."""
    return Problem(
        sheet.name,
        1,
        gettext_noop("columns that are not read: %(columns)s"),
        values={"columns": ", ".join(sheet.ignored)},
    )


K = TypeVar("K")


def _keep(found: Programme, rows: dict[K, R], key: K, row: R, file: str, line: int) -> None:
    if key not in rows:
        rows[key] = row
        return
    text = key if isinstance(key, str) else " ".join(key) if isinstance(key, tuple) else ""
    found.reports[file].rejected += 1
    found.problems.append(
        Problem(
            file,
            line,
            gettext_noop("%(code)s stands twice"),
            gettext_noop("keep one of them"),
            {"code": text},
        )
    )


def write_programme(found: Programme, uploads: dict[str, Upload]) -> None:
    """Create and update, in the caller's transaction; counts what changed in the reports."""
    if "venues" in uploads:
        _write_venues(found, found.reports[uploads["venues"].name])
    venues = dict(Venue.objects.values_list("code", "id"))
    if "sessions" in uploads:
        _write_sessions(found, found.reports[uploads["sessions"].name], venues)
    if "gates" in uploads:
        _write_gates(found, found.reports[uploads["gates"].name], venues)


def _write_venues(found: Programme, report: FileReport) -> None:
    known = {venue.code: venue for venue in Venue.objects.all()}
    created, changed, moved = [], [], []
    for row in found.venues.values():
        venue = known.get(row.code)
        if venue is None:
            created.append(Venue(code=row.code, name=row.name, timezone=row.timezone))
        elif (venue.name, venue.timezone) != (row.name, row.timezone):
            if venue.timezone != row.timezone:
                moved.append(venue)
            venue.name, venue.timezone = row.name, row.timezone
            changed.append(venue)
        else:
            report.unchanged += 1
    Venue.objects.bulk_create(created)
    Venue.objects.bulk_update(changed, ["name", "timezone"])
    report.created, report.updated = len(created), len(changed)
    if moved:
        _retell_days(moved)


def _retell_days(venues: list[Venue]) -> None:
    """Another zone may mean another day, and is another `today`, for sessions that no file of this import names."""
    changed = list(Session.objects.filter(venue__in=venues).select_related("venue"))
    for session in changed:
        session.local_day = local_day(session.starts_at, session.venue.timezone)
    _save_sessions(changed, ["local_day"])


def local_day(moment: datetime, zone: str) -> date:
    """The day that the clock at the venue shows."""
    return moment.astimezone(ZoneInfo(zone)).date()


_SESSION_FIELDS = (
    "venue_id", "sport", "sport_code", "programme", "gender", "medal_events", "starts_at", "ends_at", "local_day",
)  # fmt: skip


def _write_sessions(found: Programme, report: FileReport, venues: dict[str, int]) -> None:
    zones = dict(Venue.objects.values_list("code", "timezone"))
    known = {session.code: session for session in Session.objects.all()}
    created, changed = [], []
    for row in found.sessions.values():
        said = {
            "venue_id": venues[row.venue_code],
            "sport": row.sport,
            "sport_code": row.sport_code,
            "programme": row.programme,
            "gender": row.gender,
            "medal_events": row.medal_events,
            "starts_at": row.starts_at,
            "ends_at": row.ends_at,
            "local_day": local_day(row.starts_at, zones[row.venue_code]),
        }
        session = known.get(row.code)
        if session is None:
            created.append(Session(code=row.code, **said))
        elif any(getattr(session, name) != value for name, value in said.items()):
            for name, value in said.items():
                setattr(session, name, value)
            changed.append(session)
        else:
            report.unchanged += 1
    if created:
        ensure_topics(_sport_topics(row for row in found.sessions.values()))
        rev = revisions.current()
        for session in created:
            session.rev = rev
        Session.objects.bulk_create(created)
    _save_sessions(changed, list(_SESSION_FIELDS))
    report.created, report.updated = len(created), len(changed)


def _sport_topics(rows: Iterable[rules.SessionRow]) -> list[Topic]:
    """What a programme shows can be liked; a sport whose name can't be a slug is no topic."""
    topics = {}
    for row in rows:
        try:
            slug = checked_slug(row.sport)
        except Refused:
            continue
        topics[slug] = Topic(slug, "sport", {"en": row.sport})
    return list(topics.values())


def _save_sessions(changed: list[Session], fields: list[str]) -> None:
    """Save, and stamp the tickets too: the lake tells each ticket's day, sport and venue beside it."""
    if not changed:
        return
    rev = revisions.current()
    for session in changed:
        session.rev = rev
    Session.objects.bulk_update(
        changed, [*(name.removesuffix("_id") for name in fields), "rev"], batch_size=500
    )
    touched = 0
    ids = [session.pk for session in changed]
    with connection.cursor() as cursor:
        for start in range(0, len(ids), 500):
            part = ids[start : start + 500]
            places = ", ".join(["%s"] * len(part))
            cursor.execute(
                f"UPDATE spectators_ticket SET rev = %s WHERE session_id IN ({places})", [rev, *part]
            )
            touched += cursor.rowcount
    if touched:
        announce(TicketsChanged(rev))


def _write_gates(found: Programme, report: FileReport, venues: dict[str, int]) -> None:
    known = {(gate.venue_id, gate.code): gate for gate in Gate.objects.all()}
    created, changed = [], []
    for row in found.gates.values():
        gate = known.get((venues[row.venue_code], row.code))
        said = {"name": row.name, "opens_at": row.opens_at, "step_free": row.step_free}
        if gate is None:
            created.append(Gate(venue_id=venues[row.venue_code], code=row.code, **said))
        elif any(getattr(gate, name) != value for name, value in said.items()):
            for name, value in said.items():
                setattr(gate, name, value)
            changed.append(gate)
        else:
            report.unchanged += 1
    Gate.objects.bulk_create(created)
    Gate.objects.bulk_update(changed, ["name", "opens_at", "step_free"])
    report.created, report.updated = len(created), len(changed)
