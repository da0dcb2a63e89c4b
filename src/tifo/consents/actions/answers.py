"""One answer at a time: asked, given, confirmed, taken back, and forgotten."""

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

from django.db import transaction

from tifo.consents import rules
from tifo.consents.events import ConsentGiven, ConsentWithdrawn
from tifo.consents.models import Entry, Head, Notice
from tifo.consents.queries import check_purpose, purpose_keys
from tifo.consents.types import Act
from tifo.fans.public import lock_fan
from tifo.kernel.public import Refused, announce, clock, revisions
from tifo.kernel.public import sentence as _

_NO_PROOF: Mapping[str, object] = MappingProxyType({})
_CLOCKS_DIFFER = timedelta(minutes=5)


def give(
    fan_id: int,
    purpose: str,
    *,
    source: str,
    notice_id: int | None = None,
    moment: datetime | None = None,
    proof: Mapping[str, object] = _NO_PROOF,
) -> int:
    """She says yes; the version of her answer. A yes that stands already is written again only for another notice.

    `notice_id` is the wording she saw; `proof` whatever shows that it was she (form, check-box, token, moments).
    Refused below the age of her country for this purpose, and for an erased fan.
    """
    said = _said(moment)
    with transaction.atomic():
        _check_fan(fan_id, purpose, said)
        head = _locked(fan_id, purpose)
        if head.state == "given" and notice_id in (None, _last(head).notice_id):
            return head.version
        version = _append(head, "given", said, source, notice_id, proof)
        announce(ConsentGiven(fan_id, purpose, version))
    return version


def request(
    fan_id: int,
    purpose: str,
    *,
    source: str,
    notice_id: int | None = None,
    moment: datetime | None = None,
    proof: Mapping[str, object] = _NO_PROOF,
) -> int:
    """She asked for it in a form; it counts once she confirms from her mail (double opt-in). The version.

    A yes that stands, or a request that still waits, stays as it is.
    """
    said = _said(moment)
    with transaction.atomic():
        _check_fan(fan_id, purpose, said)
        head = _locked(fan_id, purpose)
        if head.state == "given" or (head.state == "pending" and not _expired(head)):
            return head.version
        return _append(head, "requested", said, source, notice_id, proof)


def confirm(fan_id: int, purpose: str, *, proof: Mapping[str, object] = _NO_PROOF) -> int:
    """She followed the link of the confirmation mail; the version of her yes. Confirming twice is confirming once.

    The entry's proof names the request and holds the hash of what was shown then.
    """
    said = _said(None)
    with transaction.atomic():
        _check_fan(fan_id, purpose, said)
        head = _locked(fan_id, purpose)
        if head.state == "given":
            return head.version
        if head.state != "pending":
            raise Refused(_("there is no request to confirm; ask again"))
        if _expired(head):
            raise Refused(
                _(
                    "the request is older than %(days)s days and no longer counts; ask again",
                    days=rules.REQUEST_LIFE.days,
                )
            )
        asked = _last(head)
        shown = {"request": asked.version, "requested_at": asked.moment.isoformat(), **proof}
        version = _append(head, "given", said, asked.source, asked.notice_id, shown)
        announce(ConsentGiven(fan_id, purpose, version))
    return version


def withdraw(
    fan_id: int,
    purpose: str,
    *,
    source: str,
    moment: datetime | None = None,
    proof: Mapping[str, object] = _NO_PROOF,
) -> int:
    """She says no, whatever she said before, and though she was never asked; the version of her answer."""
    check_purpose(purpose)
    said = _said(moment)
    with transaction.atomic():
        lock_fan(fan_id)
        head = _locked(fan_id, purpose)
        if head.state == "withdrawn":
            return head.version
        version = _append(head, "withdrawn", said, source, None, proof)
        announce(ConsentWithdrawn(fan_id, purpose, version))
    return version


def withdraw_all(
    fan_id: int,
    *,
    source: str,
    moment: datetime | None = None,
    proof: Mapping[str, object] = _NO_PROOF,
) -> int:
    """She says no to every purpose there is; to how many she had not said no before."""
    with transaction.atomic():
        standing = dict(Head.objects.filter(fan_id=fan_id).values_list("purpose", "state"))
        open_ones = [purpose for purpose in purpose_keys() if standing.get(purpose) != "withdrawn"]
        for purpose in open_ones:
            withdraw(fan_id, purpose, source=source, moment=moment, proof=proof)
    return len(open_ones)


def forget(fan_id: int) -> None:
    """After her erasure: every yes is taken back, every proof blanked. The chain still verifies."""
    with transaction.atomic():
        standing = Head.objects.filter(fan_id=fan_id).exclude(state__in=("withdrawn", "none"))
        for purpose in sorted(standing.values_list("purpose", flat=True)):
            withdraw(fan_id, purpose, source="erasure")
        Entry.objects.filter(fan_id=fan_id).exclude(proof="").update(proof="", blanked_at=clock.now())


def publish_notice(purpose: str, texts: Mapping[str, str]) -> int:
    """Put a new wording in force, by language; its version. Answers keep pointing at the wording they were given to."""
    check_purpose(purpose)
    if not texts.get("en", "").strip():
        raise Refused(_("a notice needs an English text, which stands in for languages that have none"))
    with transaction.atomic():
        last = Notice.objects.filter(purpose=purpose).order_by("-version").first()
        version = last.version + 1 if last else 1
        moment = clock.now()
        Notice.objects.bulk_create(
            Notice(
                purpose_id=purpose,
                version=version,
                language=language,
                text=text,
                hash=hashlib.sha256(text.encode()).hexdigest(),
                published_at=moment,
            )
            for language, text in texts.items()
            if text.strip()
        )
    return version


def _said(moment: datetime | None) -> datetime:
    now = clock.now()
    if moment is None:
        return now
    if moment.tzinfo is None:
        raise ValueError("a moment has a time zone")
    if moment > now + _CLOCKS_DIFFER:
        raise Refused(_("nobody consents in the future; check the moment"))
    return min(moment, now)


def _check_fan(fan_id: int, purpose: str, said: datetime) -> None:
    check_purpose(purpose)
    fan = lock_fan(fan_id)
    if fan.erased_at:
        raise Refused(_("fan %(fan_id)s was erased; nothing can be written of her any more", fan_id=fan_id))
    if not rules.may_give(fan.birth_date, fan.country, purpose, said.date()):
        needed = rules.age_needed(fan.country, purpose)
        raise Refused(
            _(
                "consent to %(purpose)s can be given from the age of %(needed)s; a parent has to decide",
                purpose=purpose,
                needed=needed,
            )
        )


def _locked(fan_id: int, purpose: str) -> Head:
    """Her head for this purpose, made when there is none, kept from others until the transaction ends."""
    Head.objects.bulk_create(
        [
            Head(
                fan_id=fan_id,
                purpose=purpose,
                state="none",
                version=0,
                moment=clock.now(),
                tip=rules.ORIGIN,
                rev=revisions.current(),
            )
        ],
        ignore_conflicts=True,
    )
    return Head.objects.select_for_update().get(fan_id=fan_id, purpose=purpose)


def _last(head: Head) -> Entry:
    return Entry.objects.get(fan_id=head.fan_id, purpose=head.purpose, version=head.version)


def _expired(head: Head) -> bool:
    return clock.over(head.moment + rules.REQUEST_LIFE)


def _append(
    head: Head,
    act: Act,
    said: datetime,
    source: str,
    notice_id: int | None,
    proof: Mapping[str, object],
) -> int:
    origin = source.strip()
    if not origin or any(sign < " " for sign in origin):
        raise Refused(_("source: say in one line where the answer comes from, e.g. fan-club"))
    if notice_id is not None and not Notice.objects.filter(id=notice_id, purpose=head.purpose).exists():
        raise Refused(
            _(
                "notice %(notice_id)s is not one of the purpose %(purpose)s",
                notice_id=notice_id,
                purpose=head.purpose,
            )
        )
    text, proof_hash = rules.sealed_proof(proof)
    entry = Entry(
        fan_id=head.fan_id,
        purpose=head.purpose,
        version=head.version + 1,
        act=act,
        moment=said,
        recorded_at=clock.now(),
        source=origin,
        notice_id=notice_id,
        proof=text,
        proof_hash=proof_hash,
    )
    entry.hash = rules.entry_hash(
        bytes(head.tip),
        version=entry.version,
        fan_id=entry.fan_id,
        purpose=entry.purpose,
        act=act,
        moment=said,
        recorded_at=entry.recorded_at,
        source=origin,
        notice_id=notice_id,
        proof_hash=proof_hash,
    )
    entry.save(force_insert=True)
    head.state, head.version, head.moment = rules.STATE_AFTER[act], entry.version, said
    head.tip, head.rev = entry.hash, revisions.current()
    head.save()
    return entry.version
