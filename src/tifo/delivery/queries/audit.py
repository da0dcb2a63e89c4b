"""The daily check of the ledger against what is promised, over the whole base (M1, M4, M12, C1, C9, T6)."""

from collections.abc import Iterator
from datetime import timedelta

import pyarrow.compute as pc
from django.db import connection

from tifo.consents.public import ever_given
from tifo.delivery.models import HitFile, Mailing
from tifo.delivery.queries.ledger import counts
from tifo.delivery.rules.states import FOLLOWS, OPEN
from tifo.kernel.public import Broken, Refused, archive, clock
from tifo.kernel.public import sentence as _

SHOWN = 5
RECENT = timedelta(days=2)  # files are looked at again twice; they never change
_CHANGED = _("Find out who wrote into the database by hand; put back what it was from a backup.")


def broken_promises() -> list[Broken]:
    """What does not hold now; empty where all is well."""
    return [*_once(), *_one_end(), *_sums(), *_consented(), *_hits()]


def _rows(sql: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


def _once() -> Iterator[Broken]:
    twice = _rows(
        "SELECT fan_id, mailing_id, count(*) FROM delivery_message GROUP BY fan_id, mailing_id, channel "
        "HAVING count(*) > 1"
    )
    if twice:
        yield Broken(
            "M1",
            len(twice),
            _("Fans stand twice in the ledger of one sending."),
            _CHANGED,
            tuple(f"fan {fan} in mailing {mailing}" for fan, mailing, _count in twice[:SHOWN]),
        )


def _one_end() -> Iterator[Broken]:
    known = ", ".join(f"'{state}'" for state in FOLLOWS)
    lost = _rows(f"SELECT id, state FROM delivery_message WHERE state NOT IN ({known})")
    if lost:
        yield Broken(
            "M4",
            len(lost),
            _("Messages are in a state that does not exist."),
            _CHANGED,
            tuple(f"message {pk}" for pk, _state in lost[:SHOWN]),
        )
    open_ = ", ".join(f"'{state}'" for state in OPEN)
    forgotten = _rows(
        "SELECT g.id, count(*) FROM delivery_mailing g JOIN delivery_message m ON m.mailing_id = g.id "
        f"WHERE NOT g.busy AND m.state IN ({open_}) GROUP BY g.id"
    )
    if forgotten:
        yield Broken(
            "M4",
            len(forgotten),
            _("Messages wait in a sending that nobody looks after any more."),
            _("Resume or cancel these sendings."),
            tuple(f"mailing {pk}: {count}" for pk, count in forgotten[:SHOWN]),
        )


def _sums() -> Iterator[Broken]:
    raw: dict[int, dict[str, int]] = {}
    for mailing, state, count in _rows(
        "SELECT mailing_id, state, count(*) FROM delivery_message GROUP BY mailing_id, state"
    ):
        raw.setdefault(int(str(mailing)), {})[str(state)] = int(str(count))
    wrong = []
    for pk in Mailing.objects.exclude(busy=True).values_list("pk", flat=True):
        told, found = counts(pk), raw.get(pk, {})
        parts = {
            "accepted": told.accepted,
            "refused": told.refused,
            "unknown": told.unknown,
            "expired": told.expired,
            "cancelled": told.cancelled,
            "suppressed": sum(told.suppressed.values()),
        }
        whole = told.prepared == sum(parts.values()) + told.open == sum(found.values())
        if not whole or any(found.get(name, 0) != n for name, n in parts.items()):
            wrong.append(pk)
    if wrong:
        yield Broken(
            "M12",
            len(wrong),
            _("Reports of sendings do not add up to their ledger."),
            _("Report this: it is a fault of tifo, or of who wrote into the database by hand."),
            tuple(f"mailing {pk}" for pk in wrong[:SHOWN]),
        )


def _consented() -> Iterator[Broken]:
    without = _rows(
        "SELECT m.id, g.purpose FROM delivery_message m JOIN delivery_mailing g ON g.id = m.mailing_id "
        "WHERE g.legal_class <> 'service' AND m.state IN ('committing', 'accepted', 'unknown') AND NOT EXISTS ("
        "SELECT 1 FROM consents_entry e WHERE e.fan_id = m.fan_id AND e.purpose = g.purpose "
        "AND e.version = m.consent_version AND e.act = 'given')"
    )
    if without:
        yield Broken(
            "C1",
            len(without),
            _("Messages left without a consent that stood in the ledger."),
            _("Find out how; answer the fans concerned, and tell your data protection officer."),
            tuple(f"message {pk}" for pk, _purpose in without[:SHOWN]),
        )


def _hits() -> Iterator[Broken]:
    """Each file of the last days is as it was written, as long as it was counted, and names nobody who never agreed."""
    changed, named = [], []
    since = clock.now() - RECENT
    for file in HitFile.objects.filter(loaded_at__gte=since).order_by("pk"):
        try:
            hits = archive.read(file.path, file.sha256)
        except Refused:
            changed.append(file.path)
            continue
        if hits.num_rows != file.hits:
            changed.append(file.path)
        fans = pc.unique(hits.column("fan_id")).drop_null().to_pylist()
        strangers = set(fans) - ever_given(fans, "tracking")
        named += [f"fan {fan} in {file.path}" for fan in sorted(strangers)]
    if changed:
        yield Broken(
            "T6",
            len(changed),
            _("Files of opens and clicks are not what was counted."),
            _("Put them back from a backup."),
            tuple(changed[:SHOWN]),
        )
    if named:
        yield Broken(
            "C9",
            len(named),
            _("Opens or clicks name fans who never allowed it."),
            _("Find out how; tell your data protection officer."),
            tuple(named[:SHOWN]),
        )
