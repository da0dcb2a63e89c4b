"""Imports of the studio: a file is uploaded, its columns are settled by hand, tried out, then imported by the worker.

Each step leaves the run in the state that the worker or the person takes up.
"""

import dataclasses
from collections.abc import Mapping

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext

from tifo.accounts.public import audit
from tifo.kernel.public import Refused, clock, jobs
from tifo.registry.actions import files, importing
from tifo.registry.models import ImportRun
from tifo.registry.rules import columns
from tifo.registry.types import FileLook

_WAITS = ImportRun.State.DONE  # for a person: nothing to do for a worker


def upload(actor_id: int, name: str, content: files.Upload) -> int:
    """Keep an uploaded file and look at it; the run's id. Refused (nothing kept) where it can't be read."""
    run = ImportRun.objects.create(
        state=_WAITS,
        file_name=name[:200],
        sha256="",
        language=translation.get_language() or "en",
        by_worker=True,
        actor_id=actor_id,
        made_at=clock.now(),
    )
    try:
        run.sha256 = files.keep_upload(run, content)
        look = importing.look_at(files.upload_path(run))
    except Refused:
        files.forget_all_files(run)
        run.delete()
        raise
    how = {
        "targets": list(columns.propose(look.columns)),
        "encoding": look.encoding,
        "delimiter": look.delimiter,
    }
    run.reading = how
    run.save(update_fields=["sha256", "reading"])
    return run.pk


def run_of(run_id: int) -> ImportRun:
    """A run of the studio. Refused where there is none."""
    run = ImportRun.objects.filter(pk=run_id).first()
    if run is None:
        raise Refused(gettext("This import is not there any more. Upload the file again."))
    return run


def look_of(run: ImportRun) -> FileLook:
    """The first lines of an uploaded file, as it is read now."""
    if run.files_gone or not files.upload_path(run).exists():
        raise Refused(
            gettext("The uploaded file is gone (files are kept for a short time). Upload it again.")
        )
    how = dict(run.reading)
    return importing.look_at(
        files.upload_path(run), encoding=how.get("encoding", ""), delimiter=how.get("delimiter", "")
    )


def settle(
    run_id: int, *, source: str, targets: tuple[str, ...], country: str, encoding: str, delimiter: str
) -> None:
    """What the columns are, as a person says; the worker then tries the import out. Refused names the column."""
    run = run_of(run_id)
    name = importing.check_source(source)
    if not files.upload_path(run).exists():
        raise Refused(
            gettext("The uploaded file is gone (files are kept for a short time). Upload it again.")
        )
    look = importing.look_at(files.upload_path(run), encoding=encoding, delimiter=delimiter)
    how = importing.read_as(look, targets, country)
    changed = ImportRun.objects.filter(
        pk=run_id, state__in=(_WAITS, ImportRun.State.FAILED), step__in=("mapping", "checking", "checked")
    ).update(
        state=ImportRun.State.READY,
        step=ImportRun.Step.CHECKING,
        source=name,
        reading=dataclasses.asdict(how),
        language=translation.get_language() or "en",
        error="",
        staged=False,
        percent=0,
        read=0,
        rejected=0,
    )
    if not changed:
        raise Refused(gettext("This import is already on its way: wait until it is done."))


def begin(run_id: int, actor_id: int) -> None:
    """Import what was tried out; one entry in the audit trail."""
    with transaction.atomic():
        changed = ImportRun.objects.filter(pk=run_id, state=_WAITS, step=ImportRun.Step.CHECKED).update(
            state=ImportRun.State.READY, step=ImportRun.Step.IMPORTING, percent=0, actor_id=actor_id
        )
        if not changed:
            raise Refused(gettext("This import was begun already, or its file isn't checked yet."))
        run = run_of(run_id)
        audit(
            actor_id,
            "registry.import",
            f"import:{run_id}",
            {"source": run.source, "sha256": run.sha256, "rows": run.read},
        )


def discard(run_id: int) -> None:
    """Forget an upload that was not imported."""
    run = run_of(run_id)
    if run.state in (ImportRun.State.READY, ImportRun.State.RUNNING) or run.step == ImportRun.Step.IMPORTED:
        raise Refused(gettext("This import is on its way or done; it can't be thrown away."))
    files.forget_all_files(run)
    run.delete()


def work_on_uploads() -> bool:
    """Check or import the next upload; whether there was one."""
    run = jobs.claim(ImportRun, owner=jobs.me(), seconds=importing.LEASE, by_worker=True)
    if run is None:
        return False
    work = importing.carry_out if run.step == ImportRun.Step.IMPORTING else importing.try_out
    try:
        work(run, files.upload_path(run), _nobody_watches)
    except Refused:
        return True  # the run says why; the person sees it there
    except jobs.LeaseLost:
        return True
    except FileNotFoundError:
        jobs.give_up(run, gettext("The uploaded file is gone. Upload it again."))
    return True


def _nobody_watches(share: float) -> None:
    """The run's own percentage is what the page shows."""


def figures(run: ImportRun) -> Mapping[str, int]:
    """What a run did, or would do."""
    result = importing.result_of(run)
    return {
        "read": result.read,
        "created": result.created,
        "updated": result.updated,
        "rejected": result.rejected,
    }
