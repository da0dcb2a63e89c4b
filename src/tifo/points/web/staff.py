"""The ledger of a fan in the studio: each entry with its cause, and taking back what was wrong."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from tifo.fans.public import fans
from tifo.kernel.public import Refused
from tifo.points.public import Balance, balances, cause_names, history, take_back, way_up
from tifo.points.web.fan import number
from tifo.ui.public import reader_language

app_name = "ledger"
ENTRIES_A_PAGE = 100
MENDERS = frozenset({"support", "animator", "admin"})


@require_safe
def ledger(request: HttpRequest, fan_id: int) -> HttpResponse:
    """Every entry as it was written, newest first."""
    fan = fans([fan_id]).get(fan_id)
    if fan is None:
        raise Http404
    before = number(request.GET.get("before", ""))
    lines = history(fan_id, limit=ENTRIES_A_PAGE + 1, before=before)
    shown, language = lines[:ENTRIES_A_PAGE], reader_language()
    names = cause_names([key for line in shown for key in (line.rule, line.about) if key], language)
    way = way_up(fan_id)
    return render(
        request,
        "points/ledger.html",
        {
            "rail": "fans",
            "fan": fan,
            "has": balances([fan_id]).get(fan_id, Balance(0, 0)),
            "level": way.level.name(language) if way.level else "",
            "entries": [(line, names.get(line.rule) or names.get(line.about) or "") for line in shown],
            "older": shown[-1].transfer_id if len(lines) > ENTRIES_A_PAGE else None,
            "may_mend": bool(MENDERS & request.roles),  # type: ignore[attr-defined]
        },
    )


@require_POST
def undo(request: HttpRequest, fan_id: int) -> HttpResponse:
    """Take back an earning or a payment of this fan; she reads why."""
    transfer = number(request.POST.get("transfer", ""))
    if transfer is None or not history(fan_id, limit=1, before=transfer + 1):
        raise Http404
    (line,) = history(fan_id, limit=1, before=transfer + 1)
    if line.transfer_id != transfer:
        raise Http404
    try:
        take_back(transfer, note=request.POST.get("note", ""), actor_id=int(request.user.pk or 0))
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("Taken back. She reads your reason in her history."))
    return redirect("ledger:fan", fan_id)


urlpatterns = [
    path("<int:fan_id>/", ledger, name="fan"),
    path("<int:fan_id>/take-back/", undo, name="take-back"),
]
