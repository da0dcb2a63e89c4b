"""The epoch: of all copies of a base, one sends (M9). See docs/decisions/0024.

A place (host and data folder) is bound by a file outside of database and data folder. Each window that crosses moves the
place's mark in its own transaction, and the file's after the commit, before a byte leaves: a base that knows less than the
file was set back, and sends nothing.
"""

import fcntl
import os
import time
import uuid
from dataclasses import asdict, dataclass
from pathlib import Path

from django.db import connection, transaction

from tifo.delivery.actions import statements as sql
from tifo.delivery.models import Epoch, Place
from tifo.delivery.queries import epoch as known
from tifo.delivery.queries.epoch import look
from tifo.delivery.rules import epoch as rules
from tifo.delivery.rules.epoch import Record
from tifo.delivery.types import SendingStopped
from tifo.kernel.public import Refused, clock
from tifo.kernel.public import sentence as _

SYNC_EVERY = 5.0  # seconds; what the machine forgets when its power fails is no more than this

_servers: dict[str, str] = {}  # start of a PostgreSQL server: which database answered there
_synced = 0.0


@dataclass(frozen=True)
class Passage:
    """A window that crosses: what the file says once its transaction is durable."""

    path: Path
    place: str
    mark: int
    total: int


def stopped(code: str) -> SendingStopped:
    """Why nothing may be sent, for people."""
    return SendingStopped(known.REASONS[code])


# -- the hot path ------------------------------------------------------------------------------------------


def ready() -> None:
    """Before a crossing, outside its transactions: bind a new base; raises SendingStopped where nothing may be sent."""
    found = look()
    if found.code == "new":
        bind_new()
    elif not found.fine:
        raise stopped(found.code)


def enter() -> Passage:
    """In the transaction that lets a window cross, late in it: may it still? Raises SendingStopped."""
    path = known.epoch_file()
    record = known.read_record()
    if record is None:
        raise stopped("unbound")
    if record.bound.differs(known.here(record.bound.store)):
        raise stopped("elsewhere")
    server = "''"
    if connection.vendor == "postgresql":
        server = "pg_postmaster_start_time()::text"
    rows = sql.fetch(
        "UPDATE delivery_place SET mark = mark + 1 WHERE id = %s AND state = 'sending' AND epoch = %s AND mark >= %s "
        f"RETURNING mark, (SELECT sum(mark) FROM delivery_place), {server}",
        [record.place, record.epoch, record.mark],
    )
    if not rows:
        found = look()
        raise stopped("behind" if found.fine else found.code)
    mark, total, run = int(rows[0][0]), int(rows[0][1]), str(rows[0][2])
    if total < record.total:
        raise stopped("behind")
    if connection.vendor == "postgresql" and _servers.get(run) != record.bound.store:
        if known.store() != record.bound.store:
            raise stopped("elsewhere")
        _servers.clear()
        _servers[run] = record.bound.store
    return Passage(path, record.place, mark, total)


def passed(passage: Passage) -> None:
    """After that transaction's commit, before anything leaves. An error: nothing may leave."""
    global _synced
    now = time.monotonic()
    _advance(passage.path, passage.place, passage.mark, passage.total, sync=now - _synced >= SYNC_EVERY)
    if now - _synced >= SYNC_EVERY:
        _synced = now


def witness(record: Record, total: int) -> None:
    """Note in the file what other places sent, so that this one too knows a base that was set back."""
    if total > record.total:
        _advance(known.epoch_file(), record.place, record.mark, total, sync=True)


def _advance(path: Path, place: str, mark: int, total: int, *, sync: bool) -> None:
    handle = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        record = known.record_in(os.read(handle, 65_536))
        if record.place != place:
            raise stopped("outdated")
        os.pwrite(handle, rules.head(max(mark, record.mark), max(total, record.total)), 0)
        if sync:
            os.fdatasync(handle)
    except ValueError:
        raise stopped("unbound") from None
    finally:
        os.close(handle)


# -- binding -----------------------------------------------------------------------------------------------


def bind_new() -> bool:
    """Bind a base in which nothing ever left to this place; False where it is bound here already."""
    with transaction.atomic():
        made = sql.run(
            "INSERT INTO delivery_epoch (id, number, raised_at, stop_kind, stop_says) VALUES (1, 1, %s, '', '[]') "
            "ON CONFLICT DO NOTHING",
            [sql.moment(clock.now())],
        )
        if not made:
            Epoch.objects.select_for_update().get(pk=1)
            found = look()
            if found.code == "fine":
                return False
            if found.code != "new":
                raise stopped(found.code)
        elif known.used(known.read_record()):
            raise stopped("used")
        name = uuid.uuid4().hex
        place(name, "sending", 1)
    write(Record(name, 1, known.here()))
    return True


def place(name: str, state: str, number: int, why: str = "") -> None:
    """A row for this host and folder, in the caller's transaction."""
    now = clock.now()
    Place.objects.create(
        id=name,
        epoch=number,
        state=state,
        bound=asdict(known.here()),
        host=known.host_name(),
        why=why,
        since=now,
        seen_at=now,
    )


def write(record: Record) -> None:
    """The whole file, durably; overwritten in place, so that whoever holds it open sees it."""
    path = known.epoch_file()
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            os.ftruncate(handle, 0)
            os.pwrite(handle, rules.written(record), 0)
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        raise Refused(
            _(
                "The epoch's file %(path)s can't be written (%(error)s): set TIFO_EPOCH_FILE to a path that can.",
                path=str(path),
                error=error.strerror,
            )
        ) from None
