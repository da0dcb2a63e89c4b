"""Deeds scored again under the rule in force: what they earned before is reversed, and earned anew.

A rescoring is a row; a worker goes through the fans concerned, each in a transaction of her own that says how far
it came. A deed whose points somebody took back stays without, and who was erased stays as she is.
"""

from collections.abc import Collection

from django.db import transaction

from tifo.accounts.public import audit
from tifo.fans.public import lock_fan
from tifo.kernel.public import Refused, crash_point, jobs
from tifo.kernel.public import sentence as _
from tifo.points.actions.books import Books, opened
from tifo.points.actions.earning import newest_rule, reward
from tifo.points.models import Deed, Rescoring, Rule, Transfer
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
    for fan_id in fans:
        with transaction.atomic():
            if not lock_fan(fan_id).erased_at:
                _count_anew(opened(fan_id), work.rule)
            jobs.renew(work, LEASE, cursor=fan_id)
        crash_point("points.rescored")
    if len(fans) == FANS_A_STEP:
        jobs.put_back(work)
    else:
        jobs.finish(work)
    return True


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
