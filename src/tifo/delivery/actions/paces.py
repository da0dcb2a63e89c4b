"""Setting how fast a destination is written to. Each change stands in the audit trail (V2)."""

import re
from collections.abc import Sequence
from datetime import date

from django.db import IntegrityError, transaction

from tifo.accounts.public import audit
from tifo.delivery.models import Pace
from tifo.kernel.public import Refused
from tifo.kernel.public import sentence as _

SCOPES = ("all", "group", "each")
_DOMAIN = re.compile(r"(\*\.)?[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})+")


def domains_of(text: str) -> list[str]:
    """Domains as people write them, by blanks, commas or lines; raises Refused for what is none."""
    found = []
    for word in re.split(r"[\s,;]+", text.strip().lower()):
        domain = word.removeprefix("@")
        if domain and not _DOMAIN.fullmatch(domain):
            raise Refused(_("“%(word)s” is no domain: write example.org, or *.example.org", word=word[:80]))
        if domain:
            found.append(domain)
    return sorted(set(found))


def set_pace(
    actor_id: int | None,
    *,
    name: str,
    scope: str,
    domains: Sequence[str] = (),
    per_second: int | None = None,
    per_minute: int | None = None,
    connections: int | None = None,
    warm_from: date | None = None,
    day_first: int | None = None,
    day_most: int | None = None,
    pace_id: int | None = None,
) -> int:
    """Make a cap, or change the one of that id; its id. Workers heed it within a second or two."""
    name = name.strip()[:80]
    if not name or scope not in SCOPES:
        raise Refused(_("Give it a name, and say for what it holds."))
    if (scope == "group") != bool(domains):
        raise Refused(_("Domains belong to a group, and a group has at least one."))
    numbers = (per_second, per_minute, connections, day_first, day_most)
    if any(number is not None and number < 1 for number in numbers):
        raise Refused(_("A cap is at least 1: pause the sendings where nothing shall leave."))
    if (warm_from is None) != (day_first is None):
        raise Refused(_("A warm-up has a first day and a number for it."))
    if all(number is None for number in numbers):
        raise Refused(_("Set at least one cap."))
    values = {
        "name": name,
        "scope": scope,
        "domains": list(domains),
        "per_second": per_second,
        "per_minute": per_minute,
        "connections": connections,
        "warm_from": warm_from,
        "day_first": day_first,
        "day_most": day_most,
    }
    try:
        with transaction.atomic():
            if pace_id is None:
                pace_id = Pace.objects.create(**values).pk
            elif not Pace.objects.filter(pk=pace_id).update(**values):
                raise Refused(_("This cap is gone."))
            said = {key: str(value) for key, value in values.items() if value not in (None, [])}
            audit(actor_id, "delivery.set-pace", f"pace:{pace_id}", said)
    except IntegrityError:
        raise Refused(
            _("There is one of that name already, or one for the same scope: change that one.")
        ) from None
    return pace_id


def remove_pace(actor_id: int | None, pace_id: int) -> None:
    """No cap any more. What was counted today stays counted."""
    with transaction.atomic():
        row = Pace.objects.select_for_update().filter(pk=pace_id).first()
        if row is None:
            raise Refused(_("This cap is gone."))
        row.delete()
        audit(actor_id, "delivery.remove-pace", f"pace:{pace_id}", {"name": row.name})
