"""The studio's review before a draw: who may be one person, who earned too fast; entries are taken out for a reason."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from tifo.kernel.public import Refused
from tifo.rewards.public import (
    OfferView,
    State,
    doubts,
    entered_at,
    let_in,
    offer,
    rule_out,
    ruled_out,
    said,
)
from tifo.rewards.types import AT_ONCE, REVIEWED
from tifo.spectators.public import house_zone
from tifo.ui.public import number, reader_language

SHOWN = 50
"""Groups at once; who was decided on makes room for the next."""
REASONS = {
    "duplicate": gettext_lazy("the same person under another address"),
    "automated": gettext_lazy("a program, not a person"),
    "against-rules": gettext_lazy("against the rules of the offer"),
}


@require_safe
def review(request: HttpRequest, name: str) -> HttpResponse:
    """Whom to look at, and who was taken out."""
    view = _known(name)
    found = doubts(name) if view.state is not State.CLOSED else []
    shown = found[:SHOWN]
    entered = entered_at(name, {fan_id for one in shown for fan_id in one.fan_ids})
    words = {
        "rail": "club",
        "zone": house_zone(),
        "view": view,
        "title": said(view.definition.titles, reader_language()),
        "groups": [(one, [(fan_id, entered.get(fan_id)) for fan_id in one.fan_ids]) for one in shown],
        "more": len(found) - len(shown),
        "out": [(one.fan_id, REASONS[one.reason]) for one in ruled_out(name)],
        "reasons": [(key, REASONS[key]) for key in REVIEWED],
        "may": {"animator", "admin"} & request.roles  # type: ignore[attr-defined]
        and view.state is State.OPEN
        and view.definition.method not in AT_ONCE,
    }
    return render(request, "rewards/desk_review.html", words)


@require_POST
def decide(request: HttpRequest, name: str) -> HttpResponse:
    """Take the ticked entries out, or let them in again."""
    _known(name)
    ids = {
        int(one) for one in request.POST.getlist("fan") if one.isdigit() and one.isascii() and len(one) < 19
    }
    actor = int(request.user.pk or 0)
    try:
        if request.POST.get("act") == "in":
            many = let_in(name, ids, actor_id=actor)
            words = ngettext("%(n)s entry takes part again.", "%(n)s entries take part again.", many)
        else:
            reason, note = request.POST.get("reason", ""), request.POST.get("note", "")
            many = rule_out(name, ids, reason, note=note, actor_id=actor)
            words = ngettext("%(n)s entry is out.", "%(n)s entries are out.", many)
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, words % {"n": number(many, reader_language())})
    return redirect("offer-desk:review", name)


def _known(name: str) -> OfferView:
    try:
        return offer(name)
    except Refused:
        raise Http404 from None
