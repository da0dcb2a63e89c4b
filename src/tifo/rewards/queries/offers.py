"""Offers, and how one stands for a fan."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache

from django.db.models import Case, Count, Max, When

from tifo.fans.public import Fan
from tifo.kernel.public import Refused, clock
from tifo.kernel.public import sentence as _
from tifo.points.public import balance_at
from tifo.rewards.models import Award, Entry, Offer, Stock
from tifo.rewards.rules.file import read_offer_file
from tifo.rewards.rules.judging import misses
from tifo.rewards.types import (
    AwardState,
    AwardView,
    Mine,
    OfferDefinition,
    OfferView,
    OpenOffer,
    State,
    StockView,
)


@lru_cache(maxsize=64)
def _read(source: str) -> OfferDefinition:
    return read_offer_file(source)


def definition_of(row: Offer) -> OfferDefinition:
    """What its file says."""
    return _read(row.source)


def offer_row(name: str) -> Offer:
    """The offer of this name; Refused where there is none."""
    row = Offer.objects.filter(name=name).first()
    if row is None:
        raise Refused(_("there is no offer “%(name)s”", name=name[:80]))
    return row


def view_of(row: Offer, entries: int = 0) -> OfferView:
    """An offer as a value."""
    return OfferView(
        name=row.name,
        state=State(row.state),
        definition=definition_of(row),
        version=row.version,
        rules_hash=row.rules_hash,
        entries=entries,
        root=row.root or "",
        round=row.round,
        drawable_at=row.drawable_at,
        frozen_entries=row.frozen_entries,
    )


def offer(name: str) -> OfferView:
    """One offer with the number of those who entered."""
    row = offer_row(name)
    return view_of(row, Entry.objects.filter(offer=row).count())


def offers(*, drafts: bool = True) -> list[OfferView]:
    """All offers, those that close last first."""
    rows = Offer.objects.annotate(entered=Count("entry")).order_by("-closes_at", "name")
    if not drafts:
        rows = rows.exclude(state=State.DRAFT)
    return [view_of(row, row.entered) for row in rows]


def open_offers(fan: Fan, language: str) -> tuple[OpenOffer, ...]:
    """What she can enter now, what closes first first."""
    now = clock.now()
    rows = list(
        Offer.objects.filter(state=State.OPEN, opens_at__lte=now, closes_at__gt=now).order_by(
            "closes_at", "name"
        )
    )
    hers = set(Entry.objects.filter(fan_id=fan.id, offer__in=rows).values_list("offer_id", flat=True))
    return tuple(
        OpenOffer(
            name=row.name,
            title=said(definition_of(row).titles, language),
            lead=said(definition_of(row).leads, language),
            href=f"/rewards/{row.name}/",
            closes_at=row.closes_at,
            points=definition_of(row).price or None,
            entered=row.pk in hers,
        )
        for row in rows
    )


def said(texts: Mapping[str, str], language: str) -> str:
    """The text in a language, else in English, else the first; empty where there is none."""
    return texts.get(language) or texts.get("en") or next(iter(texts.values()), "")


def facts_of(offer: OfferDefinition, fan_id: int, at: datetime) -> dict[str, int]:
    """Her true balances at an instant, by input."""
    if not offer.inputs:
        return {}
    had = balance_at(fan_id, at)
    known = {"points": had.points, "status": had.status}
    return {one.key: known[one.key] for one in offer.inputs}


def mine(name: str, fan_id: int) -> Mine:
    """Am I in, what is my rank, why not."""
    row = offer_row(name)
    offer = definition_of(row)
    entry = Entry.objects.filter(offer=row, fan_id=fan_id).first()
    counts_at = offer.cutoff_at or (entry.entered_at if entry else clock.now())
    why = misses(offer, facts_of(offer, fan_id, counts_at), counts_at) if counts_at <= clock.now() else ()
    if entry is None:
        return Mine(why=why)
    if entry.facts:
        why = misses(offer, entry.facts, counts_at)
    award = Award.objects.filter(entry=entry).first()
    places = next((one.places for one in offer.strata if one.key == entry.stratum), 0)
    of = None
    if entry.rank is not None:
        # ranks have no gap: the last one is found by its index, and counting would read the whole stratum
        of = Entry.objects.filter(offer=row, stratum=entry.stratum).aggregate(last=Max("rank"))["last"]
    return Mine(
        entered=True,
        stratum=entry.stratum,
        weight=entry.weight,
        reason=entry.reason,
        why=why,
        rank=entry.rank,
        of=of,
        places=places,
        award=AwardState(award.state) if award else None,
        deadline=award.deadline if award else None,
        code=(award.code or "") if award else "",
        receipt=bool(entry.salt),
    )


def awards(name: str, *, limit: int = 1000) -> list[AwardView]:
    """Who was offered a place, rank by rank; open ones first."""
    rows = Award.objects.filter(offer=offer_row(name)).select_related("entry")
    open_first = Case(When(state=AwardState.FORFEITED, then=1), default=0)
    return [
        AwardView(row.entry.fan_id, row.stratum, row.rank, AwardState(row.state), row.deadline, row.reason)
        for row in rows.order_by(open_first, "stratum", "rank")[:limit]
    ]


def stock(name: str) -> Sequence[StockView]:
    """Where the places are, stratum by stratum in the order of the rules."""
    row = offer_row(name)
    held = {one.stratum: one for one in Stock.objects.filter(offer=row)}
    return [
        StockView(key, one.initial, one.available, one.pending, one.posted)
        for key in (stratum.key for stratum in definition_of(row).strata)
        if (one := held.get(key))
    ]
