"""Before a draw a person looks at who may be one, or earned faster than people do, and takes entries out for a reason.

What was taken out can be let in again until the entries are frozen; how many were, and why, is then published.
"""

from collections.abc import Collection

from django.db import transaction

from tifo.accounts.public import audit
from tifo.kernel.public import Refused
from tifo.kernel.public import sentence as _
from tifo.rewards.actions.offers import locked
from tifo.rewards.models import Entry, Offer
from tifo.rewards.types import AT_ONCE, REVIEWED, State

MOST = 1_000
"""Entries at once."""
LONGEST = 200


def rule_out(name: str, fan_ids: Collection[int], reason: str, *, note: str, actor_id: int | None) -> int:
    """Take entries out; how many were in. `note`: what was seen, for the audit trail alone."""
    why = " ".join(note.split())
    if reason not in REVIEWED:
        raise Refused(_("choose why: %(known)s", known=", ".join(REVIEWED)))
    if not 1 <= len(why) <= LONGEST:
        raise Refused(_("say what you saw, at most %(most)s characters", most=LONGEST))
    return _moved(name, fan_ids, "", reason, {"note": why}, actor_id)


def let_in(name: str, fan_ids: Collection[int], *, actor_id: int | None) -> int:
    """Let entries that a person took out take part again; how many."""
    return sum(_moved(name, fan_ids, reason, "", {}, actor_id) for reason in REVIEWED)


def _moved(
    name: str, fan_ids: Collection[int], before: str, now: str, more: dict[str, object], actor_id: int | None
) -> int:
    if not 1 <= len(fan_ids) <= MOST:
        raise Refused(_("tick 1 to %(most)s entries", most=f"{MOST:,}"))
    with transaction.atomic():
        row = locked(name)
        _still(row)
        rows = Entry.objects.filter(offer=row, fan_id__in=fan_ids, reason=before)
        moved = sorted(rows.values_list("fan_id", flat=True))
        if moved:
            rows.update(reason=now)
            act = "rewards.rule-out" if now else "rewards.let-in"
            audit(actor_id, act, f"offer:{name}", {"fans": moved, "reason": now or before} | more)
        return len(moved)


def _still(row: Offer) -> None:
    if row.method in AT_ONCE:
        raise Refused(_("“%(name)s” answers at once; take the place back instead", name=row.name))
    if row.state != State.OPEN:
        raise Refused(_("the entries of “%(name)s” are fixed; take the place back instead", name=row.name))
