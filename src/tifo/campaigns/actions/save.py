"""Keeping a campaign as it is written."""

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from tifo.accounts.public import audit, name_of
from tifo.campaigns.models import Campaign
from tifo.campaigns.queries import fingerprint_of, plain_definition
from tifo.campaigns.rules import NAME, RESERVED
from tifo.campaigns.types import CampaignDefinition, StaleEdit, Timing
from tifo.kernel.public import Refused, clock


def save_campaign(
    definition: CampaignDefinition,
    *,
    by: str = "",
    actor: int | None = None,
    expected: str | None = None,
    fresh: bool = False,
) -> int:
    """Make or change the campaign of this name; sendings that were started keep their own copy. Its id.

    `expected`: the fingerprint that the writer saw; StaleEdit when somebody changed it since. `fresh`: Refused when
    there is a campaign of this name already.
    """
    said, mark = plain_definition(definition), fingerprint_of(definition)
    if not NAME.fullmatch(definition.name):
        raise Refused(
            _("“%(name)s” can't be a name: use small letters, digits and hyphens, such as last-seats.")
            % _named(definition)
        )
    if definition.name in RESERVED:
        raise Refused(_("A campaign can't be called “%(name)s”: choose another name.") % _named(definition))
    with transaction.atomic():
        row = Campaign.objects.select_for_update().filter(name=definition.name).first()
        if row is not None and fresh:
            raise Refused(
                _("There is a campaign “%(name)s” already: choose another name.") % _named(definition)
            )
        if expected is not None and (row is None or row.fingerprint != expected):
            raise StaleEdit(
                _(
                    "Somebody changed this campaign since you opened the page: nothing was kept. Look at it again."
                )
            )
        verb = "change" if row else "make"
        row = row or Campaign(name=definition.name)
        if row.fingerprint != mark:
            row.definition, row.fingerprint = said, mark
            row.changed_at, row.changed_by = clock.now(), by or name_of(actor)
            _written(row)
            audit(actor, f"campaigns.{verb}", f"campaign:{row.name}", {"fingerprint": mark})
    return row.pk


def set_timing(name: str, timing: Timing) -> None:
    """Say when the next sending of a campaign is due."""
    with transaction.atomic():
        row = Campaign.objects.select_for_update().filter(name=name).first()
        if row is None:
            raise Refused(_("There is no campaign “%(name)s”.") % {"name": name})
        row.send_at, row.own_zone, row.zone = timing.at, timing.own_zone, timing.zone
        row.save(update_fields=["send_at", "own_zone", "zone"])


def _named(definition: CampaignDefinition) -> dict[str, str]:
    return {"name": definition.name}


def _written(row: Campaign) -> None:
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise Refused(_("Somebody else has just made “%(name)s”: look at it.") % {"name": row.name}) from None
