"""The quests of a fan: what is open, one of them, and her answer."""

from datetime import datetime

from allauth.core.internal import ratelimit
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from tifo.accounts.public import spend_work
from tifo.fans.public import Fan
from tifo.kernel.public import Refused, clock
from tifo.quests.public import (
    appeal,
    appeal_of,
    begin,
    open_quests,
    play_of,
    quest_for,
    read_form,
    take_part,
    tracker_code,
)
from tifo.quests.rules import KINDS
from tifo.quests.rules.kinds import sports_of
from tifo.quests.rules.tracks import MOST_BYTES, Track, read_track
from tifo.quests.types import Quest, said
from tifo.quests.web import games, photos, together
from tifo.quests.web.shown import doors, outcome, questions, result_name, topic_names
from tifo.ui.public import club_entry, club_page, reader_language

app_name = "quests"
club_entry("quests", gettext_lazy("Quests"), "quests:list", 20)
LIMITS = {"play": "60/m/user,600/h/user", "play-bare": "20/m/user,200/h/user"}
"""Tries of one fan; who did a little work may try more often."""


@club_page
@require_safe
def quests(request: HttpRequest) -> HttpResponse:
    """What is open now: not yet played first."""
    fan: Fan = request.fan  # type: ignore[attr-defined]
    found = open_quests(fan, reader_language())
    words = {
        "page": "quests",
        "fan": fan,
        "fresh": [one for one in found if not one.played],
        "done": [one for one in found if one.played],
    }
    return render(request, "quests/list.html", words)


@club_page
@require_safe
def quest(request: HttpRequest, name: str) -> HttpResponse:
    """One quest: its questions, or what came of her answer. Opening it changes nothing."""
    fan, found = _found(request, name)
    return render(request, "quests/quest.html", _words(request, fan, found))


@club_page
@require_POST
def start(request: HttpRequest, name: str) -> HttpResponse:
    """Her time runs from here on."""
    fan, found = _found(request, name)
    try:
        begin(fan.id, found.name)
    except Refused as refused:
        messages.error(request, str(refused))
    return redirect("quests:quest", found.name)


@club_page
@require_POST
def answer(request: HttpRequest, name: str) -> HttpResponse:
    """Her answer; what came of it stands on the quest's page."""
    fan, found = _found(request, name)
    worked = spend_work("play", request.POST.get("work", ""))
    action = "play" if worked else "play-bare"
    if not ratelimit.consume(request, app="tifo.quests", action=action, config=LIMITS, user=request.user):
        messages.error(request, _("That was a lot at once. Wait a minute and try again."))
        return render(request, "quests/quest.html", _words(request, fan, found), status=429)
    try:
        read = read_form(found, request.POST.getlist)
        learn = request.POST.get("learn") == "yes"
        track, picture = _track(request, found), photos.picture_in(request, found)
        take_part(fan.id, found.name, read, may_learn=learn, track=track, picture=picture)
    except Refused as refused:
        messages.error(request, str(refused))
        return render(request, "quests/quest.html", _words(request, fan, found), status=422)
    return redirect("quests:quest", found.name)


@club_page
@require_POST
def disagree(request: HttpRequest, name: str) -> HttpResponse:
    """She asks for a second look at what was turned away."""
    fan, found = _found(request, name)
    try:
        appeal(fan.id, found.name, request.POST.get("words", ""))
    except Refused as refused:
        messages.error(request, str(refused))
    return redirect("quests:quest", found.name)


def _track(request: HttpRequest, found: Quest) -> Track | None:
    """The recording that she hands in: read and let go, never kept."""
    if KINDS[found.kind].form != "track":
        return None
    handed = request.FILES.get("track")
    if handed is None:
        raise Refused(_("Choose the file of your activity: GPX, TCX or FIT."))
    return read_track(handed.read(MOST_BYTES + 1))


def _found(request: HttpRequest, name: str) -> tuple[Fan, Quest]:
    fan: Fan = request.fan  # type: ignore[attr-defined]
    found = quest_for(fan, name)
    if found is None:
        raise Http404
    return fan, found


def _words(request: HttpRequest, fan: Fan, found: Quest) -> dict[str, object]:
    language, moment = reader_language(), clock.now()
    play = play_of(fan.id, found.name)
    open_now = found.opens_at <= moment < found.closes_at
    changing = open_now and request.GET.get("change") == "1"
    return {
        "page": "quests",
        "fan": fan,
        "quest": found,
        "title": said(found.title, language),
        "lead": said(found.lead, language),
        "legal": said(found.legal, language),
        "open": open_now,
        "play": play,
        "outcome": outcome(found, play, moment, changing=changing),
        "questions": questions(found, play, language),
        "sports": sports_of(found) if found.kind == "activity" else (),
        "trackers": [(one, tracker_code(one, fan.id)) for one in settings.TIFO_TRACKERS]
        if found.kind == "activity"
        else (),
        "appealed": appeal_of(fan.id, found.name) if found.kind == "activity" else None,
        "doors": doors(fan, found, language) if found.kind == "calendar" else (),
        "topics": topic_names(found, language),
        "result": result_name(play, language),
        "left": _left(found, play.started_at if play else None),
        **games.game_words(fan, found, play, language),
        **photos.photo_words(fan, found, play),
        **together.team_words(request, fan, found),
    }


def _left(found: Quest, started_at: datetime | None) -> int | None:
    """Seconds that she has left of a timed quest."""
    if not found.seconds or started_at is None:
        return None
    gone = clock.now() - started_at
    return max(0, int(found.seconds - gone.total_seconds()))


urlpatterns = [
    path("quests/", quests, name="list"),
    path("quests/<slug:name>/", quest, name="quest"),
    path("quests/<slug:name>/start/", start, name="start"),
    path("quests/<slug:name>/answer/", answer, name="answer"),
    path("quests/<slug:name>/appeal/", disagree, name="appeal"),
    *games.urlpatterns,
    *photos.urlpatterns,
    *together.urlpatterns,
]
