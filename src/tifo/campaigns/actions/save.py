"""Keeping a campaign as it is written."""

from django.db import transaction

from tifo.campaigns.models import Campaign
from tifo.campaigns.queries import fingerprint_of, plain_definition
from tifo.campaigns.types import CampaignDefinition
from tifo.kernel.public import clock


def save_campaign(definition: CampaignDefinition, *, by: str = "") -> int:
    """Make or change the campaign of this name; sendings that were started keep their own copy. Its id."""
    said, mark = plain_definition(definition), fingerprint_of(definition)
    with transaction.atomic():
        row = Campaign.objects.select_for_update().filter(name=definition.name).first()
        if row is None:
            row = Campaign(name=definition.name)
        if row.fingerprint != mark:
            row.definition, row.fingerprint = said, mark
            row.changed_at, row.changed_by = clock.now(), by
            row.save()
    return row.pk
