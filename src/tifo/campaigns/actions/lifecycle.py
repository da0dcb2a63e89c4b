"""Approving, beginning, pausing, going on, ending: each act of a person with its audit entry."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from tifo.accounts.public import audit, name_of
from tifo.campaigns.models import Chunk, Occurrence
from tifo.campaigns.queries import needs_approval
from tifo.campaigns.types import Stage
from tifo.delivery.public import cancel as cancel_mailing
from tifo.delivery.public import pause as pause_mailing
from tifo.delivery.public import resume as resume_mailing
from tifo.kernel.public import Refused, clock

GRACE = timedelta(hours=6)
"""A sending whose start is later than this does not begin by itself (M10)."""


def locked(occurrence_id: int) -> Occurrence:
    """The sending, for as long as the transaction lasts; Refused when there is none."""
    rows = Occurrence.objects.select_for_update(of=("self",)).select_related("campaign")
    row = rows.filter(pk=occurrence_id).first()
    if row is None:
        raise Refused(f"There is no sending number {occurrence_id}.")
    return row


def note(row: Occurrence, actor: int | None, act: str, detail: Mapping[str, object] | None = None) -> None:
    """The audit entry of an act."""
    said = {"sending": row.number, **(detail or {})}
    audit(actor, f"campaigns.{act}", f"campaign:{row.campaign.name}", said)


def approve(occurrence_id: int, *, actor: int, audience_hash: str, fingerprint: str) -> None:
    """A second person agrees to send exactly this text to exactly this audience (S5)."""
    with transaction.atomic():
        row = locked(occurrence_id)
        if row.stage != Stage.AWAITING_APPROVAL:
            raise Refused(_("Sending %(number)s does not wait for approval.") % {"number": row.number})
        if actor == row.started_by_id:
            raise Refused(_("Who started a sending can't approve it: ask a colleague."))
        if (audience_hash, fingerprint) != (row.audience_hash, row.fingerprint):
            raise Refused(_("This is not what waits for approval any more: look at it again."))
        if row.campaign.fingerprint != row.fingerprint:
            raise Refused(
                _("The campaign was changed since this was started: cancel it and send the new text.")
            )
        row.approved_by, row.approved_hash, row.approved_at = name_of(actor), audience_hash, clock.now()
        row.stage = Stage.SCHEDULED
        if row.send_at is None:  # as soon as may be: her word is its hour
            row.starts_at = row.approved_at
        row.save()
        note(row, actor, "approve", {"audience": audience_hash, "fans": row.audience_count})


def begin_due() -> int:
    """Begin the sendings whose hour has come; how many."""
    moment = clock.now()
    begun = 0
    with transaction.atomic():
        due = Occurrence.objects.select_for_update(skip_locked=True).filter(
            stage=Stage.SCHEDULED, starts_at__lte=moment
        )
        for row in due:
            row.stage = _stage_at(row, moment)
            if row.stage == Stage.SENDING:
                _begin(row, moment)
                begun += 1
            row.save()
    return begun


def _begin(row: Occurrence, moment: datetime) -> None:
    row.begun_at = row.begun_at or moment
    row.steps.filter(number=0, released_at__isnull=True).update(released_at=moment)


def _stage_at(row: Occurrence, moment: datetime) -> Stage:
    """What becomes of a sending whose hour has come."""
    if _unapproved(row):
        return Stage.AWAITING_APPROVAL  # the limit was lowered since it was planned
    late = row.starts_at is not None and moment - row.starts_at > GRACE
    return Stage.MISSED if late else Stage.SENDING


def _unapproved(row: Occurrence) -> bool:
    """Whether a second person has yet to agree to exactly this audience (S5)."""
    return needs_approval(row.audience_count) and row.approved_hash != row.audience_hash


def start_missed(occurrence_id: int, *, actor: int | None = None) -> None:
    """A person says that a sending shall begin although its hour has passed."""
    with transaction.atomic():
        row = locked(occurrence_id)
        if row.stage != Stage.MISSED:
            raise Refused(_("Sending %(number)s did not miss its hour.") % {"number": row.number})
        if _unapproved(row):
            raise Refused(_("It is larger than one person may send now: cancel it and start it anew."))
        row.stage, row.begun_at = Stage.SENDING, None
        _begin(row, clock.now())
        row.save()
        note(row, actor, "begin")


def pause(occurrence_id: int, *, actor: int | None = None) -> None:
    """Nothing more leaves until it is resumed."""
    with transaction.atomic():
        row = locked(occurrence_id)
        if row.stage == Stage.PAUSED:
            return
        if row.stage not in (Stage.SENDING, Stage.SCHEDULED, Stage.HALTED):
            raise Refused(
                _("Sending %(number)s neither goes out nor waits for its hour: there is nothing to pause.")
                % {"number": row.number}
            )
        row.stage_before_pause, row.stage = row.stage, Stage.PAUSED
        row.save()
        if row.mailing_id is not None:
            pause_mailing(row.mailing_id)
        note(row, actor, "pause")


def resume(occurrence_id: int, *, actor: int | None = None) -> None:
    """Go on where it was paused; what halted by itself meanwhile, or before, is halted still."""
    with transaction.atomic():
        row = locked(occurrence_id)
        if row.stage in (Stage.SENDING, Stage.SCHEDULED):
            return
        if row.stage == Stage.HALTED:
            raise Refused(
                _(
                    "Sending %(number)s halted by itself: an approver looks at it in the studio and lets it go on."
                )
                % {"number": row.number}
            )
        if row.stage != Stage.PAUSED:
            raise Refused(_("Sending %(number)s is not paused.") % {"number": row.number})
        row.stage, row.stage_before_pause = row.stage_before_pause, ""
        row.save()
        if row.mailing_id is not None and row.stage != Stage.HALTED:
            resume_mailing(row.mailing_id)
        row.chunks.filter(state=Chunk.State.READY).update(run_after=None)
        note(row, actor, "resume")


def cancel(occurrence_id: int, *, actor: int | None = None) -> None:
    """Send nothing more; when this returns, no new message crosses the line (M11)."""
    with transaction.atomic():
        row = locked(occurrence_id)
        if row.stage == Stage.CANCELLED:
            return
        if Stage(row.stage).ended:
            raise Refused(
                _("Sending %(number)s has ended: there is nothing to cancel.") % {"number": row.number}
            )
        row.stage, row.finished_at = Stage.CANCELLED, clock.now()
        row.state = Occurrence.State.DONE
        row.save()
        if row.mailing_id is not None:
            cancel_mailing(row.mailing_id)
        note(row, actor, "cancel")


def send_again(mailing_id: int, number: int) -> bool:
    """Open a chunk again in which messages wait: they rested in doubt, and were never handed over. A sending that
    had finished goes on for them, unless another of its campaign is under way: then they expire. Whether it is open."""
    with transaction.atomic():
        found = Chunk.objects.filter(occurrence__mailing_id=mailing_id, number=number).first()
        if found is None:
            return False
        row = locked(found.occurrence_id)
        if row.stage == Stage.FINISHED:
            others = Occurrence.objects.filter(campaign_id=row.campaign_id)
            if others.exclude(stage__in=[stage for stage in Stage if stage.ended]).exists():
                return False
            row.stage, row.finished_at = Stage.SENDING, None
            row.save(update_fields=["stage", "finished_at"])
        if Stage(row.stage).ended:
            return False
        Chunk.objects.filter(pk=found.pk, state=Chunk.State.DONE).update(
            state=Chunk.State.READY, owner="", lease_until=None, run_after=None
        )
    return True


def finish_if_done(occurrence_id: int) -> bool:
    """End a sending when no chunk is left; whether it has ended."""
    with transaction.atomic():
        row = locked(occurrence_id)
        if row.stage == Stage.SENDING and not row.chunks.exclude(state=Chunk.State.DONE).exists():
            row.stage, row.finished_at = Stage.FINISHED, clock.now()
            row.save()
    return Stage(row.stage).ended
