"""One fan at a time: she comes, changes, joins the club, leaves it, is forgotten."""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction

from tifo.fans import rules
from tifo.fans.events import CameBack, FanChanged, FanCreated, FanErased, JoinedClub, LeftClub
from tifo.fans.models import Erased, Fan, Identity
from tifo.fans.queries import hash_of
from tifo.kernel.public import Refused, announce, clock, revisions
from tifo.kernel.public import sentence as _

_TEXT_RULES: dict[str, Callable[[str], str]] = {
    "email": rules.plain_text,
    "first_name": rules.plain_text,
    "last_name": rules.plain_text,
    "gender": rules.canonical_gender,
    "language": rules.canonical_language,
    "country": rules.canonical_country,
    "postcode": rules.plain_text,
    "timezone": rules.canonical_timezone,
    "external_id": rules.canonical_external_id,
}
CHANGEABLE = ("phone", "birth_date", *_TEXT_RULES)
_PERSONAL = (*CHANGEABLE, "member_since")


def _birth_date(value: object) -> date:
    today = clock.now().date()
    if isinstance(value, date) and not isinstance(value, datetime):
        return rules.check_birth_date(value, today)
    return rules.canonical_birth_date(str(value), today)


def _checked(values: Mapping[str, Any], country: str | None) -> dict[str, Any]:
    """The values as they are kept; empty texts become None. Refused names the field."""
    if unknown := set(values) - set(CHANGEABLE):
        raise TypeError(f"a fan has no {', '.join(sorted(unknown))}")
    kept: dict[str, Any] = {}
    for name, value in sorted(values.items(), key=lambda item: item[0] == "phone"):  # its country comes first
        if value is None or (isinstance(value, str) and not value.strip()):
            kept[name] = None
            continue
        try:
            if name == "birth_date":
                kept[name] = _birth_date(value)
            elif name == "phone":
                kept[name] = rules.canonical_phone(value, kept.get("country") or country)
            else:
                kept[name] = _TEXT_RULES[name](value)
                if name == "email":
                    rules.canonical_email(value)
        except Refused as error:
            raise Refused(_("%(name)s: %(error)s", name=name, error=error)) from None
    return kept


def _identities(values: Mapping[str, Any]) -> dict[str, str]:
    """Kind -> key of those identities that `values` carries."""
    keys = {kind: values[field] for kind, field in rules.IDENTITIES.items() if values.get(field) is not None}
    if "email" in keys:
        keys["email"] = rules.canonical_email(keys["email"])
    return keys


def _taken(kind: str) -> Refused:
    field = rules.IDENTITIES[kind]
    return Refused(
        _("%(field)s: another fan is known by it already; search for her and work on her page", field=field)
    )


def _give_identity(fan: Fan, kind: str, key: str) -> None:
    holder = Identity.objects.filter(kind=kind, key=key).values_list("fan_id", flat=True).first()
    if holder == fan.id:
        return
    if holder is not None:
        raise _taken(kind)
    try:
        with transaction.atomic():
            Identity.objects.create(kind=kind, key=key, fan=fan)
    except IntegrityError:
        raise _taken(kind) from None  # somebody was a moment faster


def _let_back(keys: Mapping[str, str], *, by_herself: bool) -> None:
    hashes = [hash_of(kind, key) for kind, key in keys.items()]
    known = Erased.objects.filter(hash__in=hashes)
    if by_herself:
        back = [bytes(row.hash).hex() for row in known]
        if known.delete()[0]:
            announce(CameBack(tuple(back)))
    elif known.exists():
        raise Refused(
            _(
                "the owner of this address asked to be forgotten; only she herself can come back, by joining anew"
            )
        )


def create_fan(
    *,
    source: str,
    joined_at: datetime | None = None,
    by_herself: bool = False,
    **values: Any,
) -> int:
    """A new fan; her id. `values`: email, phone, first_name, last_name, birth_date, gender, language, country,
    postcode, timezone, external_id, of which one of email, phone, external_id is needed.

    Refused where another fan has one of the identities, or where their owner asked to be forgotten, unless
    she joins `by_herself`.
    """
    kept = _checked(values, None)
    origin = rules.plain_text(source)
    if not origin:
        raise Refused(_("source: say where she comes from, e.g. fan-club"))
    keys = _identities(kept)
    if not keys:
        raise Refused(_("email: an e-mail, a phone number or an external id is needed to find her again"))
    with transaction.atomic():
        _let_back(keys, by_herself=by_herself)
        fan = Fan.objects.create(
            source=origin,
            joined_at=joined_at or clock.now(),
            first_key=rules.name_key(kept.get("first_name")),
            last_key=rules.name_key(kept.get("last_name")),
            rev=revisions.current(),
            **kept,
        )
        for kind, key in keys.items():
            _give_identity(fan, kind, key)
        announce(FanCreated(fan.id))
    return fan.id


def _locked(fan_id: int, *, erased: bool = False) -> Fan:
    fan = Fan.objects.select_for_update().filter(id=fan_id).first()
    if fan is None:
        raise Refused(_("there is no fan %(fan_id)s", fan_id=fan_id))
    if fan.erased_at and not erased:
        raise Refused(_("fan %(fan_id)s was erased; nothing can be written of her any more", fan_id=fan_id))
    return fan


def _save(fan: Fan) -> None:
    fan.rev = revisions.current()
    fan.save()


def update_fan(fan_id: int, *, by_herself: bool = False, **values: Any) -> bool:
    """Correct what is known of a fan; None or an empty text forgets the value. Whether anything changed.

    A changed identity replaces the one she had (an import keeps the old one too); `by_herself` as in create_fan.
    """
    with transaction.atomic():
        fan = _locked(fan_id)
        kept = _checked(values, fan.country)
        changed = {name: value for name, value in kept.items() if getattr(fan, name) != value}
        if not changed:
            return False
        _let_back(_identities(changed), by_herself=by_herself)
        for kind, field in rules.IDENTITIES.items():
            if field not in changed:
                continue
            old, new = _identities({field: getattr(fan, field)}), _identities({field: changed[field]})
            if old == new:
                continue
            if new:
                _give_identity(fan, kind, new[kind])
            if old:
                Identity.objects.filter(fan=fan, kind=kind, key=old[kind]).delete()
        for name, value in changed.items():
            setattr(fan, name, value)
        if not Identity.objects.filter(fan=fan).exists():
            raise Refused(
                _("email: an e-mail, a phone number or an external id must stay, to find her again")
            )
        fan.first_key, fan.last_key = rules.name_key(fan.first_name), rules.name_key(fan.last_name)
        _save(fan)
        announce(FanChanged(fan_id))
    return True


def join_club(fan_id: int) -> bool:
    """Make her a member; whether she was not yet."""
    with transaction.atomic():
        fan = _locked(fan_id)
        if fan.member_since:
            return False
        fan.member_since = clock.now()
        _save(fan)
        announce(JoinedClub(fan_id))
    return True


def leave_club(fan_id: int) -> bool:
    """End her membership; whether she was a member."""
    with transaction.atomic():
        fan = _locked(fan_id)
        if not fan.member_since:
            return False
        fan.member_since = None
        _save(fan)
        announce(LeftClub(fan_id))
    return True


def erase_fan(fan_id: int) -> bool:
    """Forget everything personal of a fan, for ever; whether it was not done yet.

    Her id stays, with her source and dates of joining and erasing; of each identity only the keyed hash stays, so
    that no import brings her back. Every other context follows FanErased.
    """
    with transaction.atomic():
        fan = _locked(fan_id, erased=True)
        if fan.erased_at:
            return False
        moment = clock.now()
        keys = _keys_of(fan)
        _keep_out(keys, moment)
        Identity.objects.filter(fan=fan).delete()
        for name in _PERSONAL:
            setattr(fan, name, None)
        fan.first_key = fan.last_key = fan.seen_run = ""
        fan.seen_fields = 0
        fan.erased_at = moment
        _save(fan)
        announce(FanErased(fan_id, tuple(key.hex() for key in keys)))
    return True


def _keys_of(fan: Fan) -> list[bytes]:
    identities = Identity.objects.filter(fan=fan).order_by("id").values_list("kind", "key")
    return [hash_of(kind, key) for kind, key in identities]


def _keep_out(keys: Iterable[bytes], moment: datetime) -> None:
    Erased.objects.bulk_create((Erased(hash=key, erased_at=moment) for key in keys), ignore_conflicts=True)


def erase_again(fan_id: int, keys: Collection[bytes]) -> bool:
    """After a base was set back: erase this fan once more, if the number still means whom it meant, which one of the
    keys of her identities shows; whether she was erased now. No import brings any of the keys back, whoever had them.
    """
    with transaction.atomic():
        _keep_out(keys, clock.now())
        fan = Fan.objects.filter(pk=fan_id, erased_at=None).first()
        return fan is not None and not set(keys).isdisjoint(_keys_of(fan)) and erase_fan(fan_id)
