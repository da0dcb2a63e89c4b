"""An import from its file to the base: staged once, then merged chunk by chunk.

Each chunk is one transaction that holds the people, their consents, the cursor and the figures, so a kill anywhere
loses nothing: who takes the run up goes on at the cursor. Side files are written before the commit of the chunk they
belong to and overwritten when the chunk is done again.
"""

import dataclasses
import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext

from tifo.consents.public import purposes
from tifo.kernel.public import Refused, clock, crash_point, jobs
from tifo.kernel.public import sentence as _
from tifo.registry.actions import files, merging, rejects, staging
from tifo.registry.models import ImportRun
from tifo.registry.rules import columns, reading
from tifo.registry.types import BadFile, FileLook, ImportResult, Reading, gettext_noop

LEASE = 120.0
LONGEST_SOURCE = 80

Progress = Callable[[float], None]


def said(error: BadFile) -> Refused:
    """A fault of the file, in the language of who reads it."""
    return Refused(error.fault.words(gettext))


def look_at(path: Path, *, encoding: str = "", delimiter: str = "", sample: int = 5) -> FileLook:
    """The first look at a file. Refused says what makes it unreadable."""
    if encoding and encoding not in reading.ENCODINGS:
        raise Refused(
            _(
                "Encoding %(encoding)r isn't known: write one of %(encodings)s.",
                encoding=encoding,
                encodings=", ".join(reading.ENCODINGS),
            )
        )
    try:
        return reading.look(path, encoding=encoding, delimiter=delimiter, sample=sample)
    except BadFile as error:
        raise said(error) from None


def check_source(source: str) -> str:
    """Where people come from, as it will stay with them."""
    name = " ".join(source.split())
    if not name or len(name) > LONGEST_SOURCE or not name.isprintable():
        raise Refused(
            gettext("Say where these people come from, in at most 80 characters, e.g. ticketing-2024.")
        )
    return name


def read_as(look: FileLook, targets: tuple[str, ...], default_country: str = "") -> Reading:
    """A checked mapping. Refused names the column that can't be followed."""
    try:
        columns.check_targets(look.columns, targets, [purpose.key for purpose in purposes()])
    except BadFile as error:
        raise said(error) from None
    return Reading(targets, look.encoding, look.delimiter, default_country)


def targets_of(look: FileLook, chosen: Mapping[str, str], *, leave_unknown: bool) -> tuple[str, ...]:
    """The mapping of the command line: known names and --map. Refused names an unknown column."""
    try:
        return columns.targets_of(look.columns, chosen, leave_unknown=leave_unknown)
    except BadFile as error:
        raise said(error) from None


def reading_of(run: ImportRun) -> Reading:
    """How the run's file is read."""
    kept = dict(run.reading)
    return Reading(**{**kept, "targets": tuple(kept["targets"])})


def fingerprint(sha256: str, source: str, how: Reading, *, dry: bool) -> str:
    """The same file, source and reading: the same run."""
    text = json.dumps([sha256, source, dry, dataclasses.asdict(how)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def take_up(path: Path, source: str, how: Reading, *, dry: bool = False) -> ImportRun:
    """The command's run for this file: the unfinished one of earlier, one whose result nobody saw, or a new one.

    The returned run is claimed, except where it is finished already. Refused while another process works on it.
    """
    sha256 = files.digest(path)
    same = fingerprint(sha256, source, how, dry=dry)
    mine = ImportRun.objects.filter(fingerprint=same, by_worker=False, handed_over=False).order_by("-pk")
    run = mine.exclude(state=ImportRun.State.FAILED).first()
    if run is None:
        run = ImportRun.objects.create(
            step=ImportRun.Step.CHECKING if dry else ImportRun.Step.IMPORTING,
            source=source,
            file_name=path.name[:200],
            sha256=sha256,
            reading=dataclasses.asdict(how),
            fingerprint=same,
            language=translation.get_language() or "en",
            made_at=clock.now(),
        )
    if run.state == ImportRun.State.DONE:
        files.forget_working_files(run)  # it died before it could
        return run
    claimed = jobs.claim(ImportRun, owner=jobs.me(), seconds=LEASE, pk=run.pk)
    if claimed is None:
        raise Refused(
            _(
                "This file is being imported by another process (%(owner)s): wait until it is done.",
                owner=run.owner,
            )
        )
    return claimed


def carry_out(run: ImportRun, path: Path, progress: Progress) -> ImportResult:
    """Import the claimed run's file to the end. Raises Refused (and gives the run up) where the file can't be read."""
    with translation.override(run.language):
        try:
            _stage(run, path, lambda share: progress(0.4 * share))
        except BadFile as error:
            words = error.fault.words(gettext)
            jobs.give_up(run, words)
            files.forget_working_files(run)
            raise Refused(words) from None
        merging.merge_all(run, lambda share: progress(0.4 + 0.6 * share))
        crash_point("registry.import.merged")
        has_rejects = rejects.write(run, path)
        crash_point("registry.import.rejects")
        jobs.finish(
            run,
            step=ImportRun.Step.IMPORTED,
            finished_at=clock.now(),
            has_rejects=has_rejects,
            percent=100,
        )
        crash_point("registry.import.finished")
        files.forget_working_files(run)
    return result_of(run)


def try_out(run: ImportRun, path: Path, progress: Progress) -> ImportResult:
    """What the import would do, without doing it: staged, and each chunk merged and taken back."""
    with translation.override(run.language):
        try:
            _stage(run, path, lambda share: progress(0.5 * share))
        except BadFile as error:
            words = error.fault.words(gettext)
            jobs.give_up(run, words)
            files.forget_working_files(run)
            raise Refused(words) from None
        created, updated, rejected = merging.try_all(run, lambda share: progress(0.5 + 0.5 * share))
        has_rejects = rejects.write(run, path)
    if not run.by_worker:
        files.forget_working_files(
            run
        )  # the command asks again with the file in hand; the studio goes on from here
    jobs.finish(
        run,
        step=ImportRun.Step.CHECKED,
        would_create=created,
        would_update=updated,
        would_reject=rejected,
        has_rejects=has_rejects,
        percent=100,
    )
    return result_of(run)


def _stage(run: ImportRun, path: Path, progress: Progress) -> None:
    if run.staged and (files.staged_folder(run) / staging.PEOPLE).exists():
        return
    shown = {"percent": 0}

    def tell(share: float) -> None:
        progress(share)
        percent = int(share * 40)
        if percent >= shown["percent"] + 2:
            shown["percent"] = percent
            jobs.renew(run, LEASE, percent=percent)

    done = staging.stage(staging.Staging(path, files.staged_folder(run), reading_of(run), run.made_at, tell))
    if not done.read:
        raise BadFile(gettext_noop("The file names columns and holds no record: there is nobody to import."))
    jobs.renew(
        run,
        LEASE,
        staged=True,
        chunks=staging.chunks_of_people(files.staged_folder(run)),
        read=done.read,
        rejected=done.rejected,
        percent=40,
    )


def result_of(run: ImportRun) -> ImportResult:
    """The figures of a finished run: what it did, or what it foresees where it was only tried out."""
    rejects_file = str(files.rejects_path(run)) if run.has_rejects and not run.files_gone else None
    if run.step == ImportRun.Step.CHECKED:
        return ImportResult(run.read, run.would_create, run.would_update, run.would_reject, rejects_file)
    return ImportResult(run.read, run.created, run.updated, run.rejected, rejects_file)


def hand_over(run: ImportRun) -> None:
    """The result was shown: the same file brought again is a new import."""
    with transaction.atomic():
        ImportRun.objects.filter(pk=run.pk).update(handed_over=True)
