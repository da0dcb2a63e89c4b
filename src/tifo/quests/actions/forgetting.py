"""Nothing stays of what an erased fan answered."""

from django.db import transaction

from tifo.quests.actions.photos import drop_photos
from tifo.quests.actions.teaming import forget_in_teams
from tifo.quests.models import Guest, Photo, Pick, Play


def forget_plays(fan_id: int) -> None:
    """Her plays go, with all that she chose and handed in."""
    with transaction.atomic():
        drop_photos(list(Photo.objects.filter(play__fan_id=fan_id)))
        Pick.objects.filter(play__fan_id=fan_id).delete()
        forget_in_teams(fan_id)
        Guest.objects.filter(fan_id=fan_id).update(fan_id=None)
        Play.objects.filter(fan_id=fan_id).delete()
