"""Campaigns over the API: look, never send; sending belongs to people."""

from django.http import HttpRequest
from ninja import Router, Schema

from tifo.campaigns.queries import campaign, campaigns, progress
from tifo.campaigns.types import CampaignView

router = Router(tags=["campaigns"])


class Outcome(Schema):
    """A sending: planned is always the sum of all the others, suppressed by reason."""

    number: int
    stage: str
    planned: int
    accepted: int
    refused: int
    unknown: int
    suppressed: dict[str, int]
    expired: int
    cancelled: int
    open: int


class CampaignLine(Schema):
    """A campaign and its sendings, the newest first."""

    name: str
    purpose: str
    sendings: list[Outcome]


def _line(view: CampaignView) -> CampaignLine:
    sendings = []
    for sending in view.occurrences:
        done = progress(sending.id)
        sendings.append(
            Outcome(
                number=sending.number,
                stage=str(done.stage),
                planned=done.planned,
                accepted=done.accepted,
                refused=done.refused,
                unknown=done.unknown,
                suppressed=dict(done.suppressed),
                expired=done.expired,
                cancelled=done.cancelled,
                open=done.open,
            )
        )
    return CampaignLine(name=view.name, purpose=view.purpose, sendings=sendings)


@router.get("/", response=list[CampaignLine], url_name="campaigns-list")
def list_campaigns(request: HttpRequest) -> list[CampaignLine]:  # noqa: ARG001  the key's role was checked
    """All campaigns."""
    return [_line(view) for view in campaigns()]


@router.get("/{name}", response=CampaignLine, url_name="campaigns-one")
def one_campaign(request: HttpRequest, name: str) -> CampaignLine:  # noqa: ARG001
    """One campaign and how far its sendings are."""
    return _line(campaign(name))
