"""What she says she likes."""

from collections.abc import Collection

from django.db import transaction
from django.utils.translation import gettext as _

from tifo.fanclub.rules import SAID
from tifo.kernel.public import Refused
from tifo.preferences.public import declare


def say_tastes(fan_id: int, topics: Collection[str], said: str) -> int:
    """All of these topics, or none; how many. `said`: love, like, no, or forget."""
    if said not in SAID:
        raise Refused(_("Choose one of the answers shown."))
    if not topics:
        raise Refused(_("Tick at least one, then press again."))
    with transaction.atomic():
        for slug in topics:
            declare(fan_id, slug, SAID[said])
    return len(topics)
