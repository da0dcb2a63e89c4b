"""Saying yes and no, signed in or by the token of a mail."""

from collections.abc import Mapping

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from tifo.consents.public import (
    confirm,
    consents_of,
    give,
    notices_by_id,
    purposes,
    request,
    withdraw,
    withdraw_all,
)
from tifo.fanclub.actions.letters import link, write
from tifo.fanclub.queries import answer_token, asked_answer, may_give_now
from tifo.fanclub.types import CLUB
from tifo.fans.public import fans
from tifo.kernel.public import Refused


def answer(
    fan_id: int,
    purpose: str,
    *,
    yes: bool,
    notice_id: int | None = None,
    signed_in: bool,
    language: str,
    proof: Mapping[str, object],
) -> str:
    """Her answer on the preference page; the state after it: given, pending or withdrawn.

    A no counts at once. A yes of somebody who came by the link of a mail waits for its confirmation from her
    mailbox: mails get forwarded. Refused below the age for this purpose, and for a wording that is out of date.
    """
    if not yes:
        refuse(fan_id, purpose, proof=proof)
        return "withdrawn"
    fan = fans([fan_id])[fan_id]
    if not may_give_now(fan, purpose):
        raise Refused(_("You can say yes to this once you are old enough."))
    seen = notices_by_id([notice_id]).get(notice_id) if notice_id is not None else None
    if seen is None or seen.purpose != purpose:
        raise Refused(_("The wording changed meanwhile: please read it again."))
    shown = {
        "form": "preferences",
        "notice": seen.id,
        "notice_hash": seen.hash,
        "notice_version": seen.version,
        **proof,
    }
    with transaction.atomic():
        if signed_in:
            give(fan_id, purpose, source=CLUB, notice_id=seen.id, proof=shown)
            return "given"
        if purpose in consents_of(fan_id):
            return "given"
        version = request(fan_id, purpose, source=CLUB, notice_id=seen.id, proof=shown)
        name = next(one.name(language) for one in purposes() if one.key == purpose)
        write(
            "answer",
            language,
            {
                "url": link(reverse("fanclub:confirm-answer"), answer_token(fan_id, version, purpose)),
                "purpose": name,
            },
            fan_id=fan_id,
        )
    return "pending"


def confirm_answer(token: str) -> str:
    """The yes that this link confirms; its purpose. Refused where no such request waits."""
    over = _("This link does not count any more: please ask again.")
    with transaction.atomic():
        asked = asked_answer(token)
        if asked is None:
            raise Refused(over)
        fan, purpose = asked
        try:
            confirm(fan.id, purpose, proof={"letter": "answer"})
        except Refused as refused:  # asked too long ago, or no longer hers to give
            raise Refused(over) from refused
    return purpose


def refuse(fan_id: int, purpose: str, *, proof: Mapping[str, object]) -> None:
    """No to one purpose, at once."""
    withdraw(fan_id, purpose, source=CLUB, proof=proof)


def refuse_all(fan_id: int, *, proof: Mapping[str, object]) -> int:
    """No to everything; to how much she had not said no before."""
    return withdraw_all(fan_id, source=CLUB, proof=proof)
