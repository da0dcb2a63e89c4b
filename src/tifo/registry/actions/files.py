"""The files of an import: where they lie, who may read them, when they go.

They hold people's data, so they are readable by tifo alone and live no longer than they are of use.
"""

import hashlib
import os
import shutil
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from tifo.kernel.public import Refused, clock, data_path
from tifo.kernel.public import sentence as _
from tifo.registry.models import ImportRun

KEPT = timedelta(days=30)
LARGEST = 8_000_000_000  # bytes of an upload

UPLOAD = "people.csv"
REJECTS = "rejects.csv"
STAGED = "staged"


class Upload(Protocol):
    """What Django gives of an uploaded file."""

    def chunks(self) -> Iterable[bytes]: ...


def folder_of(run: ImportRun) -> Path:
    """The folder of a run; made for tifo's eyes only."""
    folder = data_path("imports", str(run.pk))
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def rejects_path(run: ImportRun) -> Path:
    return folder_of(run) / REJECTS


def upload_path(run: ImportRun) -> Path:
    return folder_of(run) / UPLOAD


def staged_folder(run: ImportRun) -> Path:
    return folder_of(run) / STAGED


def digest(path: Path) -> str:
    """SHA-256 of a file; Refused where it can't be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except IsADirectoryError:
        raise Refused(_("%(path)s is a folder: name the CSV file in it.", path=path)) from None
    except OSError as error:
        raise Refused(
            _("%(path)s can't be read: %(strerror)s.", path=path, strerror=error.strerror)
        ) from None


def keep_upload(run: ImportRun, upload: Upload) -> str:
    """Write an upload down durably; its SHA-256."""
    final = upload_path(run)
    temporary = final.with_suffix(".part")
    seen, digest_now = 0, hashlib.sha256()
    with open(os.open(temporary, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as file:  # noqa: PTH123
        for chunk in upload.chunks():
            seen += len(chunk)
            if seen > LARGEST:
                temporary.unlink()
                raise Refused(
                    _(
                        "The file is larger than %(largest)s bytes: import it with `tifo fans import`.",
                        largest=f"{LARGEST:,}",
                    )
                )
            digest_now.update(chunk)
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(final)
    return digest_now.hexdigest()


def forget_working_files(run: ImportRun) -> None:
    """What only the work needed: the upload and the staging."""
    shutil.rmtree(staged_folder(run), ignore_errors=True)
    upload_path(run).unlink(missing_ok=True)


def forget_all_files(run: ImportRun) -> None:
    """Everything of a run, its rejects too."""
    shutil.rmtree(folder_of(run), ignore_errors=True)
    ImportRun.objects.filter(pk=run.pk).update(files_gone=True)


def expire_files() -> bool:
    """Drop the files of runs that nobody came back to; whether there were any."""
    old = ImportRun.objects.filter(files_gone=False, made_at__lt=clock.now() - KEPT).exclude(
        state__in=(ImportRun.State.READY, ImportRun.State.RUNNING)
    )
    found = list(old[:100])
    for run in found:
        forget_all_files(run)
    return bool(found)


def sweep_after_erasure() -> None:
    """A fan was erased: no file that waits for a person may still name her.

    Which lines are hers can't be known any more, so every rejects file and every upload that waits goes. A run at
    work is left alone: its files go when it ends.
    """
    waiting = ImportRun.objects.filter(files_gone=False).exclude(
        state__in=(ImportRun.State.READY, ImportRun.State.RUNNING)
    )
    for run in waiting:
        forget_all_files(run)
