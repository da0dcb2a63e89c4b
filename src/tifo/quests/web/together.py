"""Teams and invitations, on her page."""

from dataclasses import dataclass
from urllib.parse import urlencode

from allauth.core.internal import ratelimit
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tifo.fans.public import Fan
from tifo.kernel.public import Refused
from tifo.quests.public import (
    board_of_teams,
    found_team,
    invite,
    invited_by,
    join_team,
    leave_team,
    quest_for,
    team_of,
)
from tifo.quests.types import BoardTeam, HerTeam, Quest
from tifo.ui.public import club_page

LIMITS = {"team": "10/m/user,60/h/user"}
"""Codes of teams that one fan may try."""


@dataclass(frozen=True, slots=True)
class ShownTeam:
    """A team on the board; `mine`: hers."""

    rank: int
    team: BoardTeam
    mine: bool


def team_words(request: HttpRequest, fan: Fan, quest: Quest) -> dict[str, object]:
    """What the page of a team challenge or an invitation needs."""
    if quest.kind == "referral":
        mine = invited_by(fan.id, quest)
        there = f"{settings.TIFO_PUBLIC_URL}{reverse('fanclub:join')}"
        return {
            "referral": True,
            "invited": mine,
            "link": f"{there}?{urlencode({'friend': mine.code})}" if mine else "",
        }
    if quest.kind != "team":
        return {}
    hers = team_of(fan.id, quest)
    return {
        "teams": True,
        "hers": hers,
        "board": _board(quest.name, hers),
        "code": request.GET.get("team", "")[:20],
        "share": f"{settings.TIFO_PUBLIC_URL}{reverse('quests:quest', args=[quest.name])}?"
        f"{urlencode({'team': hers.code})}"
        if hers
        else "",
    }


def _board(name: str, hers: HerTeam | None) -> list[ShownTeam]:
    found = board_of_teams(name)
    return [
        ShownTeam(
            1 + sum(other.total > team.total for other in found),
            team,
            hers is not None and team.number == hers.number,
        )
        for team in found
    ]


@club_page
@require_POST
def team(request: HttpRequest, name: str) -> HttpResponse:
    """She founds a team, joins one, or leaves hers."""
    fan, found = _found(request, name)
    if not ratelimit.consume(request, app="tifo.quests", action="team", config=LIMITS, user=request.user):
        messages.error(request, _("That was a lot at once. Wait a minute and try again."))
        return redirect("quests:quest", found.name)
    act = request.POST.get("act", "")
    try:
        if act == "found":
            found_team(fan.id, found.name, request.POST.get("name", "")[:200])
        elif act == "join":
            join_team(fan.id, found.name, request.POST.get("code", "")[:40])
        elif act == "leave":
            leave_team(fan.id, found.name)
    except Refused as refused:
        messages.error(request, str(refused))
    return redirect("quests:quest", found.name)


@club_page
@require_POST
def link(request: HttpRequest, name: str) -> HttpResponse:
    """She wants a link for her friends."""
    fan, found = _found(request, name)
    try:
        invite(fan.id, found.name)
    except Refused as refused:
        messages.error(request, str(refused))
    return redirect("quests:quest", found.name)


def _found(request: HttpRequest, name: str) -> tuple[Fan, Quest]:
    fan: Fan = request.fan  # type: ignore[attr-defined]
    found = quest_for(fan, name)
    if found is None:
        raise Http404
    return fan, found


urlpatterns = [
    path("quests/<slug:name>/team/", team, name="team"),
    path("quests/<slug:name>/link/", link, name="link"),
]
