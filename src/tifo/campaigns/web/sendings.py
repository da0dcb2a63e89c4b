"""A sending under way: how far it is, and what a person may do with it."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from tifo.campaigns import actions, queries
from tifo.campaigns.types import CampaignView, OccurrenceView, Stage
from tifo.campaigns.web.shown import (
    APPROVERS,
    COMPOSERS,
    RELEASERS,
    STOPPERS,
    campaign_context,
    found,
    reason_lines,
    roles,
    stage_badge,
)
from tifo.campaigns.web.watching import GoOnForm, watched_context
from tifo.kernel.public import Refused
from tifo.ui.public import typed_matches

LIVE_OVER = 286  # htmx stops asking


def _sending(view: CampaignView, number: int) -> OccurrenceView:
    try:
        return queries.occurrence_of(view.name, number)
    except Refused:
        raise Http404 from None


def _state(view: CampaignView, sending: OccurrenceView) -> dict[str, Any]:
    """The sum that is true at every instant, and the words for it."""
    done = queries.progress(sending.id)
    return {
        "campaign": view,
        "sending": sending,
        "badge": stage_badge(sending),
        "done": done,
        "reasons": reason_lines(done),
        **watched_context(sending),
        "moves": sending.stage in (Stage.PLANNING, Stage.SENDING),
    }


def _may(request: HttpRequest, sending: OccurrenceView) -> dict[str, bool]:
    """Which acts stand on the page: by role and by stage."""
    mine, stage = roles(request), sending.stage
    return {
        "may_approve": bool(mine & APPROVERS) and stage is Stage.AWAITING_APPROVAL,
        "own_approval": sending.started_by == request.user.pk,
        "may_pause": bool(mine & STOPPERS) and stage in (Stage.SENDING, Stage.SCHEDULED),
        "may_resume": bool(mine & COMPOSERS) and stage is Stage.PAUSED,
        "may_go_on": bool(mine & RELEASERS) and stage is Stage.HALTED,
        "may_begin": bool(mine & COMPOSERS) and stage is Stage.MISSED,
        "may_cancel": bool(mine & STOPPERS) and not stage.ended,
    }


@require_GET
def sending(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """How far a sending is, and what can be done with it."""
    view = found(name)
    one = _sending(view, number)
    context = campaign_context(request, view, "send") | _state(view, one) | _may(request, one)
    context["go_on_form"] = GoOnForm()
    return render(request, "campaigns/sending.html", context)


@require_GET
def state(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """The part that lives; when a stage has changed the whole page is fetched again, for its buttons."""
    view = found(name)
    one = _sending(view, number)
    response = render(request, "campaigns/_sending.html", _state(view, one))
    if request.GET.get("stage") != one.stage:
        response.headers["HX-Refresh"] = "true"
    elif one.stage.ended:
        response.status_code = LIVE_OVER
    return response


@require_POST
def act(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """Approve, pause, resume, let go on, begin, cancel."""
    view = found(name)
    one = _sending(view, number)
    may = _may(request, one)
    wanted = request.POST.get("act") or request.GET.get("act", "")
    if not may.get(f"may_{wanted}"):
        messages.error(request, _("This can't be done with the sending as it is now: look at it again."))
        return redirect("campaigns:sending", name, number)
    try:
        _do(request, view, one, wanted)
    except Refused as refused:
        messages.error(request, str(refused))
    return redirect("campaigns:sending", name, number)


def _do(request: HttpRequest, view: CampaignView, one: OccurrenceView, wanted: str) -> None:
    actor = int(request.user.pk or 0)
    match wanted:
        case "approve":
            actions.approve(
                one.id,
                actor=actor,
                audience_hash=request.POST.get("audience", ""),
                fingerprint=request.POST.get("text", ""),
            )
        case "pause":
            actions.pause(one.id, actor=actor)
        case "resume":
            actions.resume(one.id, actor=actor)
        case "go_on":
            actions.go_on(one.id, actor=actor, reason=request.POST.get("reason", ""))
        case "begin":
            actions.start_missed(one.id, actor=actor)
        case "cancel":
            if not typed_matches(request.POST.get("typed", ""), view.name):
                raise Refused(_("Type the campaign's name to cancel its sending."))
            actions.cancel(one.id, actor=actor)
