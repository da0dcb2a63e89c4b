"""She invites friends by a link of her own. We learn of a guest only what the guest tells us herself."""

import secrets

from django.db import transaction

from tifo.accounts.public import audit
from tifo.fans.public import lock_fan, look_alikes
from tifo.kernel.public import Refused, clock, crash_point
from tifo.kernel.public import sentence as _
from tifo.points.public import earn
from tifo.quests import models
from tifo.quests.actions.playing import opened
from tifo.quests.rules import read_quest_file
from tifo.quests.rules.kinds import MOST_GUESTS
from tifo.quests.types import Quest

CODE_BYTES = 8


def invite(fan_id: int, name: str) -> str:
    """The code of her link; the same each time."""
    with transaction.atomic():
        quest, row = opened(fan_id, name)
        if quest.kind != "referral":
            raise Refused(_("There are no invitations here."))
        play, _fresh = models.Play.objects.get_or_create(
            quest=row, fan_id=fan_id, defaults={"state": "started", "started_at": clock.now()}
        )
        found, _fresh = models.Invitation.objects.get_or_create(
            play=play, defaults={"code": secrets.token_hex(CODE_BYTES)}
        )
        return found.code


def guest_confirmed(code: str, fan_id: int) -> bool:
    """She came by this link, new to the club, and confirmed; whether she is a guest. Counted a little later.

    A link that is none, her own, or of a quest that is closed: she is a member all the same, and nobody's guest.
    """
    found = models.Invitation.objects.select_related("play__quest").filter(code=code).first()
    if found is None or found.play.fan_id == fan_id:
        return False
    moment = clock.now()
    if not found.play.quest.opens_at <= moment < found.play.quest.closes_at:
        return False
    _guest, fresh = models.Guest.objects.get_or_create(
        fan_id=fan_id, defaults={"invitation": found, "state": "waits", "came_at": moment}
    )
    return fresh


def count_guests() -> bool:
    """The next guest who waits is counted, or held for a person if she may be somebody we know; whether there was one."""
    waiting = models.Guest.objects.filter(state="waits").order_by("id").values_list("id", flat=True).first()
    if waiting is None:
        return False
    with transaction.atomic():
        guest, quest = _locked(waiting)
        if guest is None or quest is None or guest.state != "waits":
            return True
        guest.state, guest.because = _judged(guest, quest)
        _close(guest, quest)
        crash_point("quests.guest-counted")
    return True


def look_at_guest(name: str, guest_id: int, *, ok: bool, actor_id: int | None) -> None:
    """A held guest counts, or does not. Decided once; again the same changes nothing."""
    wanted = "counted" if ok else "refused"
    with transaction.atomic():
        guest, quest = _locked(guest_id)
        if guest is None or quest is None or quest.name != name:
            raise Refused(_("It is not there any more."))
        if guest.state == wanted:
            return
        if guest.state != "held":
            raise Refused(_("Somebody decided this already."))
        if ok and _counted(guest) >= quest.settings.get("most", MOST_GUESTS):
            wanted = "over"
        guest.state = wanted
        _close(guest, quest)
        audit(actor_id, "quests.guest", f"guest:{guest.id}", {"counts": ok})


def _locked(guest_id: int) -> tuple[models.Guest | None, Quest | None]:
    """The guest, after the fan who invited her was locked, as everywhere."""
    row = models.Guest.objects.select_related("invitation__play__quest").filter(id=guest_id).first()
    if row is None:
        return None, None
    lock_fan(row.invitation.play.fan_id)
    locked = models.Guest.objects.select_for_update().filter(id=guest_id).first()
    return locked, read_quest_file(row.invitation.play.quest.source)


def _judged(guest: models.Guest, quest: Quest) -> tuple[str, str]:
    inviter = guest.invitation.play.fan_id
    if guest.fan_id is None or lock_fan(inviter).erased_at:
        return "refused", ""
    others = models.Guest.objects.filter(invitation_id=guest.invitation_id, fan_id__isnull=False)
    company = {inviter, guest.fan_id, *(row.fan_id or 0 for row in others.exclude(state="refused"))}
    for alike in look_alikes(company):
        if guest.fan_id in alike.fan_ids:
            return "held", alike.because
    return ("over" if _counted(guest) >= quest.settings.get("most", MOST_GUESTS) else "counted"), ""


def _counted(guest: models.Guest) -> int:
    return models.Guest.objects.filter(invitation_id=guest.invitation_id, state="counted").count()


def _close(guest: models.Guest, quest: Quest) -> None:
    guest.save(update_fields=["state", "because"])
    if guest.state != "counted":
        return
    play = guest.invitation.play
    play.quantity, play.answered_at = _counted(guest), play.answered_at or guest.came_at
    if play.quantity >= quest.settings.get("most", MOST_GUESTS):
        play.state = "judged"
    play.save(update_fields=["quantity", "answered_at", "state"])
    if quest.points or quest.status:
        earn(play.fan_id, quest.rule, f"guest:{guest.id}", at=guest.came_at)
