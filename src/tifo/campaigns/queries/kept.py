"""Reading campaigns and their sendings."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db.models import Sum

from tifo.campaigns.models import Campaign, Chunk, Occurrence
from tifo.campaigns.types import (
    CampaignDefinition,
    CampaignView,
    OccurrenceView,
    Progress,
    Ramp,
    Stage,
    Timing,
)
from tifo.content.public import Combination, MailingLook, from_plain, to_plain
from tifo.delivery.public import counts
from tifo.kernel.public import Refused


def plain_definition(definition: CampaignDefinition) -> dict[str, Any]:
    """A definition as JSON keeps it."""
    said = {
        "name": definition.name,
        "purpose": definition.purpose,
        "audience": definition.audience,
        "composition": to_plain(definition.composition),
    }
    if definition.ramp is not None:  # left out otherwise, so that fingerprints made before there was one hold
        said["ramp"] = {"steps": list(definition.ramp.steps), "watch": definition.ramp.watch}
    return said


def definition_from(plain: Mapping[str, Any]) -> CampaignDefinition:
    """The definition that JSON kept."""
    return CampaignDefinition(
        name=plain["name"],
        purpose=plain["purpose"],
        audience=plain["audience"],
        composition=from_plain(plain["composition"]),
        ramp=Ramp(tuple(plain["ramp"]["steps"]), plain["ramp"]["watch"]) if "ramp" in plain else None,
    )


def fingerprint_of(definition: CampaignDefinition) -> str:
    """SHA-256 of a definition: two files that say the same have the same."""
    canonical = json.dumps(plain_definition(definition), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def occurrence_view(row: Occurrence) -> OccurrenceView:
    """A sending as pages show it."""
    return OccurrenceView(
        id=row.pk,
        campaign=row.campaign.name,
        number=row.number,
        stage=Stage(row.stage),
        fingerprint=row.fingerprint,
        audience_count=row.audience_count,
        audience_hash=row.audience_hash,
        timing=Timing(row.send_at, row.own_zone, row.zone),
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        created_at=row.created_at,
        created_by=row.created_by,
        started_by=row.started_by_id,
        approved_by=row.approved_by,
        approved_at=row.approved_at,
        finished_at=row.finished_at,
        mailing_id=row.mailing_id,
        error=row.error,
    )


def _view(row: Campaign) -> CampaignView:
    sendings = row.occurrences.select_related("campaign").order_by("-number")
    return CampaignView(
        name=row.name,
        purpose=row.definition["purpose"],
        definition=definition_from(row.definition),
        fingerprint=row.fingerprint,
        changed_at=row.changed_at,
        changed_by=row.changed_by,
        timing=Timing(row.send_at, row.own_zone, row.zone),
        occurrences=tuple(occurrence_view(sending) for sending in sendings),
    )


def campaigns() -> list[CampaignView]:
    """All campaigns, the one changed last first."""
    return [_view(row) for row in Campaign.objects.order_by("-changed_at")]


def campaign(name: str) -> CampaignView:
    """One campaign; Refused when there is none of this name."""
    row = Campaign.objects.filter(name=name).first()
    if row is None:
        raise Refused(f"There is no campaign {name!r}; `tifo campaigns list` shows those there are.")
    return _view(row)


def occurrence(occurrence_id: int) -> OccurrenceView:
    """One sending by its id."""
    row = Occurrence.objects.select_related("campaign").filter(pk=occurrence_id).first()
    if row is None:
        raise Refused(f"There is no sending number {occurrence_id}.")
    return occurrence_view(row)


def latest_occurrence(name: str) -> OccurrenceView | None:
    """The newest sending of a campaign, if it was ever started."""
    row = (
        Occurrence.objects.select_related("campaign").filter(campaign__name=name).order_by("-number").first()
    )
    return occurrence_view(row) if row else None


def _waiting(row: Occurrence) -> int:
    """Recipients who are still in chunk files."""
    waiting: int = row.chunks.filter(entered=False).aggregate(rows=Sum("rows"))["rows"] or 0
    return waiting


def progress(occurrence_id: int) -> Progress:
    """How far a sending is; what is still in chunk files counts as open (M12)."""
    row = Occurrence.objects.get(pk=occurrence_id)
    if row.mailing_id is None:
        return Progress(Stage(row.stage), planned=row.audience_count, open=row.audience_count)
    waiting, said = _waiting(row), counts(row.mailing_id)
    while (still := _waiting(row)) != waiting:  # a chunk entered the ledger between the two readings
        waiting, said = still, counts(row.mailing_id)
    if row.stage == Stage.CANCELLED:
        cancelled, still_open = said.cancelled + waiting, said.open
    else:
        cancelled, still_open = said.cancelled, said.open + waiting
    return Progress(
        stage=Stage(row.stage),
        planned=said.prepared + waiting,
        accepted=said.accepted,
        refused=said.refused,
        unknown=said.unknown,
        suppressed=said.suppressed,
        expired=said.expired,
        cancelled=cancelled,
        open=still_open,
    )


def combinations_of(row: Occurrence) -> list[Combination]:
    """What the numbers in the plan stand for."""
    return [Combination(language, variant, tuple(blocks)) for language, variant, blocks in row.combinations]


def occurrence_combinations(occurrence_id: int) -> list[Combination]:
    """The distinct messages of a sending, in the order of the ledger's `composed` numbers."""
    return combinations_of(Occurrence.objects.get(pk=occurrence_id))


def mailing_look() -> MailingLook:
    """Who writes and where links lead, from the settings."""
    name, _, _ = settings.TIFO_SENDER.rpartition("<")
    return MailingLook(
        sender_name=name.strip().strip('"') or settings.TIFO_EVENT_NAME,
        postal_address=settings.TIFO_POSTAL_ADDRESS,
        public_url=settings.TIFO_PUBLIC_URL,
        track_url=settings.TIFO_TRACK_URL,
        event_name=settings.TIFO_EVENT_NAME,
        accent=settings.TIFO_ACCENT,
    )


def needs_approval(fans: int) -> bool:
    """Whether a second person must agree to a sending to so many fans (S5)."""
    limit: int | None = settings.TIFO_APPROVAL_ABOVE
    return limit is not None and fans > limit


def chunks_left(occurrence_id: int) -> int:
    """Chunks of a sending that are not done."""
    return Chunk.objects.filter(occurrence_id=occurrence_id).exclude(state=Chunk.State.DONE).count()


def occurrence_of(name: str, number: int) -> OccurrenceView:
    """A sending by its campaign and number; Refused when there is none."""
    row = Occurrence.objects.select_related("campaign").filter(campaign__name=name, number=number).first()
    if row is None:
        raise Refused(f"Campaign {name!r} has no sending number {number}.")
    return occurrence_view(row)


def occurrence_definition(occurrence_id: int) -> CampaignDefinition:
    """The copy of the definition that a sending keeps."""
    return definition_from(Occurrence.objects.get(pk=occurrence_id).definition)
