"""Immutable, checksummed Parquet files below TIFO_DATA/archive: big finished facts, part of the truth."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tifo.kernel.errors import Refused
from tifo.kernel.paths import data_path


@dataclass(frozen=True)
class ArchivedFile:
    """Where a file lies below `archive/`, what it must hash to, and how many rows it holds."""

    path: str
    sha256: str
    rows: int


def sync_folder(folder: Path) -> None:
    """Make a rename in `folder` durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def publish(temporary: Path, final: Path) -> None:
    """Give a finished file its name, durably: after a crash it is whole or not there."""
    with temporary.open("rb") as handle:
        os.fsync(handle.fileno())
    temporary.replace(final)
    sync_folder(final.parent)


def publish_folder(temporary: Path, final: Path) -> None:
    """The same for a whole folder."""
    for path in sorted(temporary.rglob("*")):
        if path.is_dir():
            sync_folder(path)
            continue
        with path.open("rb") as handle:
            os.fsync(handle.fileno())
    sync_folder(temporary)
    temporary.rename(final)
    sync_folder(final.parent)


def write(path: str, data: pa.Table) -> ArchivedFile:
    """Write `data` to `archive/<path>` once and for all."""
    final = data_path("archive", *path.split("/"))
    temporary = final.with_name(f".{final.name}.{os.getpid()}")
    pq.write_table(data, temporary, compression="zstd")
    digest = checksum(temporary)
    publish(temporary, final)
    return ArchivedFile(path, digest, data.num_rows)


def location(path: str) -> Path:
    """The file of `archive/<path>`."""
    return data_path("archive", *path.split("/"))


def checksum(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def read(path: str, sha256: str) -> pa.Table:
    """The rows of `archive/<path>`; refuses a file that isn't what was written."""
    file = location(path)
    if not file.exists():
        raise Refused(f"The archived file {path} is missing: restore it from the backup.")
    if checksum(file) != sha256:
        raise Refused(
            f"The archived file {path} was changed after it was written: restore it from the backup."
        )
    return pq.read_table(file)
