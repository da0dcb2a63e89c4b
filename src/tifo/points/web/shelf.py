"""What she may show: her badges to take along, and the boards that she may stand on."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST, require_safe

from tifo.fans.public import Fan
from tifo.kernel.public import Refused
from tifo.points.public import (
    SCOPES,
    Scope,
    badge_described,
    badge_key,
    badge_token,
    badges_of,
    board,
    issuer,
    leave_boards,
    stand_on_boards,
)
from tifo.ui.public import club_page, reader_language


@club_page
@require_safe
def badges(request: HttpRequest) -> HttpResponse:
    """Hers, and those there are."""
    fan: Fan = request.fan  # type: ignore[attr-defined]
    return render(
        request,
        "points/badges.html",
        {"page": "points", "badges": badges_of(fan.id, reader_language())},
    )


@club_page
@require_safe
def badge_file(request: HttpRequest, key: str) -> HttpResponse:
    """Her badge as a signed file, to put into any wallet of badges."""
    fan: Fan = request.fan  # type: ignore[attr-defined]
    token = badge_token(fan.id, key, reader_language())
    if token is None:
        raise Http404
    return HttpResponse(
        token,
        content_type="application/vc+jwt",
        headers={"Content-Disposition": f'attachment; filename="{key}.jwt"'},
    )


@require_safe
@cache_control(public=True, max_age=3600)
def issuer_file(request: HttpRequest) -> HttpResponse:  # noqa: ARG001  as Django calls it
    """Who gives the badges, and the key that checks them."""
    by = issuer()
    said = {"id": by.id, "type": ["Profile"], "name": by.name, "url": by.url, "jwk": badge_key()}
    return JsonResponse(said)


@require_safe
@cache_control(public=True, max_age=3600)
def achievement_file(request: HttpRequest, key: str) -> HttpResponse:  # noqa: ARG001
    """What a badge is for, for whoever was shown one."""
    found = badge_described(key, "en")
    if found is None:
        raise Http404
    return JsonResponse(
        {
            "id": f"{issuer().url}/badges/{key}.json",
            "type": ["Achievement"],
            "name": found.name,
            "description": found.criteria or found.name,
            "criteria": {"narrative": found.criteria or found.name},
        }
    )


@club_page
@require_safe
def boards(request: HttpRequest) -> HttpResponse:
    """Everybody who wants to stand there; of her country; of her age."""
    fan: Fan = request.fan  # type: ignore[attr-defined]
    scope: Scope = next((one for one in SCOPES if one == request.GET.get("by")), "all")
    return render(
        request,
        "points/boards.html",
        {"page": "points", f"by_{scope}": True, "board": board(fan.id, scope), "fan": fan},
    )


@club_page
@require_POST
def stand(request: HttpRequest) -> HttpResponse:
    """She wants to stand on the boards, under this name."""
    fan: Fan = request.fan  # type: ignore[attr-defined]
    try:
        stand_on_boards(fan.id, request.POST.get("name", "")[:200])
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("You stand on the boards now."))
    return redirect("points:boards")


@club_page
@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """She doesn't any more."""
    fan: Fan = request.fan  # type: ignore[attr-defined]
    leave_boards(fan.id)
    messages.success(request, _("You stand on no board any more."))
    return redirect("points:boards")
