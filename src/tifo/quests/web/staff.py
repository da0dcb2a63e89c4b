"""The studio's quests: what runs, how many play, and how it came out."""

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tifo.kernel.public import Refused
from tifo.quests.public import (
    check_quest,
    listed,
    look_at,
    open_quest,
    quest_named,
    settle,
    source_of,
)
from tifo.quests.types import said
from tifo.quests.web import moderation
from tifo.quests.web.building import build, change, file, look
from tifo.quests.web.foreseen import Look, consequences, looks_of, spoken
from tifo.quests.web.moderation import moderation_words
from tifo.quests.web.sheet import plain_of
from tifo.quests.web.shown import held_shown, taken_up
from tifo.spectators.public import house_zone
from tifo.ui.public import desk_entry, reader_language, tongues

app_name = "quest-desk"
OVER = 286
"""What htmx takes as: nothing more to come."""
ANIMATORS = frozenset({"animator", "communicator", "admin"})
desk_entry("quests", gettext_lazy("Quests"), "quest-desk:list", 20)


class FileForm(forms.Form):
    """A quest as its file says it."""

    source = forms.CharField(
        label=gettext_lazy("The quest’s file"),
        max_length=200_000,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 24, "dir": "ltr", "spellcheck": "false"}),
        help_text=gettext_lazy("YAML; a mistake is named by its line. The guide shows each kind."),
    )


def _may(request: HttpRequest) -> bool:
    return bool(ANIMATORS & request.roles)  # type: ignore[attr-defined]


@require_safe
def quests(request: HttpRequest) -> HttpResponse:
    """All of them, the newest first."""
    language = reader_language()
    rows = [(one, said(one.title, language)) for one in listed()]
    return render(request, "quests/desk.html", {"rail": "club", "rows": rows, "may": _may(request)})


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Open one from its file, or look first at what fans will see."""
    form = FileForm(request.POST if request.method == "POST" else None)
    previews: list[Look] = []
    follows: list[str] = []
    if request.method == "POST" and form.is_valid():
        source = form.cleaned_data["source"]
        try:
            if request.POST.get("act") == "open":
                opened = open_quest(source, actor_id=int(request.user.pk or 0))
                messages.success(request, _("It is with the fans from its opening on."))
                return redirect("quest-desk:quest", opened.name)
            check_quest(source)
            plain = plain_of(source)
            previews, follows = looks_of(plain, tongues(spoken(plain))), consequences(plain, house_zone())
        except Refused as refused:
            form.add_error("source", str(refused))
    words = {"rail": "club", "form": form, "looks": previews, "consequences": follows}
    return render(request, "quests/desk_new.html", words, status=422 if form.errors else 200)


@require_safe
def quest(request: HttpRequest, name: str) -> HttpResponse:
    """One of them: who played, what was chosen, what waits for a person."""
    found = quest_named(name)
    if found is None:
        raise Http404
    language = reader_language()
    shown = next(one for one in listed() if one.name == name)
    words = {
        "rail": "club",
        "quest": found,
        "title": said(found.title, language),
        "shown": shown,
        "taken": taken_up(found, language),
        "held": held_shown(found),
        **moderation_words(found),
        "source": source_of(name),
        "may": _may(request),
        "here": request.path,
    }
    if request.headers.get("HX-Request"):
        return render(request, "quests/_uptake.html", words, status=200 if shown.state == "open" else OVER)
    return render(request, "quests/desk_quest.html", words)


@require_POST
def came_out(request: HttpRequest, name: str) -> HttpResponse:
    """The result of a prediction, or a better one."""
    found = quest_named(name)
    if found is None:
        raise Http404
    right = {one.key: tuple(request.POST.getlist(f"q{one.key}")) for one in found.questions}
    try:
        settle(name, right, actor_id=int(request.user.pk or 0))
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("Settled. Points follow within a minute."))
    return redirect("quest-desk:quest", name)


@require_POST
def judge(request: HttpRequest, name: str, play: int) -> HttpResponse:
    """What was held counts, or does not."""
    try:
        ok, reason = request.POST.get("act") == "count", request.POST.get("reason", "")
        look_at(
            name,
            play,
            ok=ok,
            reason="" if ok else reason,
            answer=request.POST.get("answer", ""),
            actor_id=int(request.user.pk or 0),
        )
    except Refused as refused:
        messages.error(request, str(refused))
    return redirect("quest-desk:quest", name)


urlpatterns = [
    path("", quests, name="list"),
    path("new/", new, name="new"),
    path("build/", build, name="build"),
    path("look/", look, name="look"),
    path("<slug:name>/", quest, name="quest"),
    path("<slug:name>/change/", change, name="change"),
    path("<slug:name>/file.yaml", file, name="file"),
    path("<slug:name>/settle/", came_out, name="settle"),
    path("<slug:name>/held/<int:play>/", judge, name="judge"),
    *moderation.urlpatterns,
]
