"""The studio's desk for news of the club: write it in every language, see what is told, take it down."""

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from tifo.fanclub import actions, queries
from tifo.fanclub.types import NewsText
from tifo.kernel.public import Refused
from tifo.ui.public import desk_entry, language_name, reader_language

TELLERS = frozenset({"communicator", "animator", "admin"})
SHOWN = 50
desk_entry("news", gettext_lazy("News"), "sources:news", 80)


class NewsForm(forms.Form):
    """A title and a text for each language of the house; English is needed."""

    link = forms.CharField(
        label=gettext_lazy("Where to read on"),
        required=False,
        max_length=500,
        help_text=gettext_lazy("Such as /sessions/, or an address that begins with https://"),
    )
    until = forms.DateField(
        label=gettext_lazy("Last day on the first page"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        for code in settings.TIFO_LANGUAGES:
            called = {"language": language_name(code)}
            self.fields[f"title_{code}"] = forms.CharField(
                label=_("Title (%(language)s)") % called, max_length=120, required=code == "en"
            )
            self.fields[f"text_{code}"] = forms.CharField(
                label=_("Text (%(language)s)") % called,
                max_length=1_000,
                required=False,
                widget=forms.Textarea(attrs={"rows": 3}),
            )
        self.order_fields([name for name in self.fields if name not in ("link", "until")])

    def texts(self) -> dict[str, NewsText]:
        """Those that have a title."""
        said = self.cleaned_data
        return {
            code: NewsText(said[f"title_{code}"], said[f"text_{code}"])
            for code in settings.TIFO_LANGUAGES
            if said[f"title_{code}"]
        }

    def end(self) -> datetime | None:
        """The end of its last day."""
        day = self.cleaned_data["until"]
        return timezone.make_aware(datetime.combine(day + timedelta(days=1), time())) if day else None


@require_http_methods(["GET", "HEAD", "POST"])
def news(request: HttpRequest) -> HttpResponse:
    """What members read now, and something new."""
    form = NewsForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.publish_news(
                form.texts(),
                until=form.end(),
                link=form.cleaned_data["link"],
                actor_id=int(request.user.pk or 0),
            )
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("Members read it from now on."))
            return redirect("sources:news")
    words = {
        "rail": "club",
        "form": form,
        "may": bool(TELLERS & request.roles),  # type: ignore[attr-defined]
        "news": queries.news(reader_language(), limit=SHOWN),
    }
    return render(request, "fanclub/news.html", words, status=422 if form.errors else 200)


@require_POST
def take_down(request: HttpRequest, news_id: int) -> HttpResponse:
    """Nobody reads it any more."""
    actions.take_down_news(news_id, actor_id=int(request.user.pk or 0))
    messages.success(request, _("Taken down."))
    return redirect("sources:news")
