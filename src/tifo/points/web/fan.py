"""Her points: what she has, how she came to it, and how far the next level is."""

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from tifo.fans.public import Fan
from tifo.kernel.public import clock
from tifo.points.public import Balance, balances, history, ladder, next_expiry, way_up
from tifo.points.web import shelf
from tifo.points.web.shown import shown
from tifo.ui.public import club_entry, club_page, reader_language

app_name = "points"
LINES_A_PAGE = 40
FORESEEN = timedelta(days=60)
LARGEST = 2**63 - 1
club_entry("points", gettext_lazy("My points"), "points:mine", 40)


@club_page
@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """The first page says where she stands; older ones are the history alone."""
    fan: Fan = request.fan  # type: ignore[attr-defined]
    language, before = reader_language(), number(request.GET.get("before", ""))
    lines = history(fan.id, limit=LINES_A_PAGE + 1, before=before)
    rows = shown(lines[:LINES_A_PAGE], language)
    way = way_up(fan.id)
    return render(
        request,
        "points/mine.html",
        {
            "page": "points",
            "fan": fan,
            "has": balances([fan.id]).get(fan.id, Balance(0, 0)),
            "level": way.level.name(language) if way.level else "",
            "next_level": way.next.name(language) if way.next else "",
            "way": way,
            "levels": [(level.name(language), level.at_least, level == way.level) for level in ladder()],
            "expiry": next_expiry(fan.id, clock.now() + FORESEEN),
            "rows": rows,
            "older": rows[-1].oldest if len(lines) > LINES_A_PAGE else None,
            "paging": before is not None,
        },
    )


def number(text: str) -> int | None:
    """A number of the address; None for any other text."""
    return (
        int(text) if text.isascii() and text.isdigit() and len(text) < 20 and int(text) <= LARGEST else None
    )


urlpatterns = [
    path("points/", mine, name="mine"),
    path("points/badges/", shelf.badges, name="badges"),
    path("points/badges/<slug:key>.jwt", shelf.badge_file, name="badge"),
    path("points/boards/", shelf.boards, name="boards"),
    path("points/boards/stand/", shelf.stand, name="stand"),
    path("points/boards/leave/", shelf.leave, name="leave-boards"),
    path("badges/issuer.json", shelf.issuer_file, name="issuer"),
    path("badges/<slug:key>.json", shelf.achievement_file, name="achievement"),
]
