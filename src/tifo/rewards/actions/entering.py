"""A fan enters an offer, once; where the answer comes at once, she has it then."""

import secrets
from datetime import datetime

from django.db import IntegrityError, connection, transaction

from tifo.audiences.public import explain_fan
from tifo.fans.public import Fan, destination_key, lock_fan
from tifo.kernel.public import Refused, clock
from tifo.kernel.public import sentence as _
from tifo.rewards.actions.at_once import answer_at_once
from tifo.rewards.models import Entry, Offer
from tifo.rewards.queries import definition_of, facts_of, offer_row
from tifo.rewards.rules import exact
from tifo.rewards.rules.judging import misses, strata_for
from tifo.rewards.types import AT_ONCE, OfferDefinition, State, Stratum, Why

LONGEST_ANSWER = 10_000
SALT = 32  # bytes


class NotEligible(Refused):
    """She misses bounds at the instant that counts."""

    def __init__(self, why: tuple[Why, ...]) -> None:
        self.why = why
        super().__init__(_("what you had at the time that counts is not enough"))


def enter(fan_id: int, name: str, *, stratum: str = "", answer: str = "") -> None:
    """She takes part. Again is the same entry; a second fan at her address is refused."""
    row = offer_row(name)
    with transaction.atomic():
        fan = lock_fan(fan_id)
        if fan.erased_at:
            raise Refused(_("this fan was erased"))
        before = Entry.objects.filter(offer=row, fan_id=fan_id).first()
        if before is not None and before.reason != "withdrawn":
            return
        _hold_open(row)
        offer = definition_of(row)  # held: no other rules can be published until she is in
        if before is not None:
            Entry.objects.filter(pk=before.pk).update(reason="")
            return
        at = clock.now()
        part = _stratum(offer, fan, stratum)
        facts = _judged(row, offer, fan, at)
        entry = _entry(row, fan, part, facts, _answer(offer, answer), at)
        _write_once(entry)
        if row.method in AT_ONCE:
            answer_at_once(row, offer, entry)


def _write_once(entry: Entry) -> None:
    try:
        with transaction.atomic():
            entry.save(force_insert=True)
    except IntegrityError:  # the constraint on the person's key
        raise Refused(_("somebody has entered with this address; each person enters once")) from None


def withdraw(fan_id: int, name: str) -> None:
    """She takes her entry back, while it is not frozen; she is counted as withdrawn."""
    with transaction.atomic():
        row = offer_row(name)
        _hold_open(row)
        if row.method in AT_ONCE:
            raise Refused(_("this was answered at once, and can't be taken back"))
        Entry.objects.filter(offer=row, fan_id=fan_id, reason="").update(reason="withdrawn")


def _hold_open(row: Offer) -> None:
    """Refused unless entries are open, and they stay so until the transaction ends: a freeze waits, or comes first."""
    if connection.vendor == "postgresql":  # SQLite has one writer
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM rewards_offer WHERE id = %s FOR SHARE", [row.pk])
    row.refresh_from_db()
    now = clock.now()
    if row.state == State.DRAFT:
        raise Refused(_("there is no offer “%(name)s”", name=row.name))
    if now < row.opens_at:
        raise Refused(_("this is not open yet"))
    if row.state != State.OPEN or now >= row.closes_at:
        raise Refused(_("entries are closed"))


def _stratum(offer: OfferDefinition, fan: Fan, chosen: str) -> Stratum:
    fitting = strata_for(offer.strata, fan.gender, fan.country)
    if not fitting:
        raise Refused(_("no part of this offer fits what we know of you: complete who you are first"))
    if len(fitting) == 1:
        return fitting[0]
    for stratum in fitting:
        if stratum.key == chosen:
            return stratum
    raise Refused(_("choose in which part you want to be"))


def _judged(row: Offer, offer: OfferDefinition, fan: Fan, at: datetime) -> dict[str, int]:
    """Her facts as they count; nothing yet where the instant that counts is to come."""
    counts_at = offer.cutoff_at or at
    if counts_at > at:
        return {}
    facts = facts_of(offer, fan.id, counts_at)
    if why := misses(offer, facts, counts_at):
        raise NotEligible(why)
    if row.method in AT_ONCE and offer.audience and not explain_fan(offer.audience, fan.id).inside:
        raise Refused(_("this offer is for others"))
    return facts


def _answer(offer: OfferDefinition, answer: str) -> str:
    if not offer.questions:
        return ""
    said = answer.strip()
    if not 1 <= len(said) <= LONGEST_ANSWER:
        raise Refused(_("write an answer, at most %(most)s characters", most=f"{LONGEST_ANSWER:,}"))
    return said


def _entry(row: Offer, fan: Fan, part: Stratum, facts: dict[str, int], answer: str, at: datetime) -> Entry:
    salt = secrets.token_bytes(SALT)
    holder = fan.email or f"receipt {secrets.token_hex(8)}"
    known = ("email", fan.email) if fan.email else ("phone", fan.phone)
    return Entry(
        offer=row,
        fan_id=fan.id,
        person_key=destination_key(known[0], known[1]) if known[1] else None,
        stratum=part.key,
        facts=facts,
        holder=holder,
        salt=salt,
        commitment=exact.commitment(salt, holder),
        answer=answer,
        entered_at=at,
    )
