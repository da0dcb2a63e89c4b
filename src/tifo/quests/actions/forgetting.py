"""Nothing stays of what an erased fan answered."""

from django.db import transaction

from tifo.quests.models import Pick, Play


def forget_plays(fan_id: int) -> None:
    """Her plays go, with all that she chose."""
    with transaction.atomic():
        Pick.objects.filter(play__fan_id=fan_id).delete()
        Play.objects.filter(fan_id=fan_id).delete()
