"""Offers in the club: what she can win, whether she is in, her rank, why not, and what anybody can check."""

from typing import Any

from allauth.core.internal import ratelimit
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from tifo.accounts.public import spend_work
from tifo.fans.public import Fan
from tifo.kernel.public import Refused, clock
from tifo.rewards.public import (
    Mine,
    OfferView,
    State,
    claim,
    enter,
    log_lines,
    mine,
    offer,
    offers,
    receipt,
    said,
    strata_for,
    transcript_lines,
    withdraw,
)
from tifo.spectators.public import house_zone
from tifo.ui.public import club_entry, club_page, open_club_page, reader_language

app_name = "rewards"
LIMITS = {"enter": "60/m/ip,2000/h/ip", "enter-bare": "20/m/ip,300/h/ip"}
"""Counted in Django's cache, which all processes share; the higher ones with a proof of work."""
club_entry("rewards", gettext_lazy("Rewards"), "rewards:list", 30)


@open_club_page
@require_safe
def list_offers(request: HttpRequest) -> HttpResponse:
    """What can be won now, and what was."""
    language, now = reader_language(), clock.now()
    shown = [_shown(view, language) for view in offers(drafts=False)]
    return render(
        request,
        "rewards/list.html",
        {
            "page": "rewards",
            "zone": house_zone(),
            "open": [one for one in reversed(shown) if one["takes"]],
            "past": [one for one in shown if not one["takes"] and one["view"].definition.opens_at <= now],
            "soon": [one for one in reversed(shown) if one["view"].definition.opens_at > now],
        },
    )


@open_club_page
@require_safe
def one_offer(request: HttpRequest, name: str) -> HttpResponse:
    """One offer: one question, one main action."""
    fan: Fan | None = request.fan  # type: ignore[attr-defined]
    view = published(name)
    language = reader_language()
    hers = mine(name, fan.id) if fan else Mine()
    fitting = strata_for(view.definition.strata, fan.gender, fan.country) if fan else ()
    return render(
        request,
        "rewards/offer.html",
        {
            "page": "rewards",
            "zone": house_zone(),
            "fan": fan,
            "mine": hers,
            "choices": [(one.key, said(one.names, language) or one.key) for one in fitting],
            "fits": bool(fitting),
            "part": _part(view, hers.stratum, language),
            "strata": [(said(one.names, language) or one.key, one.places) for one in view.definition.strata],
            "question": said(view.definition.questions, language),
            "terms": said(view.definition.terms, language),
            "checkable": view.definition.method == "draw" and view.state in (State.DRAWN, State.CLOSED),
            **_shown(view, language),
        },
    )


@club_page
@require_POST
def take_part(request: HttpRequest, name: str) -> HttpResponse:
    """She enters."""
    fan: Fan = request.fan  # type: ignore[attr-defined]
    published(name)
    worked = spend_work("enter", request.POST.get("work", ""))
    action = "enter" if worked else "enter-bare"
    if not ratelimit.consume(request, app="tifo.rewards", action=action, config=LIMITS):
        return HttpResponse(_("Too many tries from here. Wait a minute, then try again."), status=429)
    stratum, answer = request.POST.get("stratum", "")[:60], request.POST.get("answer", "")[:20_000]
    try:
        enter(fan.id, name, stratum=stratum, answer=answer)
    except Refused as refused:
        messages.error(request, sentence(refused))
    return redirect("rewards:offer", name)


@club_page
@require_POST
def take_back(request: HttpRequest, name: str) -> HttpResponse:
    """She takes her entry back."""
    fan: Fan = request.fan  # type: ignore[attr-defined]
    published(name)
    try:
        withdraw(fan.id, name)
    except Refused as refused:
        messages.error(request, sentence(refused))
    else:
        messages.success(request, _("You are not in it any more."))
    return redirect("rewards:offer", name)


@club_page
@require_POST
def take(request: HttpRequest, name: str) -> HttpResponse:
    """She claims the place that is offered to her."""
    fan: Fan = request.fan  # type: ignore[attr-defined]
    published(name)
    try:
        claim(fan.id, name)
    except Refused as refused:
        messages.error(request, sentence(refused))
    else:
        messages.success(request, _("It is yours."))
    return redirect("rewards:offer", name)


@club_page
@require_safe
def receipt_file(request: HttpRequest, name: str) -> HttpResponse:
    """What she keeps, to find her entry in what was frozen."""
    fan: Fan = request.fan  # type: ignore[attr-defined]
    published(name)
    found = receipt(fan.id, name)
    if found is None:
        raise Http404
    answer = JsonResponse(found)
    answer["Content-Disposition"] = f'attachment; filename="receipt-{name}.json"'
    return answer


@require_safe
def transcript_json(request: HttpRequest, name: str) -> StreamingHttpResponse:  # noqa: ARG001
    """All that a draw follows from, for anybody."""
    published(name)
    try:
        lines = transcript_lines(name)
    except Refused:
        raise Http404 from None
    return StreamingHttpResponse(lines, content_type="application/json")


@require_safe
def log(request: HttpRequest) -> StreamingHttpResponse:  # noqa: ARG001
    """The public log of all draws, as JSON lines."""
    return StreamingHttpResponse(log_lines(), content_type="application/jsonl")


def published(name: str) -> OfferView:
    """The offer, as everybody may see it; 404 for a draft as for none."""
    try:
        view = offer(name)
    except Refused:
        raise Http404 from None
    if view.state is State.DRAFT:
        raise Http404
    return view


def sentence(refused: Refused) -> str:
    """A refusal as a sentence of its own."""
    words = str(refused)
    return f"{words[:1].upper()}{words[1:]}" + ("" if words.endswith((".", "!", "?")) else ".")


def _part(view: OfferView, key: str, language: str) -> str:
    return next(
        (said(one.names, language) or one.key for one in view.definition.strata if one.key == key), ""
    )


def _shown(view: OfferView, language: str) -> dict[str, Any]:
    now, definition = clock.now(), view.definition
    return {
        "view": view,
        "offer": definition,
        "title": said(definition.titles, language),
        "lead": said(definition.leads, language),
        "takes": view.state is State.OPEN and definition.opens_at <= now < definition.closes_at,
        "bounds": definition.eligible,
    }


urlpatterns = [
    path("rewards/", list_offers, name="list"),
    path("rewards/log.jsonl", log, name="log"),
    path("rewards/<slug:name>/", one_offer, name="offer"),
    path("rewards/<slug:name>/enter/", take_part, name="enter"),
    path("rewards/<slug:name>/withdraw/", take_back, name="withdraw"),
    path("rewards/<slug:name>/claim/", take, name="claim"),
    path("rewards/<slug:name>/receipt.json", receipt_file, name="receipt"),
    path("rewards/<slug:name>/transcript.json", transcript_json, name="transcript"),
]
