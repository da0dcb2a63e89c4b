"""All campaigns; a new one; one from a file, and back."""

from typing import Any

from django.contrib import messages
from django.core.cache import cache
from django.core.files.uploadedfile import UploadedFile
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from tifo.campaigns import actions, queries
from tifo.campaigns.rules import read_campaign_file, write_campaign_file
from tifo.campaigns.types import CampaignFileError, OccurrenceView, Progress
from tifo.campaigns.web.forms import ImportForm, NewForm
from tifo.campaigns.web.shown import COMPOSERS, found, roles, stage_badge
from tifo.kernel.public import Refused

PAGE = 25
LARGEST_UPLOAD = 4_000_000  # bytes
ENDED_KEPT = 600  # seconds: doubts about an ended sending may still be settled
AROUND = 2  # lines shown before and after a mistake


def figures(sending: OccurrenceView) -> Progress:
    """How far a sending is; of an ended one not counted anew at each look."""
    if not sending.stage.ended:
        return queries.progress(sending.id)
    key = f"campaigns.figures.{sending.id}"
    known: Progress | None = cache.get(key)
    if known is None:
        known = queries.progress(sending.id)
        cache.set(key, known, ENDED_KEPT)
    return known


@require_GET
def listed(request: HttpRequest) -> HttpResponse:
    """All campaigns, the one changed last first."""
    views = queries.campaigns()
    sought = request.GET.get("q", "").strip()
    if sought:
        views = [view for view in views if sought.casefold() in view.name]
    page = Paginator(views, PAGE).get_page(request.GET.get("page"))
    rows = []
    for view in page:
        last = view.occurrences[0] if view.occurrences else None
        rows.append(
            {
                "campaign": view,
                "last": last,
                "badge": stage_badge(last),
                "figures": figures(last) if last else None,
            }
        )
    context = {
        "rail": "campaigns",
        "page": page,
        "rows": rows,
        "sought": sought,
        "may_compose": bool(roles(request) & COMPOSERS),
    }
    return render(request, "campaigns/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """A new campaign, to be written on."""
    form = NewForm(request.POST or None, initial={"purpose": "newsletter"})
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            actions.new_campaign(
                given["name"].lower(),
                purpose=given["purpose"],
                audience=f'consents("{given["purpose"]}")',
                language=given["language"],
                actor=request.user.pk,
            )
        except Refused as refused:
            form.add_error("name", str(refused))
        else:
            return redirect("campaigns:who", given["name"].lower())
    return render(request, "campaigns/new.html", {"rail": "campaigns", "form": form})


def _sent_text(form: ImportForm) -> str:
    upload: UploadedFile[bytes] | None = form.cleaned_data["file"]
    if upload is None:
        return str(form.cleaned_data["text"]).replace("\r\n", "\n")
    if (upload.size or 0) > LARGEST_UPLOAD:
        raise Refused(_("This file is far too large for a campaign file."))
    try:
        return str(upload.read(), "utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refused(
            _("Byte %(place)s of the file is not UTF-8: save the file as UTF-8.") % {"place": error.start}
        ) from None


def _place(text: str, error: CampaignFileError) -> dict[str, Any]:
    """The lines around a mistake."""
    lines = text.split("\n")
    first = max(0, error.line - 1 - AROUND)
    shown = [
        {"number": number + 1, "text": lines[number], "wrong": number == error.line - 1}
        for number in range(first, min(len(lines), error.line + AROUND))
    ]
    wrong = lines[error.line - 1] if error.line <= len(lines) else ""
    return {
        "line": error.line,
        "column": error.column,
        "problem": error.problem,
        "lines": shown,
        "before": wrong[: error.column - 1],
        "after": wrong[error.column - 1 :],
    }


@require_http_methods(["GET", "HEAD", "POST"])
def take_in(request: HttpRequest) -> HttpResponse:
    """A campaign from a file; every mistake is shown at its place."""
    form = ImportForm(request.POST or None, request.FILES or None)
    context: dict[str, Any] = {"rail": "campaigns", "form": form}
    if request.method == "POST" and form.is_valid():
        text = form.cleaned_data["text"]
        try:
            text = _sent_text(form)
            definition = read_campaign_file(text)
            actions.save_campaign(definition, actor=request.user.pk, fresh=not form.cleaned_data["replace"])
        except CampaignFileError as error:
            context["place"] = _place(text, error)
        except Refused as refused:
            context["problem"] = str(refused)
        else:
            messages.success(request, _("“%(name)s” is taken in.") % {"name": definition.name})
            return redirect("campaigns:campaign", definition.name)
        context["form"] = ImportForm(initial={"text": text, "replace": form.cleaned_data["replace"]})
    return render(request, "campaigns/import.html", context)


@require_GET
def export(request: HttpRequest, name: str) -> HttpResponse:  # noqa: ARG001
    """The campaign as a file."""
    view = found(name)
    response = HttpResponse(
        write_campaign_file(view.definition), content_type="application/yaml; charset=utf-8"
    )
    response["Content-Disposition"] = f'attachment; filename="{view.name}.yaml"'
    return response
