"""Where this process works from, and what the file outside the base and the base itself say about it."""

import fcntl
import os
import socket
import sys
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.db.models import Sum

from tifo.delivery.models import Epoch, Letter, Mailing, Message, Place
from tifo.delivery.rules import epoch as rules
from tifo.delivery.rules.epoch import Here, Record
from tifo.delivery.types import SendingStopped
from tifo.kernel.public import Said
from tifo.kernel.public import sentence as _

_STALE = 60.0  # seconds until the machine is looked at again: a clone may have been woken in another one
REASONS: Mapping[str, Said] = {
    "used": _("Nothing is sent: this base has sent before, and is bound to no place."),
    "unbound": _("Nothing is sent: this base was last sent from another machine or folder."),
    "elsewhere": _(
        "Nothing is sent: machine, folder or database are not those this base was last sent from."
    ),
    "outdated": _("Nothing is sent: the epoch was raised elsewhere, and this place is not let in yet."),
    "behind": _("Nothing is sent: more has left already than this base knows of. It was set back."),
    "moved": _("Nothing is sent: this base was moved to another database."),
    "stopped": _("Nothing is sent: sending was stopped."),
    "unreadable": _("Nothing is sent: the epoch's file can't be read, or lies in the data folder."),
}
LIFTED_BY_EPOCH = ("behind", "moved")
"""Stops that end when somebody says that this base is the one; others end when what was broken is mended."""

CROSSED = ("committing", "accepted", "refused", "unknown")


@dataclass(frozen=True)
class Look:
    """May this process send, and if not, why. `code`: fine, new, used, unbound, elsewhere, outdated, behind, stopped,
    unreadable."""

    code: str
    record: Record | None = None
    differs: tuple[str, ...] = ()
    number: int = 0  # of the base's epoch
    total: int = 0  # windows that crossed, as the base knows

    @property
    def fine(self) -> bool:
        """Whether it may send, or may as soon as it has bound itself."""
        return self.code in ("fine", "new")


def epoch_file() -> Path:
    """The file outside database and data folder; raises SendingStopped where it would lie inside."""
    return _epoch_file(str(settings.TIFO_DATA), settings.TIFO_EPOCH_FILE, str(settings.TIFO_STATE))


@lru_cache(maxsize=8)
def _epoch_file(folder: str, said: str, state: str) -> Path:
    data = Path(folder).resolve()
    name = f"epoch-{sha256(str(data).encode()).hexdigest()[:16]}"
    path = Path(said).expanduser().absolute() if said else Path(state) / name
    if path.resolve().is_relative_to(data):
        raise SendingStopped(
            _(
                "The epoch's file %(path)s lies in the data folder, and would go back in time with it: "
                "set TIFO_EPOCH_FILE to a path outside.",
                path=str(path),
            )
        )
    return path


def read_record() -> Record | None:
    """What the file says; None without one. Raises SendingStopped for one that can't be read."""
    path = epoch_file()
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            fcntl.flock(handle, fcntl.LOCK_SH)  # never half of what somebody is writing
            content = os.read(handle, 65_536)
        finally:
            os.close(handle)
        return record_in(content) if content else None
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        raise SendingStopped(_("The epoch's file %(path)s can't be read.", path=str(path))) from None


def record_in(content: bytes) -> Record:
    """A file's content as a record; raises ValueError."""
    mark, total = rules.numbers(content[: rules.HEAD])
    return _bound(content[rules.HEAD :]).at(mark, total)


@lru_cache(maxsize=8)
def _bound(tail: bytes) -> Record:
    return rules.bound_part(tail)


# -- where we are ------------------------------------------------------------------------------------------


def machine() -> tuple[str, tuple[str, ...]]:
    """This machine's lasting name and network cards, hashed; looked at again each minute."""
    return _machine(int(time.monotonic() // _STALE))


@lru_cache(maxsize=1)
def _machine(minute: int) -> tuple[str, tuple[str, ...]]:
    del minute
    name = ""
    for path in ("/etc/machine-id", "/var/lib/dbus/machine-id"):
        try:
            name = name or Path(path).read_text(encoding="ascii").strip()
        except OSError:
            continue
    if not name and sys.platform == "darwin":
        name = f"{uuid.getnode():x}"
    cards = []
    for card in sorted(Path("/sys/class/net").glob("*/device")):
        try:
            if (card.parent / "addr_assign_type").read_text(encoding="ascii").strip() == "0":
                cards.append(rules.short((card.parent / "address").read_text(encoding="ascii").strip()))
        except OSError:
            continue
    return rules.short(name), tuple(cards)


def database_place() -> str:
    """Where the database is asked for, without secrets."""
    said = connection.settings_dict
    if connection.vendor == "postgresql":
        return f"postgresql://{said['HOST']}:{said['PORT']}/{said['NAME']}"
    return str(said["NAME"])


def store() -> str:
    """Which database answers: another after a dump was read back, a failover or a recovery to a point in time."""
    if connection.vendor != "postgresql":
        return ""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT system_identifier FROM pg_control_system())::text || '/' "
            "|| substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) || '/' "
            "|| (SELECT oid FROM pg_database WHERE datname = current_database())::text || '/' "
            "|| to_regclass('delivery_place')::oid::text"
        )
        return str(cursor.fetchone()[0])


def here(known_store: str | None = None) -> Here:
    """Where this process works from now."""
    name, cards = machine()
    folder = str(settings.TIFO_DATA)
    return Here(
        name,
        cards,
        folder,
        os.stat(folder).st_ino,  # noqa: PTH116  a third of the price, and each window pays it
        database_place(),
        store() if known_store is None else known_store,
    )


def host_name() -> str:
    """What people call this machine."""
    return socket.gethostname()[:200]


# -- what both say -----------------------------------------------------------------------------------------


def ever_crossed() -> bool:
    """Whether anything ever left, as far as this base knows."""
    return (
        Message.objects.filter(state__in=CROSSED).exists()
        or Letter.objects.exclude(state="planned").filter(attempt__gt=0).exists()
    )


def used(record: Record | None) -> bool:
    """Whether a base without an epoch has something to send twice. The file of a base that stood here before makes
    us ask more: that one may have been older."""
    return Mailing.objects.exists() if record is not None else ever_crossed()


def crossed_total() -> int:
    """How many windows crossed in this epoch, from all places."""
    total: int | None = Place.objects.aggregate(total=Sum("mark"))["total"]
    return total or 0


def look() -> Look:
    """Hold the file against the base. Changes nothing."""
    try:
        record, now = read_record(), here()  # before the base, which only gets further meanwhile
    except SendingStopped:
        return Look("unreadable")
    epoch = Epoch.objects.filter(pk=1).first()
    if epoch is None:
        return Look("used" if used(record) else "new", record)
    total = crossed_total()

    def found(code: str, differs: tuple[str, ...] = ()) -> Look:
        return Look(code, record, differs, epoch.number, total)

    if record is None:
        return found("new" if _same_untouched(epoch, now, total) else "unbound")
    if differs := record.bound.differs(now):
        ours = "machine" not in differs and "folder" not in differs
        return found("outdated" if ours and record.epoch < epoch.number else "elsewhere", differs)
    if record.epoch < epoch.number:
        return found("outdated")
    place = Place.objects.filter(pk=record.place).first()
    if (
        record.epoch > epoch.number
        or place is None
        or place.mark < record.mark
        or total < record.total
        or place.state == "asking"
    ):
        return found("behind")
    return found("stopped" if epoch.stopped_at is not None or place.state != "sending" else "fine")


def _same_untouched(epoch: Epoch, now: Here, total: int) -> bool:
    """Bound to this very place by another account of this machine, and nothing ever left."""
    if epoch.number != 1 or total or epoch.stopped_at is not None or ever_crossed():
        return False
    rows = Place.objects.filter(state="sending", epoch=1).values_list("bound", flat=True)
    return any(not Here(**{**bound, "cards": tuple(bound["cards"])}).differs(now) for bound in rows)
