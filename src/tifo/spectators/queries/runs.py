"""Imports asked for in the studio."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext

from tifo.spectators.models import ImportRun
from tifo.spectators.types import FileReport


@dataclass(frozen=True, slots=True)
class RunError:
    """A problem in the reader's language."""

    file: str
    line: int
    reason: str
    mend: str


@dataclass(frozen=True, slots=True)
class Run:
    """An import: how far it is, and what it found."""

    id: int
    asked_at: datetime
    files: list[str]
    dry_run: bool
    waiting: bool
    done_bytes: int
    total_bytes: int
    refused: str
    reports: list[tuple[str, FileReport]]
    errors: list[RunError]
    more_errors: int
    notes: list[str]
    holders_known: int
    holders_unknown: int
    applicable: bool
    """It was checked, and there is something in it to import."""


def _said(template: str, values: dict[str, Any]) -> str:
    return gettext(template) % values if template else ""


def _run(row: ImportRun) -> Run:
    report = row.report or {}
    reports = [(name, FileReport(**counts)) for name, counts in report.get("files", {}).items()]
    errors = [
        RunError(e["file"], e["line"], _said(e["says"], e["values"]), _said(e["mend"], e["values"]))
        for e in report.get("errors", [])
    ]
    # errors of programme files leave no file of rejected rows: with them nothing is imported at all
    blocked = bool(errors) and not report.get("rejects_file")
    return Run(
        row.pk,
        row.asked_at,
        list(row.files),
        row.dry_run,
        row.state in (ImportRun.State.READY, ImportRun.State.RUNNING),
        row.done_bytes,
        row.total_bytes,
        row.error if row.state == ImportRun.State.FAILED else "",
        reports,
        errors,
        max(0, report.get("rejected", 0) - len(errors)),
        [_said(note["says"], note["values"]) for note in report.get("notes", [])],
        report.get("holders_known", 0),
        report.get("holders_unknown", 0),
        bool(
            row.state == ImportRun.State.DONE
            and row.dry_run
            and not blocked
            and any(one.read > one.rejected for _, one in reports)
        ),
    )


def import_run(run_id: int) -> Run | None:
    """One import."""
    row = ImportRun.objects.filter(pk=run_id).first()
    return None if row is None else _run(row)


def import_runs(limit: int = 10) -> list[Run]:
    """The latest imports, the last one first."""
    return [_run(row) for row in ImportRun.objects.exclude(files=[]).order_by("-pk")[:limit]]
