"""Whose photos may be looked at by whom, and where they lie."""

from datetime import date
from pathlib import Path

from tifo.fans.public import Fan, fans
from tifo.kernel.public import clock, data_path
from tifo.quests.models import Photo
from tifo.quests.types import ShownPhoto

ADULT = 18  # the photo of whoever is younger, or says no age, is shown to nobody
MOST_SHOWN = 24


def photo_place(name: str) -> Path:
    """Where the file of a photo lies."""
    return data_path("photos", name)


def gallery(name: str) -> list[ShownPhoto]:
    """The newest photos of a quest that were let in, of grown fans who said that others may see them."""
    rows = Photo.objects.filter(
        play__quest__name=name, play__state="judged", show=True, until__gt=clock.now()
    )
    newest = list(rows.select_related("play").order_by("-id")[: 2 * MOST_SHOWN])
    grown = _grown({row.play.fan_id for row in newest})
    return [ShownPhoto(row.play_id, row.width, row.height) for row in newest if row.play.fan_id in grown][
        :MOST_SHOWN
    ]


def photo_for(fan: Fan, name: str, play_id: int) -> Path | None:
    """The file of a photo that she may see: her own, or one of the gallery."""
    row = Photo.objects.select_related("play").filter(play__id=play_id, play__quest__name=name).first()
    if row is None:
        return None
    hers = row.play.fan_id == fan.id
    shown = row.show and row.play.state == "judged" and row.play.fan_id in _grown({row.play.fan_id})
    return photo_place(row.file) if hers or shown else None


def photo_of(fan_id: int, name: str) -> ShownPhoto | None:
    """Her own photo of a quest."""
    row = Photo.objects.filter(play__fan_id=fan_id, play__quest__name=name).first()
    return ShownPhoto(row.play_id, row.width, row.height, row.show) if row else None


def photo_handed(name: str, play_id: int) -> Path | None:
    """The file of a photo, for staff who decide on it."""
    row = Photo.objects.filter(play__id=play_id, play__quest__name=name).first()
    return photo_place(row.file) if row else None


def held_photos(name: str) -> list[ShownPhoto]:
    """Photos that wait for a person, the oldest first; at most fifty. `twin`: the same one was handed in before."""
    rows = list(Photo.objects.filter(play__quest__name=name, play__state="held").order_by("play_id")[:50])
    first: dict[bytes, int] = {}
    alike = Photo.objects.filter(digest__in=[row.digest for row in rows]).order_by("id")
    for photo_id, digest in alike.values_list("id", "digest"):
        first.setdefault(bytes(digest), photo_id)
    return [
        ShownPhoto(row.play_id, row.width, row.height, row.show, first[bytes(row.digest)] != row.id)
        for row in rows
    ]


def _grown(fan_ids: set[int]) -> set[int]:
    today = clock.now().date()
    return {
        fan.id for fan in fans(fan_ids).values() if fan.birth_date and _years(fan.birth_date, today) >= ADULT
    }


def _years(born: date, today: date) -> int:
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))
