"""What a sending is watched for, and in which steps it leaves."""

from datetime import timedelta
from itertools import pairwise

from django.conf import settings
from django.db.models import Q

from tifo.campaigns.models import Occurrence, Step
from tifo.campaigns.queries.kept import occurrence_view
from tifo.campaigns.rules.ramp import Heard, ramp_of, rates, shares
from tifo.campaigns.types import (
    CampaignDefinition,
    OccurrenceView,
    RampForeseen,
    Rate,
    Stage,
    StepView,
    Watched,
)
from tifo.delivery.public import counts, returned, unsubscribed


def rates_of(row: Occurrence) -> tuple[Rate, ...]:
    """The rates of a sending that was planned, as they are now."""
    mailing_id = row.mailing_id or 0
    back = returned([mailing_id])[mailing_id]  # read first: what comes back later counts the next time
    left = unsubscribed(mailing_id) + back.stops
    said = counts(mailing_id)
    heard = Heard(
        accepted=said.accepted,
        refused=said.refused,
        unknown=said.unknown,
        hard=back.hard,
        blocked=back.blocked,
        complaints=back.complaints,
        unsubscribed=left,
    )
    return rates(heard, row.tolerated)


def watched(occurrence_id: int) -> Watched | None:
    """How a sending is watched; None where it is not, or is not planned yet."""
    row = Occurrence.objects.get(pk=occurrence_id)
    if not row.watched or row.mailing_id is None:
        return None
    watch = timedelta(minutes=row.watch_minutes)
    return Watched(
        steps=tuple(_step(step, watch) for step in row.steps.order_by("number")),
        step=row.step,
        rates=rates_of(row),
        halted_at=row.halted_at,
        halted_for=tuple(Rate(**rate) for rate in row.halted_for),
    )


def ramp_foreseen(definition: CampaignDefinition, fans: int) -> RampForeseen:
    """In which steps so many fans would get it."""
    ramp = ramp_of(definition.ramp, fans, settings.TIFO_RAMP_ABOVE)
    ends = [*(round(share * fans) for share in shares(ramp)), fans]
    sizes = tuple(size for begin, end in pairwise([0, *ends]) if (size := end - begin))
    return RampForeseen(
        sizes=sizes if len(sizes) > 1 else (),
        watch=ramp.watch,
        watched=len(sizes) > 1 or settings.TIFO_RAMP_ABOVE is not None,
    )


def _step(row: Step, watch: timedelta) -> StepView:
    until = row.rested_at + watch if row.rested_at else None
    return StepView(row.number, row.rows, row.released_at, until)


def halted_sendings() -> list[OccurrenceView]:
    """The sendings that halted by themselves, paused ones too."""
    halted = Q(stage=Stage.HALTED) | Q(stage=Stage.PAUSED, stage_before_pause=Stage.HALTED)
    return [occurrence_view(row) for row in Occurrence.objects.select_related("campaign").filter(halted)]
