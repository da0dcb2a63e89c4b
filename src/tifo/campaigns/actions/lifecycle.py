"""Approving, beginning, pausing, going on, ending."""

from datetime import timedelta

from django.db import transaction

from tifo.campaigns.models import Chunk, Occurrence
from tifo.campaigns.types import Stage
from tifo.delivery.public import cancel as cancel_mailing
from tifo.delivery.public import pause as pause_mailing
from tifo.delivery.public import resume as resume_mailing
from tifo.kernel.public import Refused, clock

GRACE = timedelta(hours=6)
"""A sending whose start is later than this does not begin by itself (M10)."""


def _locked(occurrence_id: int) -> Occurrence:
    row = Occurrence.objects.select_for_update().filter(pk=occurrence_id).first()
    if row is None:
        raise Refused(f"There is no sending number {occurrence_id}.")
    return row


def _stays(row: Occurrence, done: str) -> Refused:
    return Refused(f"Sending {row.number} is {row.stage}: it can't be {done} now.")


def approve(occurrence_id: int, *, by: str, audience_hash: str) -> None:
    """A second person agrees to send to exactly this audience (S5)."""
    with transaction.atomic():
        row = _locked(occurrence_id)
        if row.stage != Stage.AWAITING_APPROVAL:
            raise _stays(row, "approved")
        if by and by == row.created_by:
            raise Refused("Who started a sending can't approve it: ask a colleague.")
        if audience_hash != row.audience_hash:
            raise Refused("The audience has changed since this page was opened: look at it again.")
        row.approved_by, row.approved_hash, row.approved_at = by, audience_hash, clock.now()
        row.stage = Stage.SCHEDULED
        row.save()


def begin_due() -> int:
    """Begin the sendings whose hour has come; how many."""
    moment = clock.now()
    begun = 0
    with transaction.atomic():
        due = Occurrence.objects.select_for_update(skip_locked=True).filter(
            stage=Stage.SCHEDULED, starts_at__lte=moment
        )
        for row in due:
            late = row.starts_at is not None and moment - row.starts_at > GRACE
            row.stage = Stage.MISSED if late else Stage.SENDING
            row.save()
            begun += not late
    return begun


def start_missed(occurrence_id: int) -> None:
    """A person says that a sending shall begin although its hour has passed."""
    with transaction.atomic():
        row = _locked(occurrence_id)
        if row.stage != Stage.MISSED:
            raise _stays(row, "started")
        row.stage = Stage.SENDING
        row.save()


def pause(occurrence_id: int) -> None:
    """Nothing more leaves until it is resumed."""
    with transaction.atomic():
        row = _locked(occurrence_id)
        if row.stage == Stage.PAUSED:
            return
        if row.stage not in (Stage.SENDING, Stage.SCHEDULED):
            raise _stays(row, "paused")
        row.stage_before_pause, row.stage = row.stage, Stage.PAUSED
        row.save()
        if row.mailing_id is not None:
            pause_mailing(row.mailing_id)


def resume(occurrence_id: int) -> None:
    """Go on where it was paused."""
    with transaction.atomic():
        row = _locked(occurrence_id)
        if row.stage in (Stage.SENDING, Stage.SCHEDULED):
            return
        if row.stage != Stage.PAUSED:
            raise _stays(row, "resumed")
        row.stage, row.stage_before_pause = row.stage_before_pause, ""
        row.save()
        if row.mailing_id is not None:
            resume_mailing(row.mailing_id)
        row.chunks.filter(state=Chunk.State.READY).update(run_after=None)


def cancel(occurrence_id: int) -> None:
    """Send nothing more; when this returns, no new message crosses the line (M11)."""
    with transaction.atomic():
        row = _locked(occurrence_id)
        if row.stage == Stage.CANCELLED:
            return
        if Stage(row.stage).ended:
            raise _stays(row, "cancelled")
        row.stage, row.finished_at = Stage.CANCELLED, clock.now()
        row.state = Occurrence.State.DONE
        row.save()
        if row.mailing_id is not None:
            cancel_mailing(row.mailing_id)


def finish_if_done(occurrence_id: int) -> bool:
    """End a sending when no chunk is left; whether it has ended."""
    with transaction.atomic():
        row = _locked(occurrence_id)
        if row.stage == Stage.SENDING and not row.chunks.exclude(state=Chunk.State.DONE).exists():
            row.stage, row.finished_at = Stage.FINISHED, clock.now()
            row.save()
    return Stage(row.stage).ended
