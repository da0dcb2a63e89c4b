"""Imports in the studio: upload, columns, dry run, progress, result."""

from typing import Any

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tifo.accounts.public import Role
from tifo.kernel.public import Refused
from tifo.registry import queries
from tifo.registry.actions import files, importing, uploads
from tifo.registry.models import ImportRun
from tifo.registry.rules import columns
from tifo.registry.types import UNKNOWN, FileLook
from tifo.registry.web.forms import MappingForm, UploadForm, places

IMPORTERS = (Role.COMMUNICATOR, Role.DATA_PROTECTION, Role.ADMIN)
_BUSY = (ImportRun.State.READY, ImportRun.State.RUNNING)


def _actor(request: HttpRequest) -> int:
    return int(request.user.pk)  # type: ignore[arg-type]  # the matrix lets nobody else come here


def _run_or_404(run_id: int) -> ImportRun:
    try:
        return uploads.run_of(run_id)
    except Refused as refused:
        raise Http404(str(refused)) from None


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Upload a file; below it, the imports so far."""
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            run_id = uploads.upload(_actor(request), file.name, file)
        except Refused as refused:
            form.add_error("file", str(refused))
        else:
            return redirect("registry:import", run_id)
    context = {"rail": "fans", "form": form, "runs": queries.recent_imports(), "known": columns.KNOWN}
    return render(request, "registry/import_new.html", context)


@require_http_methods(["GET", "POST"])
def one(request: HttpRequest, run_id: int) -> HttpResponse:
    """Where an import stands: columns to settle, work under way, a dry run to decide on, or the result."""
    run = _run_or_404(run_id)
    settling = run.step == ImportRun.Step.MAPPING or "columns" in request.GET or request.method == "POST"
    if settling and run.step != ImportRun.Step.IMPORTED and run.state not in _BUSY:
        return _columns(request, run)
    return render(request, "registry/import.html", _state(run))


def _state(run: ImportRun) -> dict[str, Any]:
    failed = run.state == ImportRun.State.FAILED
    figures = uploads.figures(run)
    return {
        "rail": "fans",
        "run": run,
        "figures": figures,
        "importable": figures["read"] - figures["rejected"],
        "busy": run.state in _BUSY,
        "failed": failed,
        "checked": run.step == ImportRun.Step.CHECKED and run.state == ImportRun.State.DONE,
        "imported": run.step == ImportRun.Step.IMPORTED,
        "gone": run.files_gone,
    }


@require_GET
def progress(request: HttpRequest, run_id: int) -> HttpResponse:
    """The part of the page that changes while the worker is at it."""
    return render(request, "registry/import_progress.html", _state(_run_or_404(run_id)))


def _columns(request: HttpRequest, run: ImportRun) -> HttpResponse:
    try:
        look = uploads.look_of(run)
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("registry:import-new")
    targets = list(run.reading.get("targets") or columns.propose(look.columns))
    if request.method == "POST":
        form = MappingForm(request.POST)
        targets = [request.POST.get(f"column-{n}", UNKNOWN) for n in range(len(targets))]
        if form.is_valid() and _settled(request, run, form, tuple(targets), look):
            return redirect("registry:import", run.pk)
    else:
        form = MappingForm(
            initial={
                "source": run.source or slugify(run.file_name.rsplit(".", 1)[0])[:80],
                "country": run.reading.get("default_country", ""),
                "delimiter": look.delimiter,
                "encoding": look.encoding,
            }
        )
    if len(targets) != len(look.columns):
        targets = list(columns.propose(look.columns))
    rows = [
        {
            "header": header or _("(no name)"),
            "samples": [record[n] for record in look.sample if n < len(record) and record[n].strip()][:3],
            "name": f"column-{n}",
            "target": targets[n],
            "groups": places(header, targets[n]),
            "open": targets[n] == UNKNOWN,
        }
        for n, header in enumerate(look.columns)
    ]
    context = {
        "rail": "fans",
        "run": run,
        "form": form,
        "rows": rows,
        "open": sum(1 for row in rows if row["open"]),
    }
    return render(request, "registry/import_columns.html", context)


def _settled(
    request: HttpRequest, run: ImportRun, form: MappingForm, targets: tuple[str, ...], look: FileLook
) -> bool:
    how = form.cleaned_data
    if (how["delimiter"], how["encoding"]) != (look.delimiter, look.encoding):
        return _read_anew(request, run, how["delimiter"], how["encoding"])
    if UNKNOWN in targets:
        form.add_error(None, _("Choose for each column what it is, or leave it out."))
        return False
    try:
        uploads.settle(
            run.pk,
            source=how["source"],
            targets=targets,
            country=how["country"],
            encoding=look.encoding,
            delimiter=look.delimiter,
        )
    except Refused as refused:
        form.add_error(None, str(refused))
        return False
    return True


def _read_anew(request: HttpRequest, run: ImportRun, delimiter: str, encoding: str) -> bool:
    """Another separator or encoding gives other columns: propose them anew."""
    try:
        look = importing.look_at(files.upload_path(run), encoding=encoding, delimiter=delimiter)
    except Refused as refused:
        messages.error(request, str(refused))
        return True
    run.reading = {
        "targets": list(columns.propose(look.columns)),
        "encoding": look.encoding,
        "delimiter": look.delimiter,
    }
    run.step = ImportRun.Step.MAPPING
    run.save(update_fields=["reading", "step"])
    return True


@require_POST
def begin(request: HttpRequest, run_id: int) -> HttpResponse:
    """Import what the dry run showed."""
    _run_or_404(run_id)
    try:
        uploads.begin(run_id, _actor(request))
    except Refused as refused:
        messages.error(request, str(refused))
    return redirect("registry:import", run_id)


@require_POST
def discard(request: HttpRequest, run_id: int) -> HttpResponse:
    """Throw an upload away."""
    _run_or_404(run_id)
    try:
        uploads.discard(run_id)
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("registry:import", run_id)
    messages.success(request, _("The file was thrown away; nothing was imported."))
    return redirect("registry:import-new")


@require_GET
def rejects(_request: HttpRequest, run_id: int) -> HttpResponse | FileResponse:
    """The rejected rows, to be mended."""
    run = _run_or_404(run_id)
    where = files.rejects_path(run)
    if run.files_gone or not run.has_rejects or not where.exists():
        raise Http404
    response = FileResponse(where.open("rb"), as_attachment=True, filename=f"rejects-{run.pk}.csv")
    response["Content-Type"] = "text/csv; charset=utf-8"
    response["Cache-Control"] = "no-store"
    return response


urlpatterns = [
    path("import/", new, name="import-new"),
    path("import/<int:run_id>/", one, name="import"),
    path("import/<int:run_id>/progress/", progress, name="import-progress"),
    path("import/<int:run_id>/begin/", begin, name="import-begin"),
    path("import/<int:run_id>/discard/", discard, name="import-discard"),
    path("import/<int:run_id>/rejects/", rejects, name="import-rejects"),
]
