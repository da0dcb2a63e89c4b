"""Places elsewhere that people join from."""

from django.db import transaction

from tifo.accounts.public import audit
from tifo.fanclub import rules
from tifo.fanclub.models import Source
from tifo.kernel.public import Refused, clock
from tifo.kernel.public import sentence as _


def open_source(code: str, name: str, campaign: str = "", *, actor_id: int | None) -> None:
    """Let people join from there; a place that was closed opens again, its name and campaign as said now."""
    if not rules.SOURCE_CODE.fullmatch(code):
        raise Refused(_("a code has 2 to 40 small letters, digits and hyphens, such as city-festival"))
    if not 0 < len(name) <= 100 or len(campaign) > 100:
        raise Refused(_("a place has a name of 1 to 100 characters, its campaign at most 100"))
    said = {"name": name, "campaign": campaign, "closed_at": None}
    with transaction.atomic():
        before = Source.objects.select_for_update().filter(code=code).first()
        if before is not None and all(getattr(before, field) == value for field, value in said.items()):
            return
        Source.objects.update_or_create(
            code=code, defaults=said, create_defaults={**said, "created_at": clock.now()}
        )
        audit(actor_id, "fanclub.open-source", f"source:{code}")


def close_source(code: str, *, actor_id: int | None) -> None:
    """Its links lead to our own form from now on; what came from there stays."""
    with transaction.atomic():
        if Source.objects.filter(code=code, closed_at=None).update(closed_at=clock.now()):
            audit(actor_id, "fanclub.close-source", f"source:{code}")
