"""Photos: handed in by a fan, looked at by staff, shown to whoever may see them."""

from pathlib import Path

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from tifo.fans.public import Fan
from tifo.kernel.public import Refused
from tifo.quests.public import gallery, photo_for, photo_handed, photo_of, quest_for
from tifo.quests.rules import KINDS
from tifo.quests.rules.pictures import MOST_BYTES, Picture, redraw
from tifo.quests.types import Played, Quest
from tifo.ui.public import club_page

WHY = {
    "subject": gettext_lazy("It shows something else than the quest asks for."),
    "person": gettext_lazy("Somebody can be recognised in it who may not have agreed."),
    "words": gettext_lazy("It may hurt somebody."),
    "not-hers": gettext_lazy("It seems to be somebody else’s photo."),
    "unclear": gettext_lazy("We can’t make out what it shows."),
}
"""Why a photo does not count, as the fan reads it and staff chooses it."""


def picture_in(request: HttpRequest, found: Quest) -> Picture | None:
    """The photo that she hands in: read, drawn anew, and what she sent let go."""
    if KINDS[found.kind].form != "photo":
        return None
    handed = request.FILES.get("photo")
    if handed is None:
        raise Refused(_("Choose your photo."))
    return redraw(handed.read(MOST_BYTES + 1))


def photo_words(fan: Fan, found: Quest, play: Played | None) -> dict[str, object]:
    """What the page of a photo quest needs."""
    if found.kind != "photo":
        return {}
    refused = play is not None and play.state == "refused"
    return {
        "photo": True,
        "mine": photo_of(fan.id, found.name),
        "gallery": gallery(found.name),
        "why": WHY.get(play.result, "") if play is not None and refused else "",
    }


@club_page
@require_safe
def photo(request: HttpRequest, name: str, play: int) -> HttpResponse:
    """A photo that she may see."""
    fan: Fan = request.fan  # type: ignore[attr-defined]
    found = quest_for(fan, name)
    return _sent(photo_for(fan, name, play) if found is not None else None)


@never_cache
@require_safe
def handed(request: HttpRequest, name: str, play: int) -> HttpResponse:  # noqa: ARG001
    """A photo, for staff who decide on it."""
    return _sent(photo_handed(name, play))


def _sent(place: Path | None) -> HttpResponse:
    try:
        data = place.read_bytes() if place is not None else b""
    except FileNotFoundError:  # it went this very moment
        data = b""
    if not data:
        raise Http404
    answer = HttpResponse(data, content_type="image/jpeg")
    answer["Content-Security-Policy"] = "default-src 'none'"
    return answer


urlpatterns = [path("quests/<slug:name>/photos/<int:play>.jpg", photo, name="photo")]
