"""Who sends from this base: let in, stop, raise the epoch, release. Each by a person leaves an audit entry (V2)."""

import logging
import os
import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from tifo.accounts.public import audit
from tifo.delivery.actions import epoch as places
from tifo.delivery.models import Epoch, Place
from tifo.delivery.queries import epoch as known
from tifo.delivery.queries.epoch import Look, look
from tifo.delivery.rules.epoch import Record
from tifo.kernel.public import Broken, Refused, clock
from tifo.kernel.public import sentence as _

log = logging.getLogger(__name__)

ALIVE = timedelta(seconds=60)  # who asked so long ago is gone
FORGOTTEN = timedelta(days=1)
REFRESH = timedelta(seconds=30)

_asking: dict[tuple[int, str], str] = {}  # the name under which this process asks


def watch() -> bool:
    """What a worker does every few seconds: see whether it may send, let in who asks, ask itself where it must.

    Whether something changed."""
    found = look()
    if found.code == "new":
        return places.bind_new()
    if found.code == "fine" and found.record is not None:
        places.witness(found.record, found.total)
        Place.objects.filter(pk=found.record.place, seen_at__lt=clock.now() - REFRESH).update(
            seen_at=clock.now()
        )
        return _let_in(found.number) > 0
    if found.code == "stopped":
        return False
    if found.code == "behind" and not Epoch.objects.filter(stopped_at__isnull=False).exists():
        stop_sending("behind", [])
    return _ask(found)


def _let_in(number: int) -> int:
    """Who asks this very base is not a copy of it: we that may send see the question."""
    askers = Place.objects.filter(
        state="asking", why__in=("unbound", "outdated"), seen_at__gte=clock.now() - ALIVE
    )
    if not askers.exists():
        return 0
    with transaction.atomic():
        epoch = Epoch.objects.select_for_update().get(pk=1)
        if epoch.stopped_at is not None or epoch.number != number or look().code != "fine":
            return 0
        return askers.update(state="sending", epoch=number, since=clock.now())


def _ask(found: Look) -> bool:
    """Ask to be let in, or take the place where somebody did; whether so."""
    key = (os.getpid(), str(settings.TIFO_DATA))
    name = _asking.setdefault(key, uuid.uuid4().hex)
    with transaction.atomic():
        row = Place.objects.select_for_update().filter(pk=name).first()
        if row is None:
            Place.objects.filter(state="asking", seen_at__lt=clock.now() - FORGOTTEN).delete()
            places.place(name, "asking", found.number, found.code)
            return False
        row.seen_at, row.why = clock.now(), found.code
        row.save(update_fields=["seen_at", "why"])
    if row.state != "sending":
        return False
    places.write(Record(name, row.epoch, known.here()))
    del _asking[key]
    log.info("this place was let in and may send")
    return True


# -- by people ---------------------------------------------------------------------------------------------


def raise_epoch(actor_id: int | None, because: str) -> int:
    """Say that this base, here and now, is the one that sends, and no copy of it; its new number.

    Whoever asks this base now is let in with us. A stop for a promise that was found broken stays."""
    because = because.strip()
    if not because:
        raise Refused(_("Say why the epoch is raised: it stands in the audit trail."))
    record = _readable()
    with transaction.atomic():
        Epoch.objects.bulk_create([Epoch(id=1, raised_at=clock.now(), number=0)], ignore_conflicts=True)
        row = Epoch.objects.select_for_update().get(pk=1)
        number = max(row.number, record.epoch if record is not None else 0) + 1
        row.number, row.raised_at, row.raised_by = number, clock.now(), actor_id
        if row.stop_kind in known.LIFTED_BY_EPOCH:
            row.stopped_at, row.stop_kind, row.stop_says = None, "", []
        row.save()
        state = "sending" if row.stopped_at is None else "stopped"
        Place.objects.exclude(state="asking", seen_at__gte=clock.now() - ALIVE).delete()
        Place.objects.update(state=state, epoch=number, mark=0, since=clock.now())
        name = uuid.uuid4().hex
        places.place(name, state, number)
        audit(actor_id, "delivery.raise-epoch", f"epoch:{number}", {"because": because[:200]})
    places.write(Record(name, number, known.here()))
    return number


def _readable() -> Record | None:
    """What the file says; one that can't be read says nothing."""
    known.epoch_file()
    try:
        return known.read_record()
    except Refused:
        return None


def stop_sending(kind: str, findings: Sequence[Any]) -> None:
    """Let nothing cross any more, from any place; when this returns, none does. `kind`: behind, moved, audit."""
    with transaction.atomic():
        Epoch.objects.bulk_create([Epoch(id=1, raised_at=clock.now(), number=0)], ignore_conflicts=True)
        row = Epoch.objects.select_for_update().get(pk=1)
        row.stopped_at, row.stop_kind, row.stop_says = clock.now(), kind, list(findings)
        row.save()
        Place.objects.filter(state="sending").update(state="stopped")  # waits for windows in their gate
        audit(None, "delivery.stop", f"epoch:{row.number}", {"kind": kind})
    log.error("sending was stopped: %s", kind)


def note_audit(found: Sequence[Broken]) -> None:
    """What the daily check found; anything stops sending until somebody releases it."""
    Epoch.objects.filter(pk=1).update(audited_at=clock.now())
    if found:
        stop_sending(
            "audit",
            [
                {
                    "promise": one.promise,
                    "count": one.count,
                    "says": one.says.message,
                    "mend": one.mend.message,
                    "examples": list(one.examples),
                }
                for one in found
            ],
        )


def release_sending(actor_id: int | None, because: str) -> None:
    """Let sending go on after what a check found was mended."""
    because = because.strip()
    if not because:
        raise Refused(_("Say what was mended: it stands in the audit trail."))
    with transaction.atomic():
        row = Epoch.objects.select_for_update().filter(pk=1).first()
        if row is None or row.stopped_at is None:
            raise Refused(_("Sending is not stopped: there is nothing to release."))
        if row.stop_kind in known.LIFTED_BY_EPOCH:
            raise Refused(_("This base was set back or moved: only raising the epoch lets it send."))
        row.stopped_at, row.stop_kind, row.stop_says = None, "", []
        row.save()
        Place.objects.filter(state="stopped", epoch=row.number).update(state="sending")
        audit(actor_id, "delivery.release", f"epoch:{row.number}", {"because": because[:200]})
