"""Pace in the studio: how fast each destination is written to, what rests, and the form that sets a cap."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from tifo.delivery.public import domains_of, paces, remove_pace, resting, set_pace
from tifo.kernel.public import Refused

MAY_SET = "admin"


def _number(label: Any, help_text: Any) -> forms.IntegerField:
    return forms.IntegerField(
        label=label, help_text=help_text, required=False, min_value=1, max_value=2_000_000_000
    )


class PaceForm(forms.Form):
    """A cap, each part explained."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=80,
        help_text=gettext_lazy("What this destination is called here."),
    )
    scope = forms.ChoiceField(
        label=gettext_lazy("For what it holds"),
        choices=(
            ("all", gettext_lazy("All mail together: what your mail server or service may take")),
            ("group", gettext_lazy("These domains together: one provider")),
            ("each", gettext_lazy("Every other domain, each on its own")),
        ),
        widget=forms.RadioSelect,
        initial="group",
    )
    domains = forms.CharField(
        label=gettext_lazy("Domains"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "dir": "ltr"}),
        help_text=gettext_lazy("Of a provider, one in a line. *.example.org stands for all below it."),
    )
    per_second = _number(
        gettext_lazy("Messages a second"),
        gettext_lazy("Over every second. What is above it waits; other destinations do not."),
    )
    per_minute = _number(
        gettext_lazy("Messages a minute"), gettext_lazy("Over every minute. The stricter of both holds.")
    )
    connections = _number(
        gettext_lazy("Connections at once"),
        gettext_lazy("Messages under way at the same moment, over all machines that send."),
    )
    day_most = _number(
        gettext_lazy("Messages a day"),
        gettext_lazy("From each sending domain, from midnight to midnight (UTC). The warm-up ends here too."),
    )
    warm_from = forms.DateField(
        label=gettext_lazy("Warm-up from"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        help_text=gettext_lazy("The first day of a new sending domain or address. Empty: no warm-up."),
    )
    day_first = _number(
        gettext_lazy("Messages on the first day"), gettext_lazy("Twice as many on each day after it.")
    )

    def clean_domains(self) -> list[str]:
        """As a list, without doubles."""
        try:
            return domains_of(self.cleaned_data["domains"])
        except Refused as refused:
            raise forms.ValidationError(str(refused)) from None


@require_GET
def page(request: HttpRequest) -> HttpResponse:
    """All caps with today's figures, and what rests."""
    context = {
        "rail": "settings",
        "paces": paces(),
        "resting": resting(),
        "may_set": MAY_SET in request.roles,  # type: ignore[attr-defined]
    }
    return render(request, "delivery/paces.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, pace_id: int | None = None) -> HttpResponse:
    """Make a cap, change or remove it."""
    info = next((one for one in paces() if one.rule.id == pace_id), None)
    if pace_id is not None and info is None:
        raise Http404
    actor = int(request.user.pk or 0)
    if request.method == "POST" and request.POST.get("act") == "remove" and pace_id is not None:
        remove_pace(actor, pace_id)
        messages.success(request, _("The cap is removed."))
        return redirect("sending:paces")
    initial = {}
    if info is not None:
        initial = {name: getattr(info.rule, name) for name in PaceForm.base_fields}
        initial["domains"] = "\n".join(info.rule.domains)
    form = PaceForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            set_pace(actor, pace_id=pace_id, **form.cleaned_data)
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("The cap holds from now on."))
            return redirect("sending:paces")
    return render(request, "delivery/pace.html", {"rail": "settings", "form": form, "info": info})
