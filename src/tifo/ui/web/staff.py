"""All components on one page: living documentation, and what the screenshots show."""

from datetime import UTC, datetime, timedelta

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import Context, Template
from django.template.loader import render_to_string
from django.urls import path
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

import tifo.kernel.public as kernel
from tifo.ui import rules
from tifo.ui.types import Bar

app_name = "ui"

FINISHED = 286  # what htmx takes as "don't ask again"

LANGUAGES = (("fr", "Français"), ("en", "English"), ("ar", "العربية"))
PEOPLE = (
    ("Léa Martin", "lea.martin@example.org", 2, "given", "good"),
    ("Björn Þórsson", "bjorn.thorsson@example.org", 0, "pending", "watch"),
    ("ليلى حداد", "layla.haddad@example.org", 12, "withdrawn", "stop"),
    ("María José Carreño Quiñones", "maria.jose@example.org", 1480, "unknown", ""),
)
ROWS = (
    Bar("Français", 8210, 12312, href="#bars"),
    Bar("English", 2840, 12312),
    Bar("Español", 1102, 12312),
    Bar("العربية", 160, 12312),
)
OPENED = (
    Bar("Welcome", 0.63, 1, certain=0.41),
    Bar("Last seats", 0.38, 1, certain=0.22),
    Bar("My session, gate and way", 0.81, 1, certain=0.66),
)


class SampleForm(forms.Form):
    """One field of each kind."""

    name = forms.CharField(max_length=80, help_text="As it stands in the list of audiences.")
    email = forms.EmailField(label="Test address")
    share = forms.IntegerField(label="First step", required=False)
    language = forms.ChoiceField(choices=LANGUAGES)
    question = forms.CharField(widget=forms.Textarea, help_text="Who shall get it?")
    purpose = forms.ChoiceField(
        choices=(("newsletter", "Newsletter"), ("ticketing", "Ticketing")), widget=forms.RadioSelect
    )
    channels = forms.MultipleChoiceField(
        choices=(("email", "Mail"), ("push", "Push")), widget=forms.CheckboxSelectMultiple, required=False
    )
    people = forms.FileField(required=False, label="List of people")
    agreed = forms.BooleanField(
        label="I looked at three samples", help_text="Nothing goes out before you did."
    )


@require_safe
def components(request: HttpRequest) -> HttpResponse:
    """Each component with every state it has."""
    now = kernel.clock.now()
    messages.info(request, "The lake is 4 minutes old.")
    page = Paginator(range(12480), 50).get_page(request.GET.get("page") or "3")
    wrong = SampleForm(
        {
            "name": "The week of judo",
            "email": "lea@",
            "language": "fr",
            "question": 'likes("judo") >= 0.5\n  or hold_ticket(sport: "Judo")',
            "purpose": "newsletter",
            "share": "1",
        }
    )
    wrong.add_error(
        "question", 'There is no word "hold_ticket" at column 6 of line 2; did you mean "holds_ticket"?'
    )
    return render(
        request,
        "ui/components.html",
        {
            "rail": "settings",
            "people": PEOPLE,
            "page": page,
            "rows": ROWS,
            "opened": OPENED,
            "form": SampleForm(prefix="fresh"),
            "wrong": wrong,
            "now": now,
            "then": now - timedelta(minutes=3),
            "earlier": now - timedelta(days=2),
            "starts": datetime(2024, 7, 27, 14, 0, tzinfo=UTC),
            "ends": datetime(2024, 7, 27, 16, 30, tzinfo=UTC),
            "surf": datetime(2024, 7, 27, 17, 0, tzinfo=UTC),
        },
    )


@require_safe
def club(request: HttpRequest) -> HttpResponse:
    """How a page of the fan club looks."""
    return render(
        request,
        "ui/components_club.html",
        {
            "starts": datetime(2024, 7, 27, 14, 0, tzinfo=UTC),
            "ends": datetime(2024, 7, 27, 16, 30, tzinfo=UTC),
        },
    )


@require_safe
def plain(request: HttpRequest) -> HttpResponse:
    """How a page that asks one thing looks."""
    return render(request, "ui/components_plain.html", {"form": SampleForm()})


@require_safe
def progress(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 -- as Django calls it
    """A live part that has come to its end."""
    return HttpResponse(
        Template('{% load ui %}{% progress 12312 12312 label="Fetched again" %}').render(Context()),
        status=FINISHED,
    )


@require_safe
@xframe_options_sameorigin
def letter(request: HttpRequest) -> HttpResponse:
    """A made-up mail for the preview frame."""
    html = render_to_string("ui/components_letter.html")
    return HttpResponse(rules.shown_dark(html) if "dark" in request.GET else html)


urlpatterns = [
    path("studio/components/", components, name="components"),
    path("studio/components/club/", club, name="components-club"),
    path("studio/components/plain/", plain, name="components-plain"),
    path("studio/components/progress/", progress, name="components-progress"),
    path("studio/components/letter/", letter, name="components-letter"),
]
