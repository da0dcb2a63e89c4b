"""Sending in the studio: whether this base sends and what stops it, and the messages that rest in doubt."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tifo.accounts.public import name_of
from tifo.delivery.public import (
    doubts,
    doubts_count,
    names_of_doubts,
    raise_epoch,
    release_sending,
    sending_state,
    sign_for,
    waiting,
    word_to_type,
)
from tifo.delivery.web.paces import edit, page
from tifo.kernel.public import Refused, Said
from tifo.ui.public import typed_matches

app_name = "sending"

DOUBTS_A_PAGE = 100
MAY_RAISE = "admin"


class BecauseForm(forms.Form):
    """Why an administrator does this."""

    because = forms.CharField(
        label=gettext_lazy("Why"), max_length=200, help_text=gettext_lazy("It stands in the audit trail.")
    )


class SettleForm(forms.Form):
    """What somebody knows of messages in doubt, and how."""

    state = forms.ChoiceField(
        label=gettext_lazy("What became of them"),
        choices=(
            ("accepted", gettext_lazy("The mail server took them")),
            ("refused", gettext_lazy("They never arrived, and stay unsent")),
        ),
        widget=forms.RadioSelect,
        initial="accepted",
    )
    because = forms.CharField(
        label=gettext_lazy("How you know"),
        max_length=150,
        help_text=gettext_lazy("It stands with each message and in the audit trail."),
    )


def _roles(request: HttpRequest) -> frozenset[str]:
    roles: frozenset[str] = request.roles  # type: ignore[attr-defined]
    return roles


def _said(text: str) -> str:
    """A finding's sentence in the reader's language."""
    said = Said(text)
    said.message, said.values = text, {}
    return said.translated()


@require_GET
def house(request: HttpRequest) -> HttpResponse:
    """Does this base send, from where, and if not, why and what mends it."""
    state = sending_state()
    findings = [
        {**finding, "says": _said(str(finding["says"])), "mend": _said(str(finding["mend"]))}
        for finding in state.findings
    ]
    mine = _roles(request)
    context: dict[str, Any] = {
        "rail": "settings",
        "state": state,
        "alarm": state.alarm.translated() if isinstance(state.alarm, Said) else state.alarm,
        "findings": findings,
        "places": [
            (place, place.why.translated() if isinstance(place.why, Said) else place.why)
            for place in state.places
        ],
        "raised_by": name_of(state.raised_by) if state.raised_by else "",
        "waiting": waiting() if state.alarm else [],
        "may_raise": MAY_RAISE in mine and bool(state.alarm) and state.kind != "audit",
        "may_release": MAY_RAISE in mine and state.kind == "audit",
        "may_settle": bool(mine & {"support", "data-protection"}),
        "doubts": doubts_count(),
        "form": BecauseForm(),
        "typed": word_to_type(),
        "command": format_html('<bdi dir="ltr">{}</bdi>', "tifo doctor --audit"),
    }
    return render(request, "delivery/house.html", context)


@require_POST
def act(request: HttpRequest) -> HttpResponse:
    """An administrator raises the epoch or releases a stop, with the event's name typed."""
    form = BecauseForm(request.POST)
    if not typed_matches(request.POST.get("typed", ""), word_to_type()):
        messages.error(request, _("Nothing was changed: type the event's name as it stands there."))
    elif not form.is_valid():
        messages.error(request, _("Nothing was changed: say why."))
    else:
        actor, because = request.user.pk, form.cleaned_data["because"]
        try:
            if request.POST.get("act") == "release":
                release_sending(actor, because)
                messages.success(request, _("Sending goes on."))
            else:
                number = raise_epoch(actor, because)
                messages.success(request, _("Epoch %(number)s: this base sends.") % {"number": number})
        except Refused as refused:
            messages.error(request, str(refused))
    return redirect("sending:house")


@require_http_methods(["GET", "HEAD", "POST"])
def in_doubt(request: HttpRequest) -> HttpResponse:
    """Messages that the mail server may have or not, by name; settled by a person who signs."""
    form = SettleForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        chosen = [int(one) for one in request.POST.getlist("message") if one.isascii() and one.isdigit()]
        try:
            settled = sign_for(
                chosen,
                form.cleaned_data["state"],
                actor_id=int(request.user.pk or 0),
                because=form.cleaned_data["because"],
            )
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            said = ngettext("%(n)s message is settled.", "%(n)s messages are settled.", settled)
            messages.success(request, said % {"n": settled})
            return redirect("sending:doubts")
    after = request.GET.get("after", "0")
    listed = doubts(
        after=int(after) if after.isascii() and after.isdigit() and len(after) < 19 else 0,
        limit=DOUBTS_A_PAGE + 1,
    )
    shown = listed[:DOUBTS_A_PAGE]
    names = names_of_doubts(shown)
    context = {
        "rail": "settings",
        "form": form,
        "doubts": [(one, names.get(one.fan_id, "")) for one in shown],
        "count": doubts_count(),
        "next": f"?after={shown[-1].message_id}" if len(listed) > DOUBTS_A_PAGE else "",
    }
    return render(request, "delivery/doubts.html", context)


urlpatterns = [
    path("sending/", house, name="house"),
    path("sending/act/", act, name="act"),
    path("doubts/", in_doubt, name="doubts"),
    path("pace/", page, name="paces"),
    path("pace/new/", edit, name="new-pace"),
    path("pace/<int:pace_id>/", edit, name="pace"),
]
