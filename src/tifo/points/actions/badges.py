"""Badges are described, and given once."""

import re
from collections.abc import Mapping, Sequence

from django.db import transaction

from tifo.fans.public import lock_fan
from tifo.kernel.public import Refused, clock
from tifo.kernel.public import sentence as _
from tifo.points.models import Badge, BadgeGiven

KEY = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")


def set_badge(key: str, names: Mapping[str, str], criteria: Mapping[str, str]) -> None:
    """Describe a badge, by language; `level-<key of a level>` comes with that level by itself."""
    if not KEY.fullmatch(key):
        raise Refused(_("a badge’s key has 1 to 60 small letters, digits and hyphens"))
    if not names or any(not 0 < len(text) <= 300 for text in (*names.values(), *criteria.values())):
        raise Refused(_("a badge has a name, and each text 1 to 300 characters"))
    Badge.objects.update_or_create(key=key, defaults={"names": dict(names), "criteria": dict(criteria)})


def give_badge(fan_id: int, key: str) -> bool:
    """She has it from now on; False where she had it before."""
    with transaction.atomic():
        if lock_fan(fan_id).erased_at:
            raise Refused(_("this fan was erased"))
        if not Badge.objects.filter(key=key).exists():
            raise Refused(_("there is no badge “%(key)s”", key=key[:60]))
        _row, fresh = BadgeGiven.objects.get_or_create(
            fan_id=fan_id, badge_id=key, defaults={"given_at": clock.now()}
        )
        return fresh


def give_badge_of_level(fan_id: int, level: str) -> None:
    """The badge that comes with a level, where there is one."""
    if Badge.objects.filter(key=f"level-{level}").exists():
        give_badge(fan_id, f"level-{level}")


def give_badges_of_levels(risen: Sequence[tuple[int, str]]) -> None:
    """The same for many fans (fan, level), who are locked."""
    known = set(Badge.objects.filter(key__startswith="level-").values_list("key", flat=True))
    moment = clock.now()
    BadgeGiven.objects.bulk_create(
        [
            BadgeGiven(fan_id=fan_id, badge_id=f"level-{level}", given_at=moment)
            for fan_id, level in risen
            if f"level-{level}" in known
        ],
        ignore_conflicts=True,
    )
