"""The studio's looks at what fans made: photos, names of teams, guests that may be somebody we know."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.views.decorators.http import require_POST

from tifo.kernel.public import Refused
from tifo.quests.public import (
    board_of_teams,
    held_guests,
    held_photos,
    let_name_in,
    look_at_guest,
    names_to_look_at,
)
from tifo.quests.types import Quest
from tifo.quests.web.photos import WHY, handed


def moderation_words(found: Quest) -> dict[str, object]:
    """What waits for a person, by the quest's kind."""
    if found.kind == "photo":
        return {"photos": held_photos(found.name), "reasons": WHY.items()}
    if found.kind == "team":
        return {"names": names_to_look_at(found.name), "board": board_of_teams(found.name)}
    return {"guests": held_guests(found.name)} if found.kind == "referral" else {}


@require_POST
def team_name(request: HttpRequest, name: str, team: int) -> HttpResponse:
    """The name of a team may stand on the board, or goes."""
    return _decided(request, name, team, let_name_in)


@require_POST
def guest(request: HttpRequest, name: str, guest: int) -> HttpResponse:
    """A held guest counts, or does not."""
    return _decided(request, name, guest, look_at_guest)


def _decided(request: HttpRequest, name: str, one: int, decide: Callable[..., None]) -> HttpResponse:
    try:
        decide(name, one, ok=request.POST.get("act") == "count", actor_id=int(request.user.pk or 0))
    except Refused as refused:
        messages.error(request, str(refused))
    return redirect("quest-desk:quest", name)


urlpatterns = [
    path("<slug:name>/photos/<int:play>.jpg", handed, name="photo"),
    path("<slug:name>/teams/<int:team>/", team_name, name="team-name"),
    path("<slug:name>/guests/<int:guest>/", guest, name="guest"),
]
