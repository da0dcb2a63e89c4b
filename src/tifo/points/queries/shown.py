"""What a fan may show: her badges, and where she stands on the boards."""

import hashlib
from collections.abc import Mapping
from datetime import date, datetime

from django.conf import settings
from django.db.models import QuerySet

from tifo.fans.public import ages, fans
from tifo.kernel.public import clock, tokens
from tifo.points import rules
from tifo.points.models import Account, Badge, BadgeGiven, Board
from tifo.points.rules.credential import Given, Issuer, credential, public_key, signed
from tifo.points.types import BadgeShown, BoardLine, BoardShown, Scope

TOP = 20


def badges_of(fan_id: int, language: str) -> list[BadgeShown]:
    """Every badge, hers first, the newest on top; `given_at` is None where she has not got it."""
    hers = dict(BadgeGiven.objects.filter(fan_id=fan_id).values_list("badge_id", "given_at"))
    shown = [_badge(row, language, hers) for row in Badge.objects.order_by("key")]
    return sorted(shown, key=lambda one: -one.given_at.timestamp() if one.given_at else 0)


def _badge(row: Badge, language: str, hers: Mapping[str, datetime]) -> BadgeShown:
    return BadgeShown(row.key, _in(row.names, language), _in(row.criteria, language), hers.get(row.key))


def _in(texts: dict[str, str], language: str) -> str:
    return texts.get(language) or texts.get("en") or next(iter(texts.values()), "")


def badge_token(fan_id: int, key: str, language: str) -> str | None:
    """Her badge as a signed credential; None where she has not got it, or we know no address of hers."""
    row = BadgeGiven.objects.filter(fan_id=fan_id, badge_id=key).select_related("badge").first()
    her = fans([fan_id]).get(fan_id)
    if row is None or her is None or not her.email:
        return None
    number = tokens.keyed_hash("points.badge", f"{fan_id}:{key}".encode()).hex()
    given = Given(
        id=f"urn:uuid:{number[:8]}-{number[8:12]}-{number[12:16]}-{number[16:20]}-{number[20:]}",
        key=key,
        name=_in(row.badge.names, language),
        criteria=_in(row.badge.criteria, language) or _in(row.badge.names, language),
        given_at=row.given_at,
        address=her.email,
    )
    return signed(credential(given, issuer()), _seed())


def issuer() -> Issuer:
    """The event, at its public address."""
    return Issuer(settings.TIFO_PUBLIC_URL, settings.TIFO_EVENT_NAME)


def badge_key() -> dict[str, str]:
    """The public key that checks our badges."""
    return public_key(_seed())


def badge_described(key: str, language: str) -> BadgeShown | None:
    """What a badge is for."""
    row = Badge.objects.filter(key=key).first()
    return None if row is None else _badge(row, language, {})


def _seed() -> bytes:
    return hashlib.sha256(tokens.keyed_hash("points.badges", b"signing key")).digest()


def board(fan_id: int, scope: Scope) -> BoardShown:
    """The first of everybody on the boards, of her country, or of her age; by status, which is never spent."""
    today = clock.now().date()
    mine = Board.objects.filter(fan_id=fan_id).first()
    standing = _within(scope, mine, today)
    accounts = Account.objects.filter(currency="status", balance__gt=0, fan_id__in=standing.values("fan_id"))
    top = list(accounts.order_by("-balance", "fan_id").values_list("fan_id", "balance")[:TOP])
    called = _called([one for one, _points in top], today)
    hers = accounts.filter(fan_id=fan_id).values_list("balance", flat=True).first()
    return BoardShown(
        lines=tuple(
            BoardLine(_rank(accounts, status), *called[one], status, one == fan_id) for one, status in top
        ),
        rank=None if hers is None else _rank(accounts, hers),
        of=accounts.count(),
        stands=mine is not None,
        name=mine.name if mine else "",
        band=rules.band_of(mine.birth_year, today) if mine else None,
        country=mine.country if mine else "",
    )


def _within(scope: Scope, mine: Board | None, today: date) -> QuerySet[Board]:
    rows = Board.objects.all()
    if scope == "country":
        return rows.filter(country=mine.country) if mine and mine.country else rows.none()
    if scope == "age":
        band = rules.band_of(mine.birth_year, today) if mine else None
        return rows.filter(birth_year__range=rules.years_of(band, today)) if band else rows.none()
    return rows


def _rank(accounts: QuerySet[Account], balance: int) -> int:
    return accounts.filter(balance__gt=balance).count() + 1


def _called(ids: list[int], today: date) -> dict[int, tuple[str, str]]:
    """(name, country); the age is looked at again each time, so that no minor's name is ever shown."""
    known = ages(ids).to_pylist() if ids else []
    grown = {row["fan_id"] for row in known if rules.of_age(row["birth_date"], today)}
    rows = Board.objects.filter(fan_id__in=ids)
    return {row.fan_id: (row.name if row.fan_id in grown else "", row.country) for row in rows}
