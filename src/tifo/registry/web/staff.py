"""The studio's desk for people: the list, a fan's page, her rights."""

from collections.abc import Callable
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tifo.accounts.public import Role
from tifo.delivery.public import FeedbackLine, SentMessage
from tifo.fans.public import Fan, newest_fans, search_fans
from tifo.kernel.public import Refused
from tifo.registry import queries
from tifo.registry.actions import rights
from tifo.registry.queries import display_name
from tifo.registry.web import imports
from tifo.registry.web.drawing import growth_line
from tifo.registry.web.forms import ConsentForm, FactsForm
from tifo.ui.public import typed_matches

app_name = "registry"

FANS_A_PAGE = 50
MOST_FOUND = 200
_CHANGEABLE = tuple(FactsForm.base_fields)


def _actor(request: HttpRequest) -> int:
    return int(request.user.pk)  # type: ignore[arg-type]  # the matrix lets nobody else come here


def _may(request: HttpRequest, *roles: Role) -> bool:
    held: frozenset[str] = request.roles  # type: ignore[attr-defined]
    return bool(held & set(roles))


def _fan_or_404(fan_id: int) -> Fan:
    try:
        return queries.fan_of(fan_id)
    except Refused as refused:
        raise Http404(str(refused)) from None


@require_GET
def fans(request: HttpRequest) -> HttpResponse:
    """Search, or everybody from the newest on."""
    wanted = request.GET.get("q", "").strip()
    if wanted:
        found = search_fans(wanted, limit=MOST_FOUND)
        older = None
    else:
        found, older = _newest(request.GET.get("before", ""))
    growth = queries.growth()
    return render(
        request,
        "registry/fans.html",
        {
            "rail": "fans",
            "rows": [(fan, display_name(fan)) for fan in found],
            "q": wanted,
            "older": older,
            "first_page": "before" not in request.GET,
            "growth": growth,
            "line": growth_line(growth.weeks),
            "most": len(found) == MOST_FOUND,
            "may_import": _may(request, *imports.IMPORTERS),
        },
    )


def _newest(before: str) -> tuple[list[Fan], str | None]:
    below = int(before) if before.isdigit() and len(before) < 19 else None
    found = newest_fans(before=below, limit=FANS_A_PAGE + 1)
    older = f"?before={found[FANS_A_PAGE - 1].id}" if len(found) > FANS_A_PAGE else None
    return found[:FANS_A_PAGE], older


@require_GET
def fan(request: HttpRequest, fan_id: int) -> HttpResponse:
    """Everything known of one fan."""
    _fan_or_404(fan_id)
    page = queries.fan_page(fan_id)
    return render(
        request,
        "registry/fan.html",
        {
            "rail": "fans",
            "page": page,
            "sent": [
                (message, queries.state_words(message.state), _came_back(message, page.heard))
                for message in page.messages
            ],
            "may_edit": _may(request, Role.SUPPORT, Role.DATA_PROTECTION),
            "may_export": _may(request, Role.DATA_PROTECTION),
            "typed": typed_word(page.fan),
        },
    )


def _came_back(message: SentMessage, heard: tuple[FeedbackLine, ...]) -> list[tuple[FeedbackLine, str]]:
    """What came back about one message, with its word."""
    named = (message.mailing_id, message.message_id)
    return [
        (one, queries.feedback_words(one.kind)) for one in heard if (one.mailing_id, one.message_id) == named
    ]


def typed_word(fan: Fan) -> str:
    """What must be typed to erase her: something of hers, so that the hand knows whom it erases."""
    return fan.email or fan.phone or fan.external_id or str(fan.id)


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, fan_id: int) -> HttpResponse:
    """Correct what is known of her."""
    known = _fan_or_404(fan_id)
    if known.erased_at:
        return redirect("registry:fan", fan_id)
    if request.method == "POST":
        form = FactsForm(request.POST)
        if form.is_valid() and _corrected(request, form, known):
            return redirect("registry:fan", fan_id)
    else:
        form = FactsForm(initial={name: _text(getattr(known, name)) for name in _CHANGEABLE})
    return render(
        request,
        "registry/edit.html",
        {"rail": "fans", "form": form, "fan": known, "name": display_name(known)},
    )


def _text(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    return "" if value is None else str(value)


def _corrected(request: HttpRequest, form: FactsForm, known: Fan) -> bool:
    before = {name: _text(getattr(known, name)) for name in _CHANGEABLE}
    given = {name: value for name, value in form.cleaned_data.items() if value != before[name]}
    try:
        if given and rights.correct(known.id, _actor(request), given):
            messages.success(request, _("Corrected."))
        else:
            messages.info(request, _("Nothing changed."))
    except Refused as refused:
        field, colon, words = str(refused).partition(": ")
        if colon and field in form.fields:
            form.add_error(field, words)
        else:
            form.add_error(None, str(refused))
        return False
    return True


@require_http_methods(["GET", "POST"])
def consent(request: HttpRequest, fan_id: int, purpose: str, answer: str) -> HttpResponse:
    """Write down the yes or no that she told us."""
    known = _fan_or_404(fan_id)
    page = queries.fan_page(fan_id)
    chosen = next((one for one in page.consents if one.purpose.key == purpose), None)
    if chosen is None or answer not in ("yes", "no") or known.erased_at:
        raise Http404
    form = ConsentForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        write: Callable[..., Any] = rights.give_for if answer == "yes" else rights.withdraw_for
        try:
            write(fan_id, purpose, _actor(request), form.cleaned_data["reason"])
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("Written down, with your reason as proof."))
            return redirect("registry:fan", fan_id)
    return render(
        request,
        "registry/consent.html",
        {"rail": "fans", "form": form, "fan": known, "name": page.name, "consent": chosen, "answer": answer},
    )


@require_POST
def export(request: HttpRequest, fan_id: int) -> HttpResponse:
    """Everything known of her, as a file for her."""
    _fan_or_404(fan_id)
    response = HttpResponse(rights.export_known(fan_id, _actor(request)), content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="fan-{fan_id}.zip"'
    response["Cache-Control"] = "no-store"
    return response


@require_POST
def erase(request: HttpRequest, fan_id: int) -> HttpResponse:
    """Forget her, once the right words were typed."""
    known = _fan_or_404(fan_id)
    if not typed_matches(request.POST.get("typed", ""), typed_word(known)):
        messages.error(request, _("Nothing was erased: what you typed doesn't match."))
        return redirect("registry:fan", fan_id)
    if rights.erase(fan_id, _actor(request)):
        messages.success(request, _("Erased for good. Every part of tifo forgets her within the minute."))
    return redirect("registry:fan", fan_id)


urlpatterns = [
    path("", fans, name="fans"),
    path("<int:fan_id>/", fan, name="fan"),
    path("<int:fan_id>/edit/", edit, name="edit"),
    path("<int:fan_id>/consents/<slug:purpose>/<slug:answer>/", consent, name="consent"),
    path("<int:fan_id>/export/", export, name="export"),
    path("<int:fan_id>/erase/", erase, name="erase"),
    *imports.urlpatterns,
]
