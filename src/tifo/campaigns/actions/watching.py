"""Watching what leaves: the next step is let go once the last was watched; too many complaints, and it halts (S7)."""

from dataclasses import asdict
from datetime import timedelta

from django.db import transaction
from django.db.models import Q, Sum
from django.utils.translation import gettext as _

from tifo.campaigns.actions.lifecycle import locked, note
from tifo.campaigns.events import SendingHalted
from tifo.campaigns.models import Chunk, Occurrence
from tifo.campaigns.queries import progress, rates_of
from tifo.campaigns.rules.ramp import Move, next_move
from tifo.campaigns.types import Rate, Stage
from tifo.delivery.public import pause as pause_mailing
from tifo.delivery.public import resume as resume_mailing
from tifo.kernel.public import Refused, announce, clock, crash_point

SOON = timedelta(minutes=1)  # what waits no longer than that is still leaving
LONGEST_REASON = 500  # characters

_UNDER_WAY = Q(stage=Stage.SENDING) | Q(stage=Stage.PAUSED, stage_before_pause=Stage.SENDING)


def watch_sendings() -> bool:
    """Look at each sending under way that is watched; whether one halted, or a step came further."""
    moved = False
    for row in Occurrence.objects.filter(_UNDER_WAY, watched=True, mailing_id__isnull=False):
        moved = (_halt(row.pk) if _too_high(row) else _go_further(row.pk)) or moved
    return moved


def _too_high(row: Occurrence) -> list[Rate]:
    return [rate for rate in rates_of(row) if rate.too_high]


def _halt(occurrence_id: int) -> bool:
    """Stop a sending by itself: when this returns nothing more crosses the line."""
    with transaction.atomic():
        row = locked(occurrence_id)
        too_high = _too_high(row)  # again: what was seen before the lock may have been tolerated since
        if not too_high:
            return False
        if row.stage == Stage.SENDING:
            row.stage = Stage.HALTED
        elif row.stage == Stage.PAUSED and row.stage_before_pause == Stage.SENDING:
            row.stage_before_pause = Stage.HALTED  # whoever resumes it finds it halted
        else:
            return False  # ended, or halted, in the meantime
        row.halted_at, row.halted_for = clock.now(), [asdict(rate) for rate in too_high]
        row.save(update_fields=["stage", "stage_before_pause", "halted_at", "halted_for"])
        pause_mailing(row.mailing_id or 0)
        signals = ",".join(rate.signal for rate in too_high)
        announce(SendingHalted(row.pk, row.campaign.name, signals))
        figures = {rate.signal: [rate.count, rate.of] for rate in too_high}
        note(row, None, "halt", {"step": row.step + 1, "figures": figures})
        crash_point("campaigns.watch.halt")
    return True


def _go_further(occurrence_id: int) -> bool:
    """Note that a step has left, or let the next one go."""
    with transaction.atomic():
        row = locked(occurrence_id)
        last = row.steps.order_by("number").last()
        if row.stage != Stage.SENDING or last is None or row.step >= last.number:
            return False
        here = row.steps.get(number=row.step)
        through = progress(row.pk)
        move = next_move(
            rested_at=here.rested_at,
            watch=timedelta(minutes=row.watch_minutes),
            through=through.settled,
            rows=row.steps.filter(number__lte=row.step).aggregate(rows=Sum("rows"))["rows"],
            busy=_busy(row),
            now=clock.now(),
        )
        if move is Move.REST:
            here.rested_at = clock.now()
            here.save(update_fields=["rested_at"])
            crash_point("campaigns.watch.rest")
        elif move is Move.RELEASE:
            row.step += 1
            row.save(update_fields=["step"])
            row.steps.filter(number=row.step).update(released_at=clock.now())
            crash_point("campaigns.watch.release")
    return move is not Move.WAIT


def _busy(row: Occurrence) -> bool:
    """Whether something of the steps let go leaves now, or will in a moment."""
    soon = Q(run_after__isnull=True) | Q(run_after__lte=clock.now() + SOON)
    leaving = Q(state=Chunk.State.RUNNING) | (Q(state=Chunk.State.READY) & soon)
    return row.chunks.filter(leaving, step__lte=row.step).exists()


def go_on(occurrence_id: int, *, actor: int, reason: str) -> None:
    """Somebody who may approve says that a halted sending goes on, and why. The rates of now are its limits from here
    on: it halts again when they get worse."""
    why = reason.strip()[:LONGEST_REASON]
    if not why:
        raise Refused(_("Say why it shall go on: the audit trail keeps it."))
    with transaction.atomic():
        row = locked(occurrence_id)
        if row.stage != Stage.HALTED:
            raise Refused(_("Sending %(number)s is not halted.") % {"number": row.number})
        seen = {rate.signal: rate.count / rate.of for rate in _too_high(row)}
        row.stage, row.halted_at, row.halted_for = Stage.SENDING, None, []
        row.tolerated = row.tolerated | seen
        row.save(update_fields=["stage", "halted_at", "halted_for", "tolerated"])
        resume_mailing(row.mailing_id or 0)
        row.chunks.filter(state=Chunk.State.READY).update(run_after=None)
        note(row, actor, "go-on", {"reason": why})
