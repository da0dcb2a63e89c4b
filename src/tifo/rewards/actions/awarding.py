"""Places are offered, claimed, and passed on to the next rank."""

from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Max, Q

from tifo.accounts.public import audit
from tifo.fans.public import lock_fan
from tifo.kernel.public import Refused, clock
from tifo.kernel.public import sentence as _
from tifo.points.public import reverse
from tifo.rewards.actions.log import append
from tifo.rewards.actions.stock import held, hold_all, move
from tifo.rewards.models import Award, Entry, Offer
from tifo.rewards.queries import definition_of, offer_row
from tifo.rewards.types import AT_ONCE, AwardState, OfferDefinition

OVERDUE, ERASED = "overdue", "erased"


def offer_winners(row: Offer, offer: OfferDefinition) -> None:
    """The first ranks of each stratum get its places, all at once; who was erased since passes hers on."""
    now = clock.now()
    deadline = _deadline(offer, now)
    for stratum in offer.strata:
        stock = held(row, stratum.key)
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO rewards_award (entry_id, offer_id, stratum, rank, state, offered_at, deadline, reason) "
                "SELECT id, offer_id, stratum, rank, 'offered', %s, %s, '' FROM rewards_entry "
                "WHERE offer_id = %s AND stratum = %s AND rank <= %s",
                [_stored(now), _stored(deadline), row.pk, stratum.key, stock.available],
            )
            move(row, stratum.key, cursor.rowcount, source="available", to="pending")
        pass_on(row, stratum.key, Q(entry__salt=b""), ERASED)


def _stored(at: datetime | None) -> Any:
    return connection.ops.adapt_datetimefield_value(at)


def _deadline(offer: OfferDefinition, now: datetime) -> datetime | None:
    return now + timedelta(days=offer.claim_days) if offer.claim_days else None


def claim(fan_id: int, name: str) -> None:
    """She takes the place that is offered to her. Again does nothing."""
    with transaction.atomic():
        row = offer_row(name)
        offer, fan = definition_of(row), lock_fan(fan_id)
        entry = Entry.objects.filter(offer=row, fan_id=fan_id).first()
        if entry is None:
            raise Refused(_("you have not entered this"))
        held(row, entry.stratum)
        award = Award.objects.filter(entry=entry).first()
        if award is None:
            raise Refused(_("no place is offered to you"))
        if award.state == AwardState.CLAIMED:
            return
        now = clock.now()
        if award.state == AwardState.FORFEITED or (award.deadline and now > award.deadline):
            raise Refused(_("the time to claim this place is over"))
        _old_enough(offer, fan.birth_date, now.date())
        award.state, award.decided_at, award.untold = AwardState.CLAIMED, now, True
        award.save(update_fields=["state", "decided_at", "untold"])
        move(row, entry.stratum, 1, source="pending", to="posted")
        append("awards", name, {"changes": [_change(award.stratum, award.rank, AwardState.CLAIMED)]})


def _old_enough(offer: OfferDefinition, born: date | None, today: date) -> None:
    if not offer.age:
        return
    if born is None:
        raise Refused(
            _("say when you were born first: this is for people of %(age)s and more", age=offer.age)
        )
    years = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    if years < offer.age:
        raise Refused(_("this is for people of %(age)s and more at the claim", age=offer.age))


def forfeit(name: str, stratum: str, rank: int, *, reason: str, actor_id: int | None = None) -> None:
    """Staff takes a place back, for a reason; it goes to the next rank. Again does nothing."""
    why = " ".join(reason.split())
    if not 3 <= len(why) <= 200:
        raise Refused(_("say why, in 3 to 200 characters"))
    with transaction.atomic():
        row = offer_row(name)
        award = Award.objects.filter(offer=row, stratum=stratum, rank=rank).first()
        if award is None:
            raise Refused(
                _("no place was offered to rank %(rank)s of “%(stratum)s”", rank=rank, stratum=stratum[:60])
            )
        pass_on(row, stratum, Q(pk=award.pk), why)
        audit(actor_id, "rewards.forfeit", f"offer:{name}", {"stratum": stratum, "rank": rank})


def pass_on_overdue() -> bool:
    """Places that nobody claimed in time go to the next ranks; whether there were any."""
    due = Q(state=AwardState.OFFERED, deadline__lt=clock.now())
    parts = (
        Award.objects.filter(due)
        .values_list("offer_id", "stratum")
        .distinct()
        .order_by("offer_id", "stratum")
    )
    waiting = list(parts[:100])
    for offer_id, stratum in waiting:
        with transaction.atomic():
            pass_on(Offer.objects.get(pk=offer_id), stratum, due, OVERDUE)
    return bool(waiting)


def let_go(fan_id: int) -> None:
    """She is erased: what opens her entries is forgotten, and what is offered to her goes to the next."""
    with transaction.atomic():
        hers = Entry.objects.filter(fan_id=fan_id).select_related("offer").order_by("pk")
        hold_all(hers.values_list("offer_id", flat=True))
        for entry in hers:
            waits = entry.leaf_index is None and entry.offer.method not in AT_ONCE
            Entry.objects.filter(pk=entry.pk).update(
                salt=b"",
                holder="",
                answer="",
                person_key=None,
                facts={},
                reason=ERASED if waits else entry.reason,
            )
            pass_on(entry.offer, entry.stratum, Q(entry=entry, state=AwardState.OFFERED), ERASED)


def pass_on(row: Offer, stratum: str, which: Q, reason: str) -> None:
    """The awards of this stratum that `which` finds are forfeited, what was paid for them is given back, and as many
    next ranks are offered a place.

    In the caller's transaction. A rank whose person was erased meanwhile is offered and forfeited at once, so that
    the log has no gap.
    """
    held(row, stratum)
    open_ones = Award.objects.filter(which, offer=row, stratum=stratum).exclude(state=AwardState.FORFEITED)
    lost = list(open_ones.order_by("rank").values_list("rank", "state"))
    if not lost:
        return
    if reason != ERASED:  # what an erased fan had is forfeited whole
        for payment_id in open_ones.values_list("payment_id", flat=True):
            if payment_id is not None:
                reverse(payment_id, note=reason)
    now = clock.now()
    open_ones.update(state=AwardState.FORFEITED, decided_at=now, reason=reason, untold=True)
    for source, state in (("pending", AwardState.OFFERED), ("posted", AwardState.CLAIMED)):
        move(row, stratum, sum(was == state for _rank, was in lost), source=source, to="available")
    changes = [_change(stratum, rank, AwardState.FORFEITED) for rank, _was in lost]
    if row.method not in AT_ONCE:
        changes += _offer_next(row, stratum, len(lost), now)
        append("awards", row.name, {"changes": changes})


def _offer_next(row: Offer, stratum: str, count: int, now: datetime) -> list[dict[str, Any]]:
    deadline, changes = _deadline(definition_of(row), now), []
    last = Award.objects.filter(offer=row, stratum=stratum).aggregate(last=Max("rank"))["last"] or 0
    while count:
        following = list(
            Entry.objects.filter(offer=row, stratum=stratum, rank__gt=last)
            .order_by("rank")
            .only("rank", "salt")[:count]
        )
        if not following:
            break
        for entry in following:
            changes.append(_change(stratum, entry.rank or 0, AwardState.OFFERED))
            if not entry.salt:
                changes.append(_change(stratum, entry.rank or 0, AwardState.FORFEITED))
        Award.objects.bulk_create(
            (_award(row, entry, stratum, now, deadline) for entry in following), batch_size=500
        )
        given = sum(bool(entry.salt) for entry in following)
        move(row, stratum, given, source="available", to="pending")
        last, count = following[-1].rank or 0, count - given
    return changes


def _award(row: Offer, entry: Entry, stratum: str, now: datetime, deadline: datetime | None) -> Award:
    there = bool(entry.salt)
    return Award(
        entry=entry,
        offer=row,
        stratum=stratum,
        rank=entry.rank or 0,
        state=AwardState.OFFERED if there else AwardState.FORFEITED,
        offered_at=now,
        deadline=deadline,
        decided_at=None if there else now,
        reason="" if there else ERASED,
    )


def _change(stratum: str, rank: int, state: AwardState) -> dict[str, Any]:
    return {"stratum": stratum, "rank": rank, "state": str(state)}
