"""An offer is checked, published, and closed."""

import hmac
import secrets
from datetime import timedelta
from hashlib import sha256

from django.db import transaction

from tifo.accounts.public import audit
from tifo.audiences.public import parse
from tifo.kernel.public import Refused, clock
from tifo.kernel.public import sentence as _
from tifo.points.public import name_cause
from tifo.rewards.actions.log import append
from tifo.rewards.models import Award, Entry, Offer, Rules, Stock, WinTime
from tifo.rewards.queries import definition_of
from tifo.rewards.rules.exact import hash_of, instant, sha
from tifo.rewards.rules.file import write_offer_file
from tifo.rewards.rules.jurisdictions import JURISDICTIONS
from tifo.rewards.rules.terms import rules_of
from tifo.rewards.types import AwardState, OfferDefinition, State


def check_offer(offer: OfferDefinition) -> None:
    """What the file alone can't tell: Refused if one of its audiences can't be asked."""
    for text in (offer.audience, *offer.excluded.values()):
        if text:
            parse(text)


def save_draft(offer: OfferDefinition, *, actor_id: int | None) -> None:
    """Keep it unpublished; nobody but staff sees it."""
    check_offer(offer)
    with transaction.atomic():
        row = Offer.objects.select_for_update().filter(name=offer.name).first()
        if row is not None and row.state != State.DRAFT:
            raise Refused(_("the offer “%(name)s” is published; open its new version", name=offer.name))
        _written(row or Offer(name=offer.name), offer)
        audit(actor_id, "rewards.save", f"offer:{offer.name}")


def open_offer(offer: OfferDefinition, *, actor_id: int | None = None) -> int:
    """Publish the rules with their hash in the log; the version. The same contents again are no new version.

    Rules can be changed until the first fan has entered: nobody enters by rules that are others later.
    """
    check_offer(offer)
    if offer.closes_at <= clock.now():
        raise Refused(_("the offer “%(name)s” closes in the past; set `closes` later", name=offer.name))
    with transaction.atomic():
        row = Offer.objects.select_for_update().filter(name=offer.name).first() or Offer(name=offer.name)
        if (
            row.version
            and hash_of(rules_of(offer, row.version)) == row.rules_hash
            and definition_of(row) == offer
        ):
            return row.version
        if row.state not in (State.DRAFT, State.OPEN):
            raise Refused(
                _("the offer “%(name)s” is %(state)s; its rules stay", name=offer.name, state=row.state)
            )
        if row.pk and Entry.objects.filter(offer=row).exists():
            raise Refused(_("somebody has entered “%(name)s”; its rules stay", name=offer.name))
        _in_time(offer)
        row.version, row.state = row.version + 1, State.OPEN
        rules = rules_of(offer, row.version)
        row.rules_hash = hash_of(rules)
        _written(row, offer)
        _stocked(row, offer)
        Rules.objects.create(
            offer=row, version=row.version, rules=rules, texts=dict(offer.terms), published_at=clock.now()
        )
        name_cause(f"reward/{offer.name}", dict(offer.titles))
        append("rules", offer.name, {"rules_hash": row.rules_hash, "version": row.version})
        if offer.method == "instant-win":
            _seal(row, offer)
        audit(actor_id, "rewards.open", f"offer:{offer.name}", {"version": row.version})
        return row.version


def _in_time(offer: OfferDefinition) -> None:
    """Rules that have to lie open for some days before the first entry do."""
    days = JURISDICTIONS[offer.jurisdiction].days_before if offer.jurisdiction else 0
    if clock.now() > offer.opens_at - timedelta(days=days) and days:
        raise Refused(
            _(
                "the rules of “%(name)s” must be published %(days)s days before it opens (%(country)s); set `opens` later",
                name=offer.name, days=days, country=offer.jurisdiction,
            )
        )  # fmt: skip


def close_offer(name: str, *, actor_id: int | None = None) -> None:
    """Nothing more happens to it. What answered at once can be closed after its end, the rest once it is drawn."""
    with transaction.atomic():
        row = locked(name)
        at_once = row.method in ("first-come", "window", "instant-win")
        if row.state == State.CLOSED:
            return
        if row.state != (State.OPEN if at_once else State.DRAWN) or (at_once and clock.now() < row.closes_at):
            raise Refused(_("“%(name)s” is %(state)s and can't be closed yet", name=name, state=row.state))
        if Award.objects.filter(offer=row, state=AwardState.OFFERED).exists():
            raise Refused(
                _("some places of “%(name)s” wait to be claimed; close it once they are decided", name=name)
            )
        row.state = State.CLOSED
        row.save(update_fields=["state"])
        if row.sealed:
            append("note", name, {"text": f"win times of {bytes(row.sealed).hex()}"})
        audit(actor_id, "rewards.close", f"offer:{name}")


def locked(name: str) -> Offer:
    """The offer's row, held until the transaction ends."""
    row = Offer.objects.select_for_update().filter(name=name).first()
    if row is None:
        raise Refused(_("there is no offer “%(name)s”", name=name[:80]))
    return row


def _written(row: Offer, offer: OfferDefinition) -> None:
    row.method, row.source = offer.method, write_offer_file(offer)
    row.opens_at, row.closes_at = offer.opens_at, offer.closes_at
    row.save()


def _stocked(row: Offer, offer: OfferDefinition) -> None:
    Stock.objects.filter(offer=row).delete()  # nobody has entered, so nothing was taken of it
    Stock.objects.bulk_create(
        Stock(offer=row, stratum=stratum.key, initial=stratum.places, available=stratum.places)
        for stratum in offer.strata
    )


def _seal(row: Offer, offer: OfferDefinition) -> None:
    """The moments of an instant win follow from a secret whose hash stands in the log from the beginning."""
    row.sealed = secrets.token_bytes(32)
    row.save(update_fields=["sealed"])
    seconds = int((offer.closes_at - offer.opens_at).total_seconds())
    WinTime.objects.filter(offer=row).delete()
    WinTime.objects.bulk_create(
        WinTime(
            offer=row,
            number=number,
            at=offer.opens_at + timedelta(seconds=win_second(row.sealed, number, seconds)),
        )
        for number in range(offer.places)
    )
    text = (
        f"win times sealed by {sha(bytes(row.sealed)).hex()}, {offer.places} from {instant(offer.opens_at)}"
    )
    append("note", offer.name, {"text": text})


def win_second(sealed: bytes, number: int, seconds: int) -> int:
    """The second, from the opening on, of a win: HMAC-SHA-256 of its number, modulo the length."""
    drawn = hmac.digest(bytes(sealed), number.to_bytes(4, "big"), sha256)
    return int.from_bytes(drawn, "big") % seconds
