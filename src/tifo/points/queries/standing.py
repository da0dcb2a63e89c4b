"""What a fan has and had, and where she stands."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import cast

from django.db.models import Case, F, Q, Sum, When

from tifo.points.models import Account, Cause, Lot, Standing, Transfer
from tifo.points.models import Level as LevelRow
from tifo.points.types import Balance, Currency, Kind, Level, Line, Way


def balances(fan_ids: Collection[int]) -> dict[int, Balance]:
    """What each fan has now; those who never had anything are left out."""
    found: dict[int, dict[str, int]] = {}
    rows = Account.objects.filter(fan_id__in=list(fan_ids))
    for fan_id, currency, balance in rows.values_list("fan_id", "currency", "balance"):
        found.setdefault(fan_id, {})[currency] = balance
    return {fan_id: Balance(hers.get("points", 0), hers.get("status", 0)) for fan_id, hers in found.items()}


def balance_at(fan_id: int, at: datetime, *, known_at: datetime | None = None) -> Balance:
    """What she had at an instant, that instant included, by all we know; or by what we knew at `known_at`."""
    told = Transfer.objects.filter(fan_id=fan_id, effective_at__lte=at)
    if known_at is not None:
        told = told.filter(recorded_at__lte=known_at)
    signed = Sum(
        Case(When(credit_id__gt=0, then=F("amount")), default=-F("amount"))
    )  # the house's are below zero
    sums = dict(told.order_by().values_list("currency").annotate(sum=signed))
    return Balance(sums.get("points", 0), sums.get("status", 0))


def history(fan_id: int, *, limit: int = 50, before: int | None = None) -> list[Line]:
    """Her ledger, newest first; `before`: only lines older than this transfer, to page on."""
    rows = Transfer.objects.filter(fan_id=fan_id).select_related("rule").order_by("-id")
    if before is not None:
        rows = rows.filter(id__lt=before)
    shown = list(rows[:limit])
    ids = [row.id for row in shown]
    undone = set(Transfer.objects.filter(reverses_id__in=ids).values_list("reverses_id", flat=True))
    expiries = dict(Lot.objects.filter(id__in=ids).values_list("id", "expires_at"))
    return [
        Line(
            transfer_id=row.id,
            kind=cast("Kind", row.kind),
            currency=cast("Currency", row.currency),
            amount=row.amount if row.credit_id > 0 else -row.amount,
            rule=row.rule.key if row.rule else "",
            about=row.about,
            note=row.note,
            effective_at=row.effective_at,
            recorded_at=row.recorded_at,
            expires_at=expiries.get(row.id),
            reversed=row.id in undone,
        )
        for row in shown
    ]


def ladder() -> Sequence[Level]:
    """The levels, lowest first."""
    return [
        Level(row.rank, row.key, row.names, row.at_least, row.keeps_at)
        for row in LevelRow.objects.order_by("rank")
    ]


def standing(fan_id: int) -> Level | None:
    """The level she has."""
    rank = Standing.objects.filter(fan_id=fan_id).values_list("rank", flat=True).first()
    return next((level for level in ladder() if level.rank == rank), None)


def way_up(fan_id: int) -> Way:
    """Where she stands, and what the next level takes."""
    now, has = standing(fan_id), balances([fan_id]).get(fan_id, Balance(0, 0))
    above = next((level for level in ladder() if level.rank > (now.rank if now else 0)), None)
    return Way(now, above, max(0, above.at_least - has.status) if above else 0)


def cause_names(keys: Collection[str], language: str) -> dict[str, str]:
    """What rules and things are called, in `language` or else in English; those without a name are left out."""
    rows = Cause.objects.filter(key__in=set(keys)).values_list("key", "names")
    called = {key: names.get(language) or names.get("en", "") for key, names in rows}
    return {key: name for key, name in called.items() if name}


def next_expiry(fan_id: int, until: datetime) -> tuple[datetime, int] | None:
    """(when, how many) of her points expire first, if any do before `until`."""
    hers = Account.objects.filter(fan_id=fan_id, currency="points").values("id")
    lots = Lot.objects.filter(Q(account_id__in=hers), remaining__gt=0, expires_at__lte=until)
    first = lots.order_by("expires_at").values_list("expires_at", flat=True).first()
    if first is None:
        return None
    total = lots.filter(expires_at=first).aggregate(sum=Sum("remaining"))["sum"]
    return first, int(total or 0)
