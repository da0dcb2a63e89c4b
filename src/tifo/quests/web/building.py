"""Building a quest by fields, beside what fans will see; what it writes is the same file that the command line reads."""

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
from tifo.quests.public import listed, open_quest, source_of
from tifo.quests.rules import KINDS
from tifo.quests.types import said
from tifo.quests.web.foreseen import consequences, looks_of, problems_of, sheet_questions, sheet_rows, spoken
from tifo.quests.web.sheet import (
    LISTED,
    TEXTS,
    WHOLE,
    Plain,
    asks,
    begun,
    changed,
    more_of,
    plain_in,
    plain_of,
    settings_of,
    unknown_to,
    written,
)
from tifo.spectators.public import house_zone
from tifo.ui.public import moment_field, reader_language, text_row, tongues


@require_http_methods(["GET", "HEAD", "POST"])
def build(request: HttpRequest) -> HttpResponse:
    """A new quest: first its kind, then its fields."""
    if request.method == "POST":
        return _sent(request, "")
    kind = request.GET.get("kind", "")
    if kind not in KINDS:
        return render(request, "quests/desk_kinds.html", {"rail": "club", "kinds": list(KINDS)})
    start = (clock.now() + timedelta(days=1)).replace(hour=8, minute=0, second=0, microsecond=0)
    plain = begun(kind, opens=start.isoformat(), closes=(start + timedelta(days=14)).isoformat())
    return _page(request, plain, name="", before="", problems={})


@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, name: str) -> HttpResponse:
    """A quest that is there, by its fields."""
    before = _source(name)
    if request.method == "POST":
        return _sent(request, name)
    return _page(request, plain_of(before), name=name, before=before, problems={})


@require_POST
def look(request: HttpRequest) -> HttpResponse:
    """What is said beside the fields while they are written. Writes nothing; a POST because a quest is long."""
    plain = plain_in(request.POST, zone=_zone(request))
    return render(request, "quests/_look.html", _seen(plain, _zone(request)))


@require_safe
def file(request: HttpRequest, name: str) -> HttpResponse:  # noqa: ARG001
    """Its file, for whoever keeps it in git."""
    return _download(_source(name), name)


def _sent(request: HttpRequest, name: str) -> HttpResponse:
    act = request.POST.get("act", "look")
    before = request.POST.get("before", "") if name else ""
    plain = plain_in(request.POST, name=name, zone=_zone(request))
    if act == "file":
        try:
            return _download(written(plain), str(plain.get("quest", "quest")))
        except Refused as refused:
            return _page(request, plain, name=name, before=before, problems={"more": str(refused)})
    if act != "open":
        return _page(
            request, plain if act == "look" else changed(plain, act), name=name, before=before, problems={}
        )
    problems = problems_of(plain)
    if not problems:
        try:
            opened = open_quest(written(plain), actor_id=int(request.user.pk or 0), instead_of=before)
        except Refused as refused:
            problems = {"": str(refused)}
        else:
            messages.success(request, _("It is with the fans from its opening on."))
            return redirect("quest-desk:quest", opened.name)
    return _page(request, plain, name=name, before=before, problems=problems)


def _page(
    request: HttpRequest, plain: Plain, *, name: str, before: str, problems: dict[str, str]
) -> HttpResponse:
    kind = str(plain.get("kind", ""))
    if kind not in KINDS:
        raise Http404
    languages = tongues(spoken(plain))
    zone = _zone(request)
    shown_fields = {
        "texts": {
            key: text_row(key, plain.get(key) or {}, languages, problems.get(key, "")) for key in TEXTS
        },
        "values": {key.replace("-", "_"): plain.get(key, "") for key in WHOLE},
        "lists": {key: "\n".join(plain.get(key, ())) for key in LISTED if key != "topics"},
        "listings": sheet_rows(plain, languages),
        "topics": ", ".join(plain.get("topics", ())),
        "audience": plain.get("audience", ""),
        "opens": moment_field(str(plain.get("opens", "")), zone),
        "closes": moment_field(str(plain.get("closes", "")), zone),
        "questions": sheet_questions(plain, languages, problems),
        "more": more_of(plain),
    }
    tongue = request.POST.get("tongue", "")
    codes = [one.code for one in languages]
    words: dict[str, Any] = {
        "rail": "club",
        "name": name,
        "title": said(plain.get("title") or {}, reader_language()),
        "quest": plain.get("quest", ""),
        "kind": kind,
        "asks": asks(kind),
        "settings": settings_of(kind),
        "unknown": unknown_to(kind),
        "tongue": tongue
        if tongue in codes
        else reader_language()
        if reader_language() in codes
        else codes[0],
        "zone": zone,
        "zones": sorted(timezones()),
        "before": before,
        "problems": problems,
        "fixed": bool(name) and any(one.name == name and one.plays for one in listed()),
        "here": reverse("quest-desk:change", args=[name]) if name else reverse("quest-desk:build"),
    }
    status = 422 if problems else 200
    return render(
        request, "quests/desk_build.html", words | shown_fields | _seen(plain, _zone(request)), status=status
    )


def _seen(plain: Plain, zone: str) -> dict[str, Any]:
    looks = looks_of(plain, tongues(spoken(plain)))
    return {
        "looks": looks,
        "tongues": [one.tongue for one in looks],
        "lacking": [one.tongue.code for one in looks if one.missing],
        "consequences": consequences(plain, zone),
        "points": int(plain["points"]) if str(plain.get("points", "")).isdigit() else 0,
        "kind": plain.get("kind", ""),
    }


def _zone(request: HttpRequest) -> str:
    chosen = request.POST.get("zone", "")
    return chosen if chosen in timezones() else house_zone()


def _source(name: str) -> str:
    found = source_of(name)
    if not found:
        raise Http404
    return found


def _download(source: str, name: str) -> HttpResponse:
    answer = HttpResponse(source, content_type="application/yaml; charset=utf-8")
    safe = "".join(sign for sign in name if sign.isascii() and (sign.isalnum() or sign == "-")) or "quest"
    answer["Content-Disposition"] = f'attachment; filename="{safe}.yaml"'
    return answer
