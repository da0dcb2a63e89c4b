"""Imports asked for in the studio: the files wait in a folder, a worker reads them, and then they are deleted."""

import shutil
from collections.abc import Iterable, Sequence
from datetime import timedelta
from pathlib import Path

from django.db import transaction

from tifo.accounts.public import audit
from tifo.kernel.public import Refused, clock, data_path, jobs
from tifo.kernel.public import sentence as _
from tifo.spectators.actions.importing import ENDINGS, import_files
from tifo.spectators.models import ImportRun
from tifo.spectators.types import Upload

LEASE = 120.0
KEPT = timedelta(days=1)
"""Checked files that nobody applied are deleted after this: they hold addresses."""
MOST_FILES = 4


def _folder(run_id: int) -> Path:
    return data_path("spectators", "uploads", str(run_id))


def ask_check(files: Sequence[tuple[str, Iterable[bytes]]], *, asked_by: int | None) -> int:
    """Keep these files (name, content) and have them checked; the id of the run. Raises Refused."""
    if not files:
        raise Refused(_("Choose at least one file: venues.csv, sessions.csv, gates.csv or tickets.csv."))
    if len(files) > MOST_FILES:
        raise Refused(
            _(
                "%(files)s files are more than an import takes: %(most_files)s at most.",
                files=len(files),
                most_files=MOST_FILES,
            )
        )
    for name, _content in files:
        if not name.lower().endswith(ENDINGS):
            raise Refused(
                _(
                    "%(name)s: an import takes files that end in %(endings)s. Export it as CSV.",
                    name=name,
                    endings=", ".join(ENDINGS),
                )
            )
    with transaction.atomic():
        # not ready before its files lie there: a worker may claim it at once
        run = ImportRun.objects.create(
            state=ImportRun.State.FAILED, asked_by=asked_by, asked_at=clock.now(), dry_run=True
        )
    folder = _folder(run.pk)
    folder.mkdir(parents=True)
    total = 0
    for place, (_name, content) in enumerate(files):
        with (folder / str(place)).open("wb") as kept:
            for part in content:
                total += kept.write(part)
    with transaction.atomic():
        run.files, run.total_bytes, run.state = [name for name, _ in files], total, ImportRun.State.READY
        run.save()
        audit(asked_by, "spectators.check-import", f"spectators-import:{run.pk}", {"files": run.files})
    return run.pk


def apply_run(run_id: int, *, asked_by: int | None) -> None:
    """Import what was checked. Raises Refused when it was not checked, is done already, or its files are gone."""
    with transaction.atomic():
        run = ImportRun.objects.select_for_update().filter(pk=run_id).first()
        if run is None or run.state != ImportRun.State.DONE or not run.dry_run:
            raise Refused(
                _("This import is not waiting to be applied: look at its state, or upload the files again.")
            )
        if not _folder(run_id).is_dir():
            raise Refused(_("The files of this check were deleted after a day: upload them again."))
        if run.report and run.report["errors"] and not run.report["rejects_file"]:
            raise Refused(
                _("Nothing can be imported before the files are mended: mend them and upload them again.")
            )
        run.state, run.dry_run, run.report = ImportRun.State.READY, False, None
        run.done_bytes, run.finished_at = 0, None
        run.save()
        audit(asked_by, "spectators.import", f"spectators-import:{run.pk}", {"files": run.files})


def work() -> bool:
    """Do the next import that waits; whether there was one."""
    run = jobs.claim(ImportRun, owner=jobs.me(), seconds=LEASE)
    if run is None:
        return _delete_old()
    folder = _folder(run.pk)

    def told(done: int, total: int) -> None:
        jobs.renew(run, LEASE, done_bytes=done, total_bytes=total)

    try:
        report = import_files(
            [Upload(name, folder / str(place)) for place, name in enumerate(run.files)],
            dry_run=run.dry_run,
            told=told,
        )
    except Refused as error:
        jobs.give_up(run, str(error))
        shutil.rmtree(folder, ignore_errors=True)
        return True
    jobs.finish(run, report=report.as_dict(), finished_at=clock.now())
    if not run.dry_run:
        shutil.rmtree(folder, ignore_errors=True)
    return True


def _delete_old() -> bool:
    """Delete the files of checks that nobody applied."""
    lying = [int(folder.name) for folder in data_path("spectators", "uploads", "x").parent.iterdir()]
    if lying:
        young = ImportRun.objects.filter(pk__in=lying, asked_at__gte=clock.now() - KEPT)
        waiting = ImportRun.objects.filter(
            pk__in=lying, state__in=[ImportRun.State.READY, ImportRun.State.RUNNING]
        )
        kept = set(young.values_list("pk", flat=True)) | set(waiting.values_list("pk", flat=True))
        for run_id in set(lying) - kept:
            shutil.rmtree(_folder(run_id), ignore_errors=True)
    return False
