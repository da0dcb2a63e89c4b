"""The studio's desk for places that people join from: links, forms for other sites, and what comes of them."""

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from tifo.fanclub import actions, queries
from tifo.fanclub.types import Source
from tifo.fanclub.web.news import news, take_down
from tifo.kernel.public import Refused
from tifo.ui.public import desk_entry

app_name = "sources"
KEEPERS = frozenset({"communicator", "animator", "admin"})
desk_entry("sources", gettext_lazy("Where they join"), "sources:list", 90)


class SourceForm(forms.Form):
    """A new place."""

    name = forms.CharField(
        label=gettext_lazy("What it is"),
        max_length=100,
        help_text=gettext_lazy("Such as: city festival, poster at the station."),
    )
    code = forms.CharField(
        label=gettext_lazy("Its code"),
        max_length=40,
        help_text=gettext_lazy("Small letters, digits and hyphens: it stands in the link."),
    )
    campaign = forms.CharField(label=gettext_lazy("Its campaign"), max_length=100, required=False)


@require_http_methods(["GET", "HEAD", "POST"])
def sources(request: HttpRequest) -> HttpResponse:
    """Every place with its link, its form, and what came of it this week; a new one."""
    may = bool(KEEPERS & request.roles)  # type: ignore[attr-defined]
    form = SourceForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            actions.open_source(
                said["code"], said["name"], said["campaign"], actor_id=int(request.user.pk or 0)
            )
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("People can join from there now."))
            return redirect("sources:list")
    words = {
        "rail": "club",
        "form": form,
        "may": may,
        "sources": [(place, *_ways(place)) for place in queries.sources()],
    }
    return render(request, "fanclub/sources.html", words, status=422 if form.errors else 200)


def _ways(place: Source) -> tuple[str, str]:
    """(link, form for another site): plain HTML, no script, no cookie; it leads to our own form."""
    link = settings.TIFO_PUBLIC_URL + reverse("fanclub:join-from", args=[place.code])
    return link, render_to_string("fanclub/parts/embed.html", {"link": link}).strip()


@require_POST
def close(request: HttpRequest, code: str) -> HttpResponse:
    """Its links lead to our own form from now on."""
    actions.close_source(code, actor_id=int(request.user.pk or 0))
    messages.success(request, _("Closed. Its links lead to the club’s own form."))
    return redirect("sources:list")


urlpatterns = [
    path("sources/", sources, name="list"),
    path("sources/<slug:code>/close/", close, name="close"),
    path("news/", news, name="news"),
    path("news/<int:news_id>/take-down/", take_down, name="take-down"),
]
