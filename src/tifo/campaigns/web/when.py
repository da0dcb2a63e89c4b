"""The step When: at once, at a moment, or in each fan's own morning."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from tifo.campaigns import actions, queries
from tifo.campaigns.web.forms import WhenForm, when_initial
from tifo.campaigns.web.shown import campaign_context, found
from tifo.kernel.public import Refused
from tifo.spectators.public import house_zone


@require_http_methods(["GET", "HEAD", "POST"])
def when(request: HttpRequest, name: str) -> HttpResponse:
    """Now, at a moment, or in each fan's own morning."""
    view = found(name)
    form = WhenForm(request.POST or None, initial=when_initial(view.timing, house_zone()))
    timing = view.timing
    if request.method == "POST" and form.is_valid():
        timing = form.timing
        if request.POST.get("act") != "look":
            try:
                actions.set_timing(name, timing)
            except Refused as refused:
                messages.error(request, str(refused))
            else:
                return redirect("campaigns:send", name)
    context = campaign_context(request, view, "when")
    try:
        context["span"] = queries.span_of(view.definition, timing)
    except Refused as refused:
        context["no_span"] = str(refused)
    context |= {"form": form, "timing": timing, "house_zone": house_zone()}
    return render(request, "campaigns/when.html", context)
