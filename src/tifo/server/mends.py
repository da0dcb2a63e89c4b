"""What went wrong around tifo, not in it: a full disk, a database that doesn't answer. Said in a sentence with the mend."""

import errno
import sqlite3
from collections.abc import Iterator

import duckdb
from django.db import DatabaseError

_NO_ROOM = "No room is left on the disk{place}: make room and run this again; it goes on where it stopped."
_NOT_ALLOWED = (
    "{place} can't be opened or written: let the user that runs tifo do so, or choose another place."
)
_TABLES = "The database isn't prepared for this version: run `tifo migrate`, then this again."
_BUSY = "Another process keeps the database busy: wait until it is done (an import, a migration), then run this again."
_SILENT = "The database doesn't answer: start it, or mend TIFO_DATABASE_URL. It said: {said}"
_UNPREPARED = ("no such table", "no such column", "does not exist")
_FULL = ("disk is full", "disk i/o error", "no space left", "file too large", "could not extend file")
_CLOSED = ("readonly database", "unable to open database file", "permission denied", "read-only file system")
_LOCKED = ("is locked", "lock timeout", "deadlock detected")
_GONE = ("connection", "could not translate host", "server closed", "authentication failed", "shutting down")


def _with_causes(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    found: BaseException | None = error
    while found is not None and id(found) not in seen:
        seen.add(id(found))
        yield found
        found = found.__cause__ or found.__context__


def _of_file(error: OSError) -> str | None:
    place = str(error.filename or "")
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return _NO_ROOM.format(place=f" ({place})" if place else "")
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return _NOT_ALLOWED.format(place=place or "A file of tifo's")
    return None


def _of_store(error: Exception) -> str | None:
    said = " ".join(str(error).split())
    lower = said.casefold()
    for words, signs in (
        (_NO_ROOM.format(place=""), _FULL),
        (_NOT_ALLOWED.format(place="The database or the lake (TIFO_DATA)"), _CLOSED),
        (_BUSY, _LOCKED),
        (_TABLES, _UNPREPARED),
        (_SILENT.format(said=said[:200]), _GONE),
    ):
        if any(sign in lower for sign in signs):
            return words
    return None


def mend_of(error: BaseException) -> str | None:
    """A sentence for people, or None where the fault is tifo's own."""
    for one in _with_causes(error):
        words = None
        if isinstance(one, OSError):
            words = _of_file(one)
        elif isinstance(one, DatabaseError | duckdb.Error | sqlite3.Error):
            words = _of_store(one)
        if words:
            return words
    return None
