"""The step Send: the quiet page that says what will happen, to how many, before it happens."""

import re
from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from tifo.campaigns import actions, queries
from tifo.campaigns.types import CampaignDefinition, CampaignView, CheckResult, Foresight
from tifo.campaigns.web.shown import campaign_context, found, language_word
from tifo.content.public import FanChoice, fan_choices, seen_as, try_links
from tifo.kernel.public import Refused

EXAMPLES = 3
EXCERPT = 280  # characters of a message's text
ADDRESS = re.compile(r"<https?://[^>]*>")


def _foreseen(definition: CampaignDefinition) -> tuple[Foresight | None, str]:
    try:
        return queries.foresee(definition), ""
    except Refused as refused:
        return None, str(refused)


def _excerpt(text: str) -> str:
    """The beginning of a text part, without its rules, its links' addresses and the house's name above."""
    lines = [ADDRESS.sub("", line) for line in text.splitlines()[1:] if set(line) - set("=-")]
    flat = " ".join(" ".join(lines).split())
    return flat if len(flat) <= EXCERPT else flat[:EXCERPT].rsplit(" ", 1)[0] + " …"


def _unlike(choices: Sequence[FanChoice]) -> list[FanChoice]:
    """Some that differ in language first, then in holding tickets."""
    left, chosen = list(choices), list[FanChoice]()
    while left and len(chosen) < EXAMPLES:
        languages = {one.language for one in chosen}
        holding = {one.holds for one in chosen}
        best = max(left, key=lambda one: (one.language not in languages, one.holds not in holding))
        left.remove(best)
        chosen.append(best)
    return chosen


def _examples(definition: CampaignDefinition, *, named: bool) -> list[dict[str, Any]]:
    """Three who differ in what they get: who, in which language, subject and beginning."""
    shown = []
    for choice in _unlike(fan_choices(definition.composition, definition.audience)):
        if named:
            mail = seen_as(definition.composition, fan_id=choice.fan_id)
        else:
            mail = queries.seen_without_person(definition.composition, choice.fan_id)
        shown.append(
            {
                "fan_id": choice.fan_id,
                "name": choice.name if named else f"#{choice.fan_id}",
                "language": language_word(choice.language),
                "code": choice.language,
                "holds": choice.holds,
                "subject": mail.subject,
                "text": _excerpt(mail.text),
            }
        )
    return shown


def _checked(view: CampaignView, context: dict[str, Any], *, named: bool) -> None:
    """What the checks say; without errors also the examples and the hours."""
    try:
        result: CheckResult = actions.check_definition(view.definition)
        context |= {"errors": result.of("error"), "warnings": result.of("warning")}
        if context["errors"]:
            return
        context["examples"] = _examples(view.definition, named=named)
        context["span"] = queries.span_of(view.definition, view.timing)
    except Refused as refused:
        context["problem"] = str(refused)


@require_GET
def send(request: HttpRequest, name: str) -> HttpResponse:
    """What will happen, to how many, with examples; the button carries the number."""
    view = found(name)
    context = campaign_context(request, view, "send")
    if context["open_sending"] is not None:
        return redirect("campaigns:sending", name, context["open_sending"].number)
    foreseen, problem = _foreseen(view.definition)
    context |= {
        "foreseen": foreseen,
        "problem": problem,
        "ramp": queries.ramp_foreseen(view.definition, foreseen.audience) if foreseen else None,
        "needs_approval": foreseen is not None and queries.needs_approval(foreseen.audience),
    }
    _checked(view, context, named=context["may_see_fans"])
    return render(request, "campaigns/send.html", context)


@require_POST
def links(request: HttpRequest, name: str) -> HttpResponse:
    """Whether the links answer: asked of the network only from here."""
    view = found(name)
    try:
        context: dict[str, Any] = {"dead": try_links(view.definition.composition)}
    except Refused as refused:
        context = {"problem": str(refused)}
    if not request.htmx:  # type: ignore[attr-defined]  # given by its middleware
        for one in context.get("dead", []):
            messages.warning(request, str(one))
        if not context.get("dead"):
            messages.success(request, _("All links answer."))
        return redirect("campaigns:send", name)
    return render(request, "campaigns/_links.html", context)


@require_POST
def start(request: HttpRequest, name: str) -> HttpResponse:
    """Begin a sending, when nothing stops it and the warnings were read."""
    view = found(name)
    try:
        result = actions.check_definition(view.definition)
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("campaigns:send", name)
    warnings = [str(problem) for problem in result.of("warning")]
    if result.of("error"):
        messages.error(request, _("Something must be mended first."))
        return redirect("campaigns:send", name)
    if warnings and request.POST.get("read") != str(len(warnings)):
        messages.error(request, _("Read the warnings first, and say that you go past them."))
        return redirect("campaigns:send", name)
    try:
        sending = actions.start(
            name,
            timing=view.timing,
            actor=request.user.pk,
            again=request.POST.get("again") == "yes",
            expected=request.POST.get("expected", ""),
            passed=warnings,
        )
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("campaigns:send", name)
    return redirect("campaigns:sending", name, queries.occurrence(sending).number)


@require_POST
def test(request: HttpRequest, name: str) -> HttpResponse:
    """The message to one's own address, as one fan would read it."""
    view = found(name)
    chosen = request.POST.get("fan", "")
    if not chosen.isdigit():
        messages.error(request, _("Choose the fan as whom you want to read it."))
        return redirect("campaigns:send", name)
    address = request.user.email  # type: ignore[union-attr]  # the gate lets nobody else in
    try:
        actions.test_send(view.definition, fan_id=int(chosen[:18]), address=address)
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("A test is on its way to %(address)s.") % {"address": address})
    return redirect("campaigns:send", name)
