"""Move a base to another database, back it up, restore it, export it."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pyarrow.parquet as pq
from django.conf import settings
from django.db import connection

from tifo.kernel.public import Refused, archive, clock
from tifo.server.moving.stream import Said, rows_and_digests, snapshot
from tifo.server.moving.tables import tables

FOLDERS = ("archive", "checkpoints", "hits", "links", "photos", "spool")
"""What of TIFO_DATA belongs to the base beside its database; the rest is made again, or kept apart like the keys."""
MANIFEST = "manifest.json"


def url_of(file: Path) -> str:
    """How a setting names this SQLite file."""
    return f"sqlite://{quote(str(file.absolute()))}"


def carry(source: str, target: str, *, hold: bool) -> Said:
    """Take the base of one database URL (empty: the embedded one) into the empty other; rows and digest of each table.

    `hold`: nobody changes the source meanwhile. Nothing is moved unless everything was, and reads back the same.
    """
    sender = _end(["send", *(["--hold"] if hold else [])], source, stdout=subprocess.PIPE)
    receiver = _end(["receive"], target, stdin=sender.stdout, stdout=subprocess.PIPE)
    if sender.stdout is not None:
        sender.stdout.close()  # it is the receiver's now: the sender hears when she ends
    said, problem = receiver.communicate()
    _, sent_problem = sender.communicate()
    if sender.returncode or receiver.returncode:
        raise Refused((sent_problem or problem or b"The move broke off.").decode().strip())
    return {name: (rows, digest) for name, (rows, digest) in json.loads(said).items()}


def _end(how: list[str], url: str, **pipes: Any) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tifo.server.moving", *how]
    return subprocess.Popen(command, env=_with(url), stderr=subprocess.PIPE, **pipes)  # noqa: S603  our own module


def _with(url: str) -> dict[str, str]:
    return {**os.environ, "TIFO_DATA": str(settings.TIFO_DATA), "TIFO_DATABASE_URL": url}


def without_password(url: str) -> str:
    """The same, to be shown."""
    return re.sub(r"(//[^:@/]*):[^@/]*@", r"\1:…@", url)


def here() -> str:
    """The URL of the database that is in use."""
    said = connection.settings_dict
    if connection.vendor == "sqlite":
        return url_of(Path(said["NAME"]))
    who = f"{quote(said['USER'])}:{quote(said['PASSWORD'])}@" if said["USER"] else ""
    options = urlencode({**said["OPTIONS"], "host": said["HOST"]})
    port = f":{said['PORT']}" if said["PORT"] else ""
    return f"postgresql://{who}{port}/{quote(said['NAME'])}?{options}"


# -- backup ------------------------------------------------------------------------------------------------


def back_up(folder: Path) -> Said:
    """Write the base as it is now into `folder`, which must not be there yet; work goes on meanwhile."""
    unfinished = _begun(folder)
    said = carry(here(), url_of(unfinished / "base.sqlite3"), hold=False)
    for leftover in unfinished.glob("base.sqlite3-*"):
        leftover.unlink()
    for name in FOLDERS:
        if (settings.TIFO_DATA / name).is_dir():
            shutil.copytree(settings.TIFO_DATA / name, unfinished / name)
    _finish(unfinished, folder, said)
    return said


def _begun(folder: Path) -> Path:
    """A folder for us alone, which gets its name when it is whole."""
    if folder.exists():
        raise Refused(f"{folder} is there already: name a folder that isn't.")
    unfinished = folder.with_name(f".{folder.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True, mode=0o700)
    return unfinished


def _finish(unfinished: Path, folder: Path, said: Said) -> None:
    files = {str(path.relative_to(unfinished)): archive.checksum(path) for path in _files(unfinished)}
    manifest = {
        "tifo": version("tifo"),
        "made_at": clock.now().isoformat(),
        "tables": {name: {"rows": rows, "sha256": digest} for name, (rows, digest) in said.items()},
        "files": files,
    }
    (unfinished / MANIFEST).write_text(json.dumps(manifest, indent=1, sort_keys=True) + "\n")
    archive.publish_folder(unfinished, folder)


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != MANIFEST:
            yield path


# -- restore -----------------------------------------------------------------------------------------------


def restore(folder: Path) -> tuple[Said, datetime]:
    """Take a backup into the empty base of the settings; what it held, and when it was made. Raises Refused, and
    leaves the base empty, where a file or a table is not what the manifest says."""
    try:
        manifest = json.loads((folder / MANIFEST).read_bytes())
        listed, made = dict(manifest["files"]), datetime.fromisoformat(manifest["made_at"])
    except (OSError, ValueError, KeyError):
        raise Refused(f"{folder} holds no {MANIFEST} that can be read: it is no backup of tifo.") from None
    for name, digest in listed.items():
        if (
            ".." in Path(name).parts
            or not (folder / name).is_file()
            or archive.checksum(folder / name) != digest
        ):
            raise Refused(f"{folder / name} is not the file that was backed up: take another backup.")
    for name in listed:
        if name.partition("/")[0] in FOLDERS:
            place = settings.TIFO_DATA / name
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(folder / name, place)
    return _of_this_version(folder / "base.sqlite3"), made


def _of_this_version(base: Path) -> Said:
    """Take a copy, which may be of an older version and is migrated first; the backup itself stays as it is."""
    with tempfile.TemporaryDirectory(dir=settings.TIFO_DATA) as room:
        copy = Path(room) / base.name
        shutil.copy2(base, copy)
        migrate = [sys.executable, "-m", "tifo", "django", "migrate", "-v0"]
        done = subprocess.run(migrate, env=_with(url_of(copy)), capture_output=True, check=False)  # noqa: S603  as above
        if done.returncode:
            raise Refused("The backup is of a newer version of tifo: restore it with that one.")
        return carry(url_of(copy), here(), hold=False)


# -- export ------------------------------------------------------------------------------------------------


def export(folder: Path) -> Said:
    """Every table as a Parquet file, and the archive beside them: readable without tifo."""
    unfinished = _begun(folder)
    writers: dict[str, pq.ParquetWriter] = {
        table.name: pq.ParquetWriter(unfinished / f"{table.name}.parquet", table.schema, compression="zstd")
        for table in tables()
    }
    try:
        with snapshot(hold=False):
            said = rows_and_digests(lambda table, batch: writers[table.name].write_batch(batch))
    finally:
        for writer in writers.values():
            writer.close()
    if (settings.TIFO_DATA / "archive").is_dir():
        shutil.copytree(settings.TIFO_DATA / "archive", unfinished / "archive")
    _finish(unfinished, folder, said)
    return said


def together(said: Said) -> str:
    """One digest of all tables, to be compared at a glance."""
    lines = (f"{name} {rows} {digest}\n" for name, (rows, digest) in sorted(said.items()))
    return hashlib.sha256("".join(lines).encode()).hexdigest()
