"""Joining: a wish, a letter, a confirmation by the owner of the address."""

from typing import Any

from allauth.account.models import EmailAddress
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from tifo.accounts.public import ensure_account
from tifo.consents.public import confirm, notices_by_id, purposes, request
from tifo.fanclub import rules
from tifo.fanclub.actions.letters import link, write
from tifo.fanclub.models import Joining, Seat
from tifo.fanclub.queries import joining_of, joining_token, may_give_now, old_enough_to_join
from tifo.fanclub.types import CLUB, Joined, Wish
from tifo.fans.public import (
    Fan,
    create_fan,
    destination_key,
    fan_by_email,
    fans,
    holder_of,
    join_club,
    update_fan,
)
from tifo.kernel.public import Refused, clock
from tifo.quests.public import guest_confirmed


def ask_to_join(wish: Wish, *, key: str | None = None) -> None:
    """Keep the wish for a week and mail the owner of the address a link that confirms it.

    Who calls this learns nothing about the address; whatever is known of it shows in the letter only. `key`: of a
    program that may ask twice; the second time nothing happens.
    """
    if not old_enough_to_join(wish.birth_date, wish.country):
        raise Refused(_("You are not old enough yet to join on your own."))
    with transaction.atomic():
        known = fan_by_email(wish.email)
        if known is not None and holder_of(wish.email) is None:
            write("elsewhere", wish.language, {}, address=wish.email)
            return
        row = _kept(wish, key)
        if row is None:
            return
        names = {purpose.key: purpose.name(wish.language) for purpose in purposes()}
        write(
            "joining",
            wish.language,
            {
                "url": link(reverse("fanclub:confirm"), joining_token(row.pk)),
                "member": wish.member,
                "purposes": [names[choice.purpose] for choice in wish.choices],
                "days": rules.WISH_LIFE.days,
            },
            address=wish.email,
            lifetime=rules.WISH_LIFE,
        )


def _kept(wish: Wish, key: str | None) -> Joining | None:
    """The wish as a row; None where this key brought it before."""
    now = clock.now()
    said = {
        "destination_key": destination_key("email", wish.email),
        "wish": rules.wish_text(wish),
        "asked_at": now,
        "expires_at": now + rules.WISH_LIFE,
        "source": wish.source,
    }
    if key is None:
        return Joining.objects.create(**said)
    row, fresh = Joining.objects.get_or_create(key=key, defaults=said)
    return row if fresh else None


def confirm_joining(token: str) -> Joined:
    """The owner of the address says yes: she is a fan, with an account, and each yes is in the ledger with its proof.

    Refused where the link does not count (any more). A second time nothing happens.
    """
    with transaction.atomic():
        named = joining_of(token)
        row = Joining.objects.select_for_update().filter(pk=named.pk).first() if named else None
        if row is not None and row.confirmed_at and row.fan_id:
            return _joined_before(row)
        if row is None or clock.over(row.expires_at) or not row.wish:
            raise Refused(_("This link does not count any more: please join again, it takes a minute."))
        wish = rules.read_wish(row.wish)
        fan_id = _fan_of(wish)
        before = Joining.objects.filter(fan_id=fan_id, confirmed_at__isnull=False).exists()
        if wish.member and join_club(fan_id) and wish.friend and not before:
            guest_confirmed(wish.friend, fan_id)
        held_back = _consent(fan_id, row, wish)
        row.wish, row.confirmed_at, row.fan_id = "", clock.now(), fan_id
        row.save()
        user_id = _account(fan_id, wish.email, wish.first_name, wish.language)
        EmailAddress.objects.filter(user_id=user_id, email__iexact=wish.email).update(verified=True)
    return Joined(fan_id, user_id, wish.first_name, again=False, held_back=held_back)


def account_for(address: str) -> None:
    """Have an account for the fan whose address this is, so that a code can be mailed to her; nobody else gets one."""
    fan = holder_of(address)
    if fan is not None and fan.email is not None:
        with transaction.atomic():
            _account(fan.id, fan.email, fan.first_name or "", fan.language or "en")


def forget_old_wishes() -> bool:
    """What nobody confirmed goes, whole; whether there was any."""
    return bool(Joining.objects.filter(expires_at__lt=clock.now() - clock.FORGIVEN).delete()[0])


def _joined_before(row: Joining) -> Joined:
    fan = fans([row.fan_id or 0])[row.fan_id or 0]
    seat = Seat.objects.filter(fan_id=fan.id).first()
    return Joined(fan.id, seat.user_id if seat else 0, fan.first_name or "", again=True)


def _fan_of(wish: Wish) -> int:
    """The fan of this address, made where there is none. What is known of her stays; the wish fills the gaps."""
    known = fan_by_email(wish.email)
    said: dict[str, Any] = {
        "first_name": wish.first_name,
        "birth_date": wish.birth_date,
        "country": wish.country,
    }
    if known is None:
        # by herself: somebody who once asked to be forgotten may come back, on her own feet only
        return create_fan(
            source=wish.source or CLUB, by_herself=True, email=wish.email, language=wish.language, **said
        )
    if holder_of(wish.email) is None:
        raise Refused(_("You are known here under a newer address: please sign in with that one."))
    gaps = {name: value for name, value in said.items() if getattr(known, name) is None}
    update_fan(known.id, language=wish.language, **gaps)
    return known.id


def _consent(fan_id: int, row: Joining, wish: Wish) -> tuple[str, ...]:
    """Write each choice into the ledger: asked then, confirmed now; the purposes that her age forbids."""
    fan: Fan = fans([fan_id])[fan_id]
    held_back = []
    worded = notices_by_id([choice.notice_id for choice in wish.choices])
    there = {f"there.{name}": text for name, text in wish.proof.items()}
    elsewhere = {"from": wish.source, **there} if wish.source else {}
    for choice in wish.choices:
        if not may_give_now(fan, choice.purpose):
            held_back.append(choice.purpose)
            continue
        notice = worded[choice.notice_id]
        shown = {"notice": notice.id, "notice_hash": choice.notice_hash, "notice_version": notice.version}
        request(
            fan_id,
            choice.purpose,
            source=CLUB,
            notice_id=choice.notice_id,
            moment=row.asked_at,
            proof={"form": "join", "joining": row.pk, "language": notice.language, **elsewhere, **shown},
        )
        confirm(fan_id, choice.purpose, proof={"letter": "joining", "joining": row.pk, **shown})
    return tuple(held_back)


def _account(fan_id: int, address: str, name: str, language: str) -> int:
    user_id = ensure_account(address, name=name, language=language)
    Seat.objects.update_or_create(user_id=user_id, defaults={"fan_id": fan_id})
    return user_id
