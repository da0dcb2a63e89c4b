"""The photos of fans: kept below TIFO_DATA/photos while they are needed, and gone with their rows."""

import secrets
from datetime import timedelta
from pathlib import Path

from django.db import transaction

from tifo.kernel.public import clock, crash_point, data_path
from tifo.quests import models, queries
from tifo.quests.rules.kinds import KEPT_DAYS
from tifo.quests.rules.pictures import Picture
from tifo.quests.types import Quest

FORGOTTEN_AT_ONCE = 200
UNCLAIMED = timedelta(hours=1)  # a file without a row is one whose transaction broke off, or is not over yet


def keep_photo(play: models.Play, quest: Quest, picture: Picture, *, show: bool) -> None:
    """Write the file, then its row. If the transaction breaks off, the file is swept away later."""
    name = f"{secrets.token_hex(16)}.jpg"
    place = queries.photo_place(name)
    with place.open("xb") as file:
        place.chmod(0o600)
        file.write(picture.data)
    crash_point("quests.photo-written")
    until = quest.closes_at + timedelta(days=quest.settings.get("kept-days", KEPT_DAYS))
    models.Photo.objects.create(
        play=play,
        file=name,
        digest=picture.digest,
        width=picture.width,
        height=picture.height,
        show=show,
        until=until,
    )


def drop_photos(photos: list[models.Photo]) -> None:
    """The rows go, and the files once that is certain."""
    files = [queries.photo_place(photo.file) for photo in photos]
    models.Photo.objects.filter(id__in=[photo.id for photo in photos]).delete()
    transaction.on_commit(lambda: _unlink(files))


def forget_old_photos() -> bool:
    """Photos whose time is over go; whether there were any."""
    with transaction.atomic():
        found = models.Photo.objects.select_for_update(skip_locked=True).filter(until__lte=clock.now())
        over = list(found.order_by("id")[:FORGOTTEN_AT_ONCE])
        drop_photos(over)
    return bool(over)


def sweep_photos() -> bool:
    """Files that no row names go: a process died before its row was written, or before the file was gone."""
    folder = data_path("photos", "x").parent
    before = (clock.now() - UNCLAIMED).timestamp()
    files = [file for file in folder.iterdir() if file.stat().st_mtime < before]
    for first in range(0, len(files), FORGOTTEN_AT_ONCE):
        some = files[first : first + FORGOTTEN_AT_ONCE]
        named = models.Photo.objects.filter(file__in=[file.name for file in some])
        claimed = set(named.values_list("file", flat=True))
        _unlink([file for file in some if file.name not in claimed])
    return False


def _unlink(files: list[Path]) -> None:
    for file in files:
        file.unlink(missing_ok=True)
