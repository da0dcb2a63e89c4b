"""Deeds scored again under the rule in force: what they earned before is reversed, and earned anew.

A rescoring is a row; a worker goes through the fans concerned in stretches, each a transaction that says how far it
came. A deed whose points somebody took back stays without, and who was erased stays as she is.
"""

from collections.abc import Collection

import pyarrow as pa
from django.db import transaction
from django.db.models import F

from tifo.accounts.public import audit
from tifo.fans.public import lock_fans
from tifo.kernel.public import Refused, crash_point, jobs
from tifo.kernel.public import sentence as _
from tifo.points.actions.books import Books, opened
from tifo.points.actions.earning import newest_rule, reward
from tifo.points.actions.ledgers import TO_REWARD, reward_many, undo_many
from tifo.points.models import Deed, Lot, Rescoring, Rule, Transfer
from tifo.points.types import RESCORED

FANS_A_STEP = 200
LEASE = 120.0


def rescore(rule_key: str, *, actor_id: int | None) -> int:
    """Have every deed of this rule count by its newest version; the rescoring's number. Asked twice it is one."""
    with transaction.atomic():
        rule = newest_rule(rule_key, lock=True)
        if rule is None:
            raise Refused(_("there is no rule “%(key)s”", key=rule_key[:80]))
        row, fresh = Rescoring.objects.get_or_create(rule=rule)
        if fresh:
            audit(actor_id, "points.rescore", f"rule:{rule.key}", {"version": rule.version})
    return row.pk


def rescore_some(owner: str) -> bool:
    """Go on with a rescoring, for some fans; whether there was one."""
    work = jobs.claim(Rescoring, owner=owner, seconds=LEASE)
    if work is None:
        return False
    deeds = Deed.objects.filter(rule_key=work.rule.key, fan_id__gt=work.cursor)
    fans = list(deeds.order_by("fan_id").values_list("fan_id", flat=True).distinct()[:FANS_A_STEP])
    if fans:
        with transaction.atomic():
            _count_all_anew(lock_fans(fans), work.rule)
            jobs.renew(work, LEASE, cursor=fans[-1])
        crash_point("points.rescored")
    if len(fans) == FANS_A_STEP:
        jobs.put_back(work)
    else:
        jobs.finish(work)
    return True


def _count_all_anew(fan_ids: Collection[int], rule: Rule) -> None:
    """By whole tables; who spent of what goes, lot by lot."""
    deeds = Deed.objects.filter(fan_id__in=fan_ids, rule_key=rule.key).order_by("id")
    numbers = deeds.values("id")
    entries = Transfer.objects.filter(deed_id__in=numbers)
    undone = set(entries.filter(kind="reverse").values_list("reverses_id", flat=True))
    earned = entries.filter(kind="earn").order_by("id").values_list("id", "fan_id", "deed_id", "rule_id")
    given = [one for one in earned if one[0] not in undone]
    settled = {deed for _id, _fan, deed, by in given if by == rule.id}
    settled |= _taken_back(entries.values_list("deed_id", "kind", "about"))
    going = {entry: fan for entry, fan, deed, _by in given if deed not in settled}
    spent = Lot.objects.filter(id__in=entries.values("id"), remaining__lt=F("amount"))
    touched = {going[lot] for lot in spent.values_list("id", flat=True) if lot in going}
    undo_many([entry for entry, fan in going.items() if fan not in touched], about=RESCORED)
    due = [
        row
        for row in deeds.values_list("id", "fan_id", "event", "quantity", "at")
        if row[0] not in settled and row[1] not in touched
    ]
    if due:
        columns = zip(TO_REWARD, zip(*due, strict=True), strict=True)
        reward_many(pa.table([pa.array(rows, field.type) for field, rows in columns], TO_REWARD), rule)
    for fan_id in sorted(touched):
        _count_anew(opened(fan_id), rule)


def _count_anew(books: Books, rule: Rule) -> None:
    """First all goes that older versions gave, then each deed earns in the order in which it was told."""
    deeds = list(Deed.objects.filter(fan_id=books.fan_id, rule_key=rule.key).order_by("id"))
    entries = Transfer.objects.filter(deed_id__in=[deed.id for deed in deeds])
    undone = set(entries.filter(kind="reverse").values_list("reverses_id", flat=True))
    given = [one for one in entries.filter(kind="earn").order_by("id") if one.id not in undone]
    settled = {one.deed_id for one in given if one.rule_id == rule.id}
    settled |= _taken_back(entries.values_list("deed_id", "kind", "about"))
    for entry in given:
        if entry.deed_id not in settled:
            _undo(books, entry)
    for deed in deeds:
        if deed.id not in settled:
            reward(books, deed, rule)


def _taken_back(entries: Collection[tuple[int | None, str, str]]) -> set[int | None]:
    """Deeds that somebody decided to earn nothing."""
    return {deed for deed, kind, about in entries if kind == "reverse" and about != RESCORED}


def _undo(books: Books, entry: Transfer) -> None:
    undoing = books.reversal(entry, deed_id=entry.deed_id, about=RESCORED)
    books.debit(undoing, first=entry.id, owing=True)
