"""Importing a programme and its tickets, again and again, as an update."""

from collections.abc import Callable, Iterable
from pathlib import Path

import pyarrow as pa
from django.db import transaction

from tifo.kernel.public import Refused, bulk, clock, data_path
from tifo.kernel.public import sentence as _
from tifo.spectators.actions.programme import read_programme, write_programme
from tifo.spectators.actions.tickets import TicketImport
from tifo.spectators.rules import delimited, programme, tickets
from tifo.spectators.types import ImportReport, Problem, Upload, gettext_noop

FILES = {
    "venues": (programme.VENUE_COLUMNS, programme.VENUE_REQUIRED),
    "sessions": (programme.SESSION_COLUMNS, programme.SESSION_REQUIRED),
    "gates": (programme.GATE_COLUMNS, programme.GATE_REQUIRED),
    "tickets": (tickets.COLUMNS, tickets.REQUIRED),
}
"""The files that an import knows, with their columns and those that must be there."""

ENDINGS = (".csv", ".tsv", ".txt")


def import_programme(
    folder: Path, *, dry_run: bool = False, told: Callable[[int, int], None] | None = None
) -> ImportReport:
    """Take venues.csv, sessions.csv, gates.csv and tickets.csv of a folder, as far as they are there."""
    if not folder.is_dir():
        raise Refused(_("%(folder)s is not a folder: name the one that holds sessions.csv.", folder=folder))
    return import_files(
        [Upload(path.name, path) for path in sorted(folder.iterdir()) if _kind(path.name) and path.is_file()],
        dry_run=dry_run,
        told=told,
        place=str(folder),
    )


def _kind(name: str) -> str | None:
    path = Path(name.lower())
    return path.stem if path.suffix in ENDINGS and path.stem in FILES else None


def import_files(
    files: Iterable[Upload],
    *,
    dry_run: bool = False,
    told: Callable[[int, int], None] | None = None,
    place: str = "",
) -> ImportReport:
    """Take these files, told apart by their names, else by their headers.

    Programme files are applied as one, or, where any row of them is wrong, not at all, and then no ticket
    either. Tickets come in chunks; rows that can't be taken are told and left out. `dry_run` tells the same
    and writes nothing. `told` hears (bytes of tickets.csv done, bytes in all).
    """
    uploads: dict[str, Upload] = {}
    for upload in files:
        kind = _kind(upload.name) or _kind_by_header(upload)
        if kind in uploads:
            raise Refused(
                _(
                    "%(first)s and %(second)s both hold %(kind)s: import one after the other.",
                    first=uploads[kind].name,
                    second=upload.name,
                    kind=kind,
                )
            )
        uploads[kind] = upload
    if not uploads:
        raise Refused(
            _(
                "No venues.csv, sessions.csv, gates.csv or tickets.csv in %(place)s.",
                place=place or _("this import"),
            )
        )
    report = ImportReport(dry_run=dry_run)
    found = read_programme(uploads)
    report.files, report.errors, report.warnings = found.reports, found.problems, found.warnings
    sheet = _ticket_sheet(uploads.get("tickets"), report)
    if report.errors:
        if sheet:
            report.warnings.append(
                Problem(sheet.name, 0, gettext_noop("not looked at: the other files must be mended first"))
            )
        return report
    with transaction.atomic():
        write_programme(found, uploads)
        sessions, gates = _sessions(), _gates()
        if dry_run:
            transaction.set_rollback(True)
    if sheet:
        size = uploads["tickets"].path.stat().st_size
        TicketImport(sheet, sessions, gates, report, _rejects_path()).run(
            None if told is None else lambda done: told(done, size)
        )
    report.applied = not dry_run
    return report


def _kind_by_header(upload: Upload) -> str:
    for kind, (known, required) in FILES.items():
        try:
            delimited.open_sheet(upload.path, upload.name, known, required)
        except delimited.Unreadable:
            continue
        return kind
    raise Refused(
        _(
            "%(name)s: neither its name nor its header is that of venues.csv, sessions.csv, gates.csv or tickets.csv. Name it after what it holds.",
            name=upload.name,
        )
    )


def _ticket_sheet(upload: Upload | None, report: ImportReport) -> delimited.Sheet | None:
    """Look at the header before anything is written."""
    if upload is None:
        return None
    try:
        return delimited.open_sheet(upload.path, upload.name, tickets.COLUMNS, tickets.REQUIRED)
    except delimited.Unreadable as error:
        report.errors.append(error.problem)
        return None


def _sessions() -> pa.Table:
    return bulk.read(
        "SELECT s.code, s.id, v.code FROM spectators_session s JOIN spectators_venue v ON v.id = s.venue_id",
        schema=pa.schema([("code", pa.string()), ("session_id", pa.int64()), ("venue_code", pa.string())]),
    )


def _gates() -> pa.Table:
    return bulk.read(
        "SELECT v.code, g.code FROM spectators_gate g JOIN spectators_venue v ON v.id = g.venue_id",
        schema=pa.schema([("venue_code", pa.string()), ("code", pa.string())]),
    )


def _rejects_path() -> Path:
    return data_path("spectators", "rejects", f"tickets-{clock.now():%Y%m%dT%H%M%S%f}.csv")
