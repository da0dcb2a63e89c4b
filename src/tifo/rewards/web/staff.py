"""The studio's desk for offers: publish, freeze, draw, watch claims, pass places on, print the record."""

import json

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tifo.kernel.public import Refused, clock
from tifo.rewards.public import (
    Beacon,
    OfferView,
    State,
    answers_to_read,
    awards,
    close_offer,
    draw,
    forfeit,
    freeze,
    offer,
    offers,
    open_offer,
    rank,
    read_answer,
    read_offer_file,
    said,
    save_draft,
    stock,
    taking_part,
    transcript,
    write_offer_file,
)
from tifo.rewards.rules.dossier import dossier
from tifo.rewards.rules.jurisdictions import JURISDICTIONS
from tifo.rewards.rules.verdict import judge
from tifo.rewards.web.building import build, change, file, look
from tifo.rewards.web.foreseen import consequences
from tifo.rewards.web.reviewing import decide, review
from tifo.rewards.web.sheet import plain_of
from tifo.spectators.public import house_zone
from tifo.ui.public import desk_entry, reader_language

app_name = "offer-desk"
KEEPERS = frozenset({"animator", "admin"})
LONGEST = 100_000  # characters of a beacon's answer
desk_entry("rewards", gettext_lazy("Rewards"), "offer-desk:list", 30)
STATES = {
    State.DRAFT: gettext_lazy("draft"),
    State.OPEN: gettext_lazy("open"),
    State.FROZEN: gettext_lazy("frozen"),
    State.DRAWN: gettext_lazy("drawn"),
    State.CLOSED: gettext_lazy("closed"),
}
EXAMPLE = """offer: ten-bibs
title: {en: Ten bibs, fr: Dix dossards}
terms: {en: The rules in full., fr: Le règlement complet.}
opens: 2027-03-01T09:00Z
closes: 2027-03-08T09:00Z
places: 10
inputs: {points: [0, 1000]}
eligible: [points >= 1000]
"""


class OfferForm(forms.Form):
    """The file of an offer."""

    text = forms.CharField(
        label=gettext_lazy("The offer’s file"),
        max_length=500_000,
        strip=False,
        help_text=gettext_lazy(
            "Texts in each language, when it opens and closes, places, who may enter, tickets."
        ),
    )


@require_safe
def list_offers(request: HttpRequest) -> HttpResponse:
    """All offers and where they stand."""
    language = reader_language()
    rows = [(view, said(view.definition.titles, language), STATES[view.state]) for view in offers()]
    words = {"rail": "club", "offers": rows, "may": _may(request), "zone": house_zone()}
    return render(request, "rewards/desk.html", words)


@require_http_methods(["GET", "HEAD", "POST"])
def write(request: HttpRequest, name: str = "") -> HttpResponse:
    """A new offer, or a draft again; nothing is published by it."""
    view = _known(name) if name else None
    first = write_offer_file(view.definition) if view else EXAMPLE
    form = OfferForm(request.POST if request.method == "POST" else None, initial={"text": first})
    if request.method == "POST" and form.is_valid():
        try:
            definition = read_offer_file(form.cleaned_data["text"])
            save_draft(definition, actor_id=_who(request))
        except Refused as refused:
            form.add_error("text", str(refused))
        else:
            messages.success(request, _("Kept as a draft. Publish it when all is right."))
            return redirect("offer-desk:offer", definition.name)
    return render(request, "rewards/desk_write.html", {"rail": "club", "form": form, "view": view})


@require_safe
def one_offer(request: HttpRequest, name: str) -> HttpResponse:
    """One offer: where it stands, and what comes next."""
    view = _known(name)
    language = reader_language()
    live = bool(request.headers.get("HX-Request"))
    return render(
        request,
        "rewards/_places.html" if live else "rewards/desk_offer.html",
        {
            "rail": "club",
            "view": view,
            "offer": view.definition,
            "title": said(view.definition.titles, language),
            "state": STATES[view.state],
            "stock": stock(name),
            "awards": awards(name, limit=200),
            "answers": answers_to_read(name, _who(request), limit=5)
            if view.definition.method == "jury"
            else (),
            "file": write_offer_file(view.definition),
            "law": JURISDICTIONS.get(view.definition.jurisdiction),
            "at_once": view.definition.method in ("first-come", "window", "instant-win"),
            "by_secrets": view.definition.randomness.source == "reveal",
            "may": _may(request),
            "here": request.path,
            "taking": taking_part(name),
            "zone": house_zone(),
            "consequences": consequences(plain_of(write_offer_file(view.definition)), house_zone())
            if view.state is State.DRAFT
            else (),
            "ends": max(view.definition.closes_at, view.definition.cutoff_at or view.definition.closes_at),
            "ended": clock.now()
            >= max(view.definition.closes_at, view.definition.cutoff_at or view.definition.closes_at),
            "drawable": view.drawable_at is not None and clock.now() >= view.drawable_at,
            "changeable": view.state is State.DRAFT or (view.state is State.OPEN and not view.entries),
            "method": view.definition.method,
            "taken": (request.GET.get("part", "")[:60], request.GET.get("rank", "")[:9]),
        },
        status=286 if live and view.state not in (State.OPEN, State.DRAWN) else 200,  # htmx: no more to come
    )


@require_POST
def act(request: HttpRequest, name: str, verb: str) -> HttpResponse:
    """Publish, freeze, draw, close; each is in the audit trail."""
    view = _known(name)
    try:
        if verb == "open":
            open_offer(view.definition, actor_id=_who(request))
        elif verb == "freeze":
            freeze(name, actor_id=_who(request))
        elif verb == "draw":
            _draw(request, view)
        elif verb == "close":
            close_offer(name, actor_id=_who(request))
        else:
            raise Http404
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("Done."))
    return redirect("offer-desk:offer", name)


def _draw(request: HttpRequest, view: OfferView) -> None:
    if view.definition.method in ("ranking", "jury"):
        rank(view.name, actor_id=_who(request))
        return
    given = request.POST.get("beacon", "")[:LONGEST].strip()
    try:
        answer = json.loads(given)
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        raise Refused(_('Paste the round as the beacon answers it, or {"secrets": {party: …}}.'))
    secrets = answer.get("secrets")
    if isinstance(secrets, dict):
        beacon = Beacon(secrets={str(party): str(secret) for party, secret in secrets.items()})
    else:
        beacon = Beacon(signature=str(answer.get("signature", "")))
    draw(view.name, beacon, actor_id=_who(request))


@require_POST
def pass_place_on(request: HttpRequest, name: str) -> HttpResponse:
    """A place is taken back, for a reason; the next rank gets it."""
    _known(name)
    stratum = request.POST.get("stratum", "")[:60]
    try:
        place = _whole(request, "rank")
        forfeit(name, stratum, place, reason=request.POST.get("reason", ""), actor_id=_who(request))
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("The next rank has it now."))
    return redirect("offer-desk:offer", name)


@require_POST
def mark(request: HttpRequest, name: str) -> HttpResponse:
    """A reader of the jury marks an answer."""
    view = _known(name)
    try:
        marks = {key: _whole(request, f"mark-{key}") for key in view.definition.criteria}
        read_answer(_whole(request, "entry"), _who(request), marks)
    except Refused as refused:
        messages.error(request, str(refused))
    return redirect("offer-desk:offer", name)


@require_safe
def record(request: HttpRequest, name: str) -> HttpResponse:  # noqa: ARG001
    """The draw on paper, for a bailiff or a ministry, with the verifier's own words."""
    view = _known(name)
    try:
        found = transcript(name)
    except Refused:
        raise Http404 from None
    language = reader_language()
    data = dossier(
        found,
        judge(found),
        title=said(view.definition.titles, language),
        organiser=settings.TIFO_EVENT_NAME,
        language=language,
    )
    answer = HttpResponse(data, content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="{name}.pdf"'
    return answer


def _known(name: str) -> OfferView:
    try:
        return offer(name)
    except Refused:
        raise Http404 from None


def _whole(request: HttpRequest, field: str) -> int:
    said = request.POST.get(field, "")
    if not (said.isascii() and said.isdigit() and len(said) < 10):
        raise Refused(_("A number is missing: write it in digits."))
    return int(said)


def _who(request: HttpRequest) -> int:
    return int(request.user.pk or 0)


def _may(request: HttpRequest) -> bool:
    return bool(KEEPERS & request.roles)  # type: ignore[attr-defined]


urlpatterns = [
    path("", list_offers, name="list"),
    path("new/", write, name="new"),
    path("build/", build, name="build"),
    path("look/", look, name="look"),
    path("<slug:name>/", one_offer, name="offer"),
    path("<slug:name>/change/", change, name="change"),
    path("<slug:name>/file.yaml", file, name="file"),
    path("<slug:name>/review/", review, name="review"),
    path("<slug:name>/decide/", decide, name="decide"),
    path("<slug:name>/file/", write, name="edit"),
    path("<slug:name>/pass-on/", pass_place_on, name="pass-on"),
    path("<slug:name>/mark/", mark, name="mark"),
    path("<slug:name>/record.pdf", record, name="record"),
    path("<slug:name>/do/<slug:verb>/", act, name="act"),
]
