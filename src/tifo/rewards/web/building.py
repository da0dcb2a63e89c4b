"""Building an offer by fields, beside what will happen and how fans will read it; it writes the same file."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tifo.fans.public import timezones
from tifo.kernel.public import Refused, clock
from tifo.rewards.public import (
    OfferView,
    State,
    offer,
    open_offer,
    read_offer_file,
    said,
    save_draft,
    write_offer_file,
)
from tifo.rewards.rules.file import GENDERS
from tifo.rewards.types import AT_ONCE, METHODS
from tifo.rewards.web.foreseen import (
    consequences,
    looks_of,
    problems_of,
    sheet_inputs,
    sheet_parts,
    spoken,
    texts_at,
)
from tifo.rewards.web.sheet import (
    MOMENTS,
    TEXTS,
    WHOLE,
    Plain,
    begun,
    changed,
    figure,
    mapping,
    more_of,
    plain_in,
    plain_of,
    written,
)
from tifo.spectators.public import house_zone
from tifo.ui.public import moment_field, reader_language, text_row, tongues


@require_http_methods(["GET", "HEAD", "POST"])
def build(request: HttpRequest) -> HttpResponse:
    """A new offer: first how it is decided, then its fields."""
    if request.method == "POST":
        return _sent(request, None)
    method = request.GET.get("method", "")
    if method not in METHODS:
        return render(request, "rewards/desk_methods.html", {"rail": "club", "methods": METHODS})
    start = (clock.now() + timedelta(days=1)).replace(hour=8, minute=0, second=0, microsecond=0)
    plain = begun(method, opens=start.isoformat(), closes=(start + timedelta(days=7)).isoformat())
    return _page(request, plain, None, before="", problems={})


@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, name: str) -> HttpResponse:
    """A draft, or an open offer that nobody has entered, by its fields."""
    view = _known(name)
    if request.method == "POST":
        return _sent(request, view)
    before = write_offer_file(view.definition)
    return _page(request, plain_of(before), view, before=before, problems={})


@require_POST
def look(request: HttpRequest) -> HttpResponse:
    """What is said beside the fields while they are written. Writes nothing; a POST because an offer is long."""
    return render(
        request, "rewards/_look.html", _seen(plain_in(request.POST, zone=_zone(request)), _zone(request))
    )


@require_safe
def file(request: HttpRequest, name: str) -> HttpResponse:  # noqa: ARG001
    """Its file, for whoever keeps it in git."""
    return _download(write_offer_file(_known(name).definition), name)


def _sent(request: HttpRequest, view: OfferView | None) -> HttpResponse:
    act = request.POST.get("act", "look")
    before = request.POST.get("before", "") if view else ""
    plain = plain_in(request.POST, name=view.name if view else "", zone=_zone(request))
    if act == "file":
        try:
            return _download(written(plain), str(plain.get("offer", "offer")))
        except Refused as refused:
            return _page(request, plain, view, before=before, problems={"more": str(refused)})
    if act != "keep":
        return _page(
            request, plain if act == "look" else changed(plain, act), view, before=before, problems={}
        )
    problems = problems_of(plain)
    if not problems:
        try:
            _keep(request, plain, view, before)
        except Refused as refused:
            problems = {"": str(refused)}
        else:
            messages.success(
                request, _("Kept. Look at it once more, then publish it.") if _draft(view) else _("Kept.")
            )
            return redirect("offer-desk:offer", plain["offer"])
    return _page(request, plain, view, before=before, problems=problems)


def _keep(request: HttpRequest, plain: Plain, view: OfferView | None, before: str) -> None:
    definition, actor = read_offer_file(written(plain)), int(request.user.pk or 0)
    if view is None and _there(definition.name):
        raise Refused(
            _("There is an offer “%(name)s” already. Take another name.") % {"name": definition.name}
        )
    if view is not None and write_offer_file(view.definition).splitlines() != before.strip().splitlines():
        raise Refused(_("It was changed meanwhile. Look at it again, then change it."))
    if _draft(view):
        save_draft(definition, actor_id=actor)
    else:
        open_offer(definition, actor_id=actor)


def _draft(view: OfferView | None) -> bool:
    return view is None or view.state is State.DRAFT


def _there(name: str) -> bool:
    try:
        offer(name)
    except Refused:
        return False
    return True


def _page(
    request: HttpRequest, plain: Plain, view: OfferView | None, *, before: str, problems: dict[str, str]
) -> HttpResponse:
    languages = tongues(spoken(plain))
    zone = _zone(request)
    randomness = mapping(plain.get("randomness"))
    fallback = mapping(randomness.get("fallback"))
    parties = mapping(randomness.get("parties") or fallback.get("parties"))
    margin, after = figure(randomness.get("margin", 1800)), figure(fallback.get("after", 86_400))
    tongue = request.POST.get("tongue", "")
    codes = [one.code for one in languages]
    method = str(plain.get("method", "draw"))
    words: dict[str, Any] = {
        "rail": "club",
        "view": view,
        "title": said(texts_at(plain, "title"), reader_language()),
        "name": plain.get("offer", ""),
        "method": method,
        "at_once": method in AT_ONCE,
        "texts": {
            key: text_row(key, texts_at(plain, key), languages, problems.get(key, "")) for key in TEXTS
        },
        "moments": {key: moment_field(str(plain.get(key, "")), zone) for key in MOMENTS},
        "values": {key: plain.get(key, "") for key in WHOLE},
        "criteria": ", ".join(plain.get("criteria", ())),
        "audience": plain.get("audience", ""),
        "excluded": [*mapping(plain.get("exclude")).items(), ("", "")],
        "parts": sheet_parts(plain, languages, problems),
        "genders": GENDERS,
        "inputs": sheet_inputs(plain),
        "cap": mapping(plain.get("weights")).get("cap", ""),
        "source": randomness.get("source", "drand"),
        "margin": margin // 60 if isinstance(margin, int) else margin,
        "after": after // 3600 if isinstance(after, int) else after,
        "parties": "\n".join(f"{who}: {hash_}" for who, hash_ in parties.items()),
        "more": more_of(plain),
        "tongue": tongue
        if tongue in codes
        else reader_language()
        if reader_language() in codes
        else codes[0],
        "zone": zone,
        "zones": sorted(timezones()),
        "before": before,
        "problems": problems,
        "here": reverse("offer-desk:change", args=[view.name]) if view else reverse("offer-desk:build"),
    }
    status = 422 if problems else 200
    return render(request, "rewards/desk_build.html", words | _seen(plain, zone), status=status)


def _seen(plain: Plain, zone: str) -> dict[str, Any]:
    looks = looks_of(plain, tongues(spoken(plain)))
    return {
        "looks": looks,
        "tongues": [one.tongue for one in looks],
        "lacking": [one.tongue.code for one in looks if one.missing],
        "consequences": consequences(plain, zone),
    }


def _zone(request: HttpRequest) -> str:
    chosen = request.POST.get("zone", "")
    return chosen if chosen in timezones() else house_zone()


def _known(name: str) -> OfferView:
    try:
        return offer(name)
    except Refused:
        raise Http404 from None


def _download(source: str, name: str) -> HttpResponse:
    answer = HttpResponse(source, content_type="application/yaml; charset=utf-8")
    safe = "".join(sign for sign in name if sign.isascii() and (sign.isalnum() or sign == "-")) or "offer"
    answer["Content-Disposition"] = f'attachment; filename="{safe}.yaml"'
    return answer
