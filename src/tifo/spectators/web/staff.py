"""The studio's desk for spectators: the programme, a session, a venue, and importing them."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from tifo.kernel.public import Refused, clock
from tifo.spectators import queries
from tifo.spectators.actions import FILES, apply_run, ask_check
from tifo.spectators.queries import Filters
from tifo.ui.public import Bar, day, language_name

app_name = "spectators"

SESSIONS_A_PAGE = 100
EVERY = "all"


class FilterForm(forms.Form):
    """Which part of the programme is shown."""

    day = forms.ChoiceField(label=gettext_lazy("Day at the venue"))
    venue = forms.ChoiceField(label=gettext_lazy("Venue"))
    sport = forms.ChoiceField(label=gettext_lazy("Sport"))

    def __init__(self, data: Mapping[str, str], days: Iterable[tuple[date, int]]) -> None:
        super().__init__(data)
        self._choices(
            "day",
            [
                (EVERY, _("Every day")),
                *((str(d), f"{day(d, language=get_language() or 'en')} ({count})") for d, count in days),
            ],
        )
        self._choices("venue", [(EVERY, _("Every venue")), *((v.code, v.name) for v in queries.venues())])
        self._choices("sport", [(EVERY, _("Every sport")), *queries.sports()])

    def _choices(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101  declared above
        field.choices = choices


@require_http_methods(["GET", "HEAD"])
def programme(request: HttpRequest) -> HttpResponse:
    """Who comes when: the sessions of a day, with tickets held and holders known."""
    venue, sport = (_chosen(request, name) for name in ("venue", "sport"))
    days = queries.programme_days(Filters(None, venue, sport))
    asked = request.GET.get("day", "")
    shown = None if asked == EVERY or not days else _day(asked) or _next_day([one for one, _count in days])
    found = queries.programme(Filters(shown, venue, sport))
    form = FilterForm(
        {"day": str(shown) if shown else EVERY, "venue": venue or EVERY, "sport": sport or EVERY}, days
    )
    context = {
        "rail": "spectators",
        "tab": "programme",
        "form": form,
        "day": shown,
        "page": Paginator(found, SESSIONS_A_PAGE).get_page(request.GET.get("page")),
        "sessions": len(found),
        "tickets": sum(one.tickets for one in found),
        "known": sum(one.known for one in found),
        "anything": bool(days) or bool(venue or sport),
    }
    return render(request, "spectators/programme.html", context)


def _chosen(request: HttpRequest, name: str) -> str:
    """The value chosen for a filter; empty for all."""
    value = request.GET.get(name, "")
    return "" if value == EVERY else value


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _next_day(days: list[date]) -> date:
    """Today or the next day of competition; after the event its first day."""
    today = clock.now().date()
    return next((one for one in days if one >= today), days[0])


@require_http_methods(["GET", "HEAD"])
def session(request: HttpRequest, code: str) -> HttpResponse:
    """One session: through which gates its spectators come, and whom of them we can write to."""
    found = queries.session(code)
    if found is None:
        raise Http404
    by_gate, languages = queries.session_people(code)
    gates = {gate.code: gate for gate in queries.gates_of(found.venue_code)}
    tickets, known = sum(one.tickets for one in by_gate), sum(one.known for one in by_gate)
    people = sum(count for _language, count in languages)
    context = {
        "rail": "spectators",
        "session": found,
        "gates": [(gates.get(one.name), one) for one in by_gate],
        "tickets": tickets,
        "known": known,
        "unknown": tickets - known,
        "people": people,
        "languages": [
            Bar(language_name(code) if code else _("not known"), count, people) for code, count in languages
        ],
    }
    return render(request, "spectators/session.html", context)


@require_http_methods(["GET", "HEAD"])
def venues(request: HttpRequest) -> HttpResponse:
    """All venues."""
    return render(
        request,
        "spectators/venues.html",
        {"rail": "spectators", "tab": "venues", "venues": queries.venue_counts()},
    )


@require_http_methods(["GET", "HEAD"])
def venue(request: HttpRequest, code: str) -> HttpResponse:
    """One venue: its time zone, its gates, its sessions."""
    found = next((one for one in queries.venues() if one.code == code), None)
    if found is None:
        raise Http404
    listed = queries.programme(Filters(venue=code))
    context = {
        "rail": "spectators",
        "venue": found,
        "now": clock.now(),
        "gates": queries.gates_of(code),
        "page": Paginator(listed, SESSIONS_A_PAGE).get_page(request.GET.get("page")),
        "sessions": len(listed),
    }
    return render(request, "spectators/venue.html", context)


class ManyFiles(forms.FileField):
    """Several files at once, each through Django's own check."""

    widget = type("ManyFilesInput", (forms.FileInput,), {"allow_multiple_selected": True})

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        """The files, at least one."""
        chosen = data if isinstance(data, list | tuple) else [data]
        return [super(ManyFiles, self).clean(one, initial) for one in chosen]


class ImportForm(forms.Form):
    """Files to import."""

    chosen = ManyFiles(
        label=gettext_lazy("Files"),
        help_text=gettext_lazy(
            "venues.csv, sessions.csv, gates.csv and tickets.csv, together or one by one."
        ),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    """Upload files: they are checked first, nothing is changed yet."""
    form = ImportForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            run_id = ask_check(
                [(one.name, one.chunks()) for one in form.cleaned_data["chosen"]], asked_by=request.user.pk
            )
        except Refused as error:
            form.add_error("chosen", str(error))
        else:
            return redirect("spectators:import_run", run_id)
    columns = [(f"{name}.csv", known, required) for name, (known, required) in FILES.items()]
    return render(
        request,
        "spectators/import.html",
        {
            "rail": "spectators",
            "tab": "import",
            "form": form,
            "columns": columns,
            "runs": queries.import_runs(),
        },
    )


@require_http_methods(["GET", "HEAD"])
def import_run(request: HttpRequest, run_id: int) -> HttpResponse:
    """What an import found, or how far it is."""
    run = queries.import_run(run_id)
    if run is None:
        raise Http404
    part = bool(request.headers.get("HX-Request"))
    template = "spectators/import_state.html" if part else "spectators/import_run.html"
    # 286 tells htmx to stop asking; the whole page then shows what can be done with the result
    status = 286 if part and not run.waiting else 200
    answer = render(request, template, {"rail": "spectators", "run": run}, status=status)
    if status == 286:
        answer["HX-Refresh"] = "true"
    return answer


@require_POST
def apply(request: HttpRequest, run_id: int) -> HttpResponse:
    """Import what was checked."""
    try:
        apply_run(run_id, asked_by=request.user.pk)
    except Refused as error:
        messages.error(request, str(error))
    return redirect("spectators:import_run", run_id)


urlpatterns = [
    path("", programme, name="programme"),
    path("sessions/<str:code>/", session, name="session"),
    path("venues/", venues, name="venues"),
    path("venues/<str:code>/", venue, name="venue"),
    path("import/", upload, name="import"),
    path("import/<int:run_id>/", import_run, name="import_run"),
    path("import/<int:run_id>/apply/", apply, name="apply_import"),
]
