"""The studio's audiences: kept questions, and the desk where one is made."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, path, reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tifo.accounts.public import names_of
from tifo.audiences import actions, queries
from tifo.audiences.rules.reference import describe
from tifo.audiences.types import AudienceError, Count, SavedAudience
from tifo.audiences.web.desk import Desk, act
from tifo.kernel.public import Refused
from tifo.lake.public import looking, words
from tifo.ui.public import Bar

app_name = "audiences"

KEEPERS = frozenset({"communicator", "animator", "analyst", "admin"})
"""Roles that may keep, change and delete a question; whoever else comes here may look and ask."""
SAMPLE = 12
FAN_PAGES = ("registry:fan", "fans:fan")


@dataclass(frozen=True)
class Answer:
    """What the desk says of a question: how many, or why it can't be said."""

    count: Count | None = None
    problem: str = ""


def _may_keep(request: HttpRequest) -> bool:
    roles: frozenset[str] = getattr(request, "roles", frozenset())
    return bool(roles & KEEPERS)


def _answer(desk: Desk) -> Answer:
    if desk.expression is None:
        return Answer()
    try:
        with looking() as reader:
            return Answer(queries.count_of(desk.expression, reader))
    except Refused as refused:
        return Answer(problem=str(refused))


def _fan_page(fan_id: int) -> str:
    for name in FAN_PAGES:
        try:
            return reverse(name, args=[fan_id])
        except NoReverseMatch:
            continue
    return ""


def _language_name(code: str | None) -> str:
    from babel import Locale, UnknownLocaleError

    if code is None:
        return _("unknown")
    try:
        named = Locale.parse(translation.to_locale(translation.get_language() or "en")).languages.get(code)
    except (UnknownLocaleError, ValueError):
        named = None
    return named or code


def _who(desk: Desk) -> dict[str, Any]:
    """Sizes and examples of an audience, ready for the page."""
    if desk.expression is None:
        return {"asked": False}
    try:
        with looking() as reader:
            sizes = queries.sizes(desk.text, reader=reader)
            sampled = queries.sampled(desk.text, SAMPLE, reader=reader)
    except Refused as refused:
        return {"asked": True, "problem": str(refused)}
    channels = {"email": _("by e-mail"), "sms": _("by phone"), "none": _("by nothing we know")}
    return {
        "asked": True,
        "total": sizes.total,
        "languages": [
            Bar(_language_name(code), number, sizes.total) for code, number in sizes.by_language.items()
        ],
        "channels": [
            Bar(channels[channel], number, sizes.total) for channel, number in sizes.by_channel.items()
        ],
        "examples": [(one, _fan_page(one.fan_id), _language_name(one.language)) for one in sampled],
    }


def _context(request: HttpRequest, desk: Desk, kept: SavedAudience | None) -> dict[str, Any]:
    phrase = queries.phrases(desk.expression) if desk.expression else None
    return {
        "rail": "audiences",
        "desk": desk,
        "answer": _answer(desk),
        "phrase": phrase,
        "kept": kept,
        "may_keep": _may_keep(request),
        "here": reverse("audiences:edit", args=[kept.id]) if kept else reverse("audiences:new"),
    }


@require_GET
def listed(request: HttpRequest) -> HttpResponse:
    """All kept questions."""
    kept = queries.saved_audiences()
    names = names_of([one.made_by for one in kept if one.made_by])
    sought = request.GET.get("q", "").strip()
    if sought:
        kept = [one for one in kept if sought.casefold() in f"{one.name}\n{one.text}\n{one.note}".casefold()]
    return render(
        request,
        "audiences/list.html",
        {
            "rail": "audiences",
            "audiences": [(one, names.get(one.made_by or 0, "")) for one in kept],
            "sought": sought,
            "may_keep": _may_keep(request),
        },
    )


@require_GET
def size(request: HttpRequest, audience_id: int) -> HttpResponse:
    """How many fans a kept question has now, for its row in the list."""
    desk = Desk(_kept(audience_id).text)
    answer = _answer(desk)
    return render(request, "audiences/_size.html", {"answer": answer, "desk": desk})


def _kept(audience_id: int) -> SavedAudience:
    found = queries.saved_audience(audience_id)
    if found is None:
        raise Http404
    return found


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """The desk with an empty sheet, or with the question in `?text=`."""
    return _desk(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, audience_id: int) -> HttpResponse:
    """The desk with a kept question."""
    return _desk(request, _kept(audience_id))


def _desk(request: HttpRequest, kept: SavedAudience | None) -> HttpResponse:
    if request.method != "POST":
        text = kept.text if kept else request.GET.get("text", "")
        desk = Desk(text)
        if not text.strip():
            desk = act(desk, "open top", {})
        context = _context(request, desk, kept)
        context |= {"name": kept.name if kept else "", "note": kept.note if kept else ""}
        return render(request, "audiences/desk.html", context)
    sent = request.POST
    text = sent.get("text", "").replace("\r\n", "\n")
    command = sent.get("act", "save")
    if command == "save":
        try:
            audience_id = actions.save_audience(
                name=sent.get("name", ""),
                text=text,
                note=sent.get("note", ""),
                by=request.user.pk,
                audience_id=kept.id if kept else None,
            )
        except Refused as refused:
            messages.error(request, str(refused))
            return _drawn(request, Desk(text), kept, sent)
        messages.success(request, _("Kept. Campaigns can ask for it by its text."))
        return redirect("audiences:edit", audience_id)
    try:
        desk = act(Desk(text), command, sent.dict())
    except AudienceError as error:
        messages.error(request, str(error))
        desk = Desk(text)
    return _drawn(request, desk, kept, sent, who=command == "who")


def _drawn(
    request: HttpRequest, desk: Desk, kept: SavedAudience | None, sent: QueryDict, *, who: bool = False
) -> HttpResponse:
    context = _context(request, desk, kept)
    context |= {"name": sent.get("name", ""), "note": sent.get("note", "")}
    if who:
        context["who"] = _who(desk)
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "audiences/_desk.html", context)
    return render(request, "audiences/desk.html", context)


@require_POST
def answer(request: HttpRequest) -> HttpResponse:
    """What is said beside the text while it is typed; the tree follows."""
    desk = Desk(request.POST.get("text", "").replace("\r\n", "\n"))
    return render(request, "audiences/_answered.html", _context(request, desk, None))


@require_POST
def who(request: HttpRequest) -> HttpResponse:
    """Sizes per language and channel, and examples."""
    desk = Desk(request.POST.get("text", "").replace("\r\n", "\n"))
    return render(request, "audiences/_who.html", {"who": _who(desk)})


@require_POST
def delete(request: HttpRequest, audience_id: int) -> HttpResponse:
    """Forget a kept question."""
    kept = _kept(audience_id)
    try:
        actions.delete_audience(audience_id, by=request.user.pk)
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("“%(name)s” is deleted.") % {"name": kept.name})
    return redirect("audiences:list")


@require_GET
def vocabulary(request: HttpRequest) -> HttpResponse:
    """All words that a question can use."""
    return render(request, "audiences/words.html", {"rail": "audiences", "vocabulary": describe(words())})


urlpatterns = [
    path("", listed, name="list"),
    path("new/", new, name="new"),
    path("answer/", answer, name="answer"),
    path("who/", who, name="who"),
    path("words/", vocabulary, name="words"),
    path("<int:audience_id>/", edit, name="edit"),
    path("<int:audience_id>/size/", size, name="size"),
    path("<int:audience_id>/delete/", delete, name="delete"),
]
