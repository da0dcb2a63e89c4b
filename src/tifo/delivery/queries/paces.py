"""The caps that people set, what today's share is and how much of it went, and destinations that rest."""

from datetime import UTC, datetime

from django.db.models import Sum

from tifo.delivery.models import DayCount, Destination, Pace
from tifo.delivery.rules.pace import PaceInfo, Rule, Rules
from tifo.delivery.types import Resting
from tifo.kernel.public import clock

RESTING_SHOWN = 50


def rule_of(row: Pace) -> Rule:
    """A row as the rules have it."""
    return Rule(
        id=row.pk,
        name=row.name,
        scope=row.scope,
        domains=tuple(row.domains),
        per_second=row.per_second,
        per_minute=row.per_minute,
        connections=row.connections,
        warm_from=row.warm_from,
        day_first=row.day_first,
        day_most=row.day_most,
    )


def pace_rules() -> Rules:
    """All caps, for looking up what binds an address."""
    return Rules(rule_of(row) for row in Pace.objects.order_by("pk"))


def paces() -> list[PaceInfo]:
    """Every cap with today's figures."""
    today = clock.now().date()
    used = dict(
        DayCount.objects.filter(day=today)
        .order_by()
        .values_list("key")
        .annotate(Sum("used"))
        .values_list("key", "used__sum")
    )
    found = []
    for row in Pace.objects.order_by("scope", "name"):
        key = f"rule:{row.pk}"
        went = used.get(key, 0) if row.scope != "each" else None
        found.append(PaceInfo(rule_of(row), rule_of(row).share(today), went))
    return found


def resting() -> list[Resting]:
    """Destinations that asked for less or broke off, and wait; those that wait longest first."""
    now = clock.now().timestamp()
    names = {f"rule:{pk}": name for pk, name in Pace.objects.values_list("pk", "name")}
    rows = Destination.objects.filter(hold_until__gt=now).order_by("-hold_until")[:RESTING_SHOWN]
    return [
        Resting(
            names.get(row.key, row.key.removeprefix("@")),
            datetime.fromtimestamp(row.hold_until or now, UTC),
            row.says,
            row.fails,
        )
        for row in rows
    ]
