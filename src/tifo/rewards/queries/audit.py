"""What rewards promise of the whole base, looked at daily."""

from django.db.models import Count, Q

from tifo.kernel.public import Broken
from tifo.kernel.public import sentence as _
from tifo.rewards.models import LogEntry, Stock
from tifo.rewards.queries.proof import logged
from tifo.rewards.rules.exact import NOTHING, hash_of
from tifo.rewards.types import AwardState


def broken_promises() -> list[Broken]:
    """Stock that is not what was given out (L4), and a log that does not follow from itself (D2)."""
    return [*_stock(), *_log()]


def _stock() -> list[Broken]:
    """Each stratum's counters against the awards themselves."""
    bad = []
    states = {state: Q(state=state) for state in (AwardState.OFFERED, AwardState.CLAIMED)}
    for one in Stock.objects.select_related("offer"):
        awards = one.offer.award_set.filter(stratum=one.stratum).aggregate(
            pending=Count("pk", filter=states[AwardState.OFFERED]),
            posted=Count("pk", filter=states[AwardState.CLAIMED]),
        )
        if (one.pending, one.posted) != (awards["pending"], awards["posted"]):
            bad.append(f"offer {one.offer.name}, stratum {one.stratum}")
    if not bad:
        return []
    return [
        Broken(
            "L4",
            len(bad),
            _("places are counted otherwise than they were given out"),
            _("compare the stock of these offers with their awards, and restore the last backup if in doubt"),
            tuple(bad[:5]),
        )
    ]


def _log() -> list[Broken]:
    previous, number = NOTHING, 0
    for entry in LogEntry.objects.order_by("number").iterator():
        said = logged(entry)
        found = said.pop("hash")
        if entry.number != number + 1 or entry.previous != previous or hash_of(said) != found:
            return [
                Broken(
                    "D2",
                    1,
                    _("the public log of draws does not follow from itself"),
                    _("compare it with a copy that somebody kept, and restore the last backup that agrees"),
                    (f"entry {number + 1}",),
                )
            ]
        previous, number = entry.hash, entry.number
    return []
