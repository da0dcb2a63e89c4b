"""The step What: slots and their blocks, subject and languages, and the message as a fan reads it."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tifo.campaigns import actions, queries
from tifo.campaigns.rules import edit
from tifo.campaigns.web.coverage import composition_context
from tifo.campaigns.web.forms import house_languages
from tifo.campaigns.web.shown import SEE_FANS, campaign_context, found, language_word, right_to_left, roles
from tifo.content.public import Composition, seen_as, stored_block, stored_blocks
from tifo.kernel.public import Refused
from tifo.ui.public import shown_dark

LIBRARY = ""


@require_GET
def campaign(request: HttpRequest, name: str) -> HttpResponse:
    """What is said: slots, blocks, who gets which, and the message as a fan reads it."""
    view = found(name)
    composition = view.definition.composition
    context = campaign_context(request, view, "what") | composition_context(request, view)
    context["subjects"] = [
        {"name": language_word(code), "text": text} for code, text in sorted(composition.subject.items())
    ]
    context["fallback_name"] = language_word(composition.fallback)
    if context["may_compose"]:
        have = {block.name for block in composition.blocks}
        context["library"] = [
            stored.block.name for stored in stored_blocks(LIBRARY) if stored.block.name not in have
        ]
    return render(request, "campaigns/campaign.html", context)


@require_POST
def slots(request: HttpRequest, name: str) -> HttpResponse:
    """A change of the slots: `up trunk`, `earlier trunk welcome`, `add trunk`, … ; then the page again."""
    found(name)
    sent = request.POST
    verb, _space, rest = sent.get("act", "").partition(" ")
    slot, _space, block = rest.partition(" ")
    try:
        change, anchor = _change(verb, slot, block, sent.dict())
        actions.change_composition(name, change, expected=sent.get("expected", ""), actor=request.user.pk)
    except Refused as refused:
        messages.error(request, str(refused))
        anchor = slot
    fan = sent.get("fan", "")
    query = f"?fan={fan}" if fan.isdigit() else ""
    return redirect(f"{reverse('campaigns:campaign', args=[name])}{query}#slot-{anchor}")


Change = Callable[[Composition], Composition]


def _change(verb: str, slot: str, block: str, sent: dict[str, str]) -> tuple[Change, str]:
    """The change that a button stands for, and the slot to come back to."""
    match verb:
        case "up" | "down":
            return lambda shown: edit.move_slot(shown, slot, -1 if verb == "up" else 1), slot
        case "remove":
            return lambda shown: edit.remove_slot(shown, slot), ""
        case "earlier" | "later":
            by = -1 if verb == "earlier" else 1
            return lambda shown: edit.move_candidate(shown, slot, block, by), slot
        case "out":
            return lambda shown: edit.remove_candidate(shown, slot, block), slot
        case "add":
            return _adding(slot, sent.get("block", "")), slot
        case "forget":
            return lambda shown: edit.remove_block(shown, slot), ""
        case "new":
            called = sent.get("called", "").strip()
            return lambda shown: edit.add_slot(shown, called), called
        case "change":
            called = sent.get("called", "").strip() or slot
            repeat, ranked = sent.get("repeat") == "tickets", sent.get("ranked") == "yes"
            changed: Change = lambda shown: edit.change_slot(  # noqa: E731
                shown, slot, called=called, repeat=repeat, ranked=ranked
            )
            return changed, called
    raise Refused(_("This button does nothing here any more: look at the page again."))


def _adding(slot: str, block: str) -> Change:
    """Add a block to a slot; `library <name>` copies it from the library first."""
    source, _space, named = block.partition(" ")
    if source != "library":
        return lambda shown: edit.add_candidate(shown, slot, block)
    stored = stored_block(LIBRARY, named)
    if stored is None:
        raise Refused(_("The library has no block “%(name)s” any more.") % {"name": named})
    copied = stored.block
    return lambda shown: edit.add_candidate(edit.put_block(shown, copied), slot, copied.name)


@require_http_methods(["GET", "HEAD", "POST"])
def head(request: HttpRequest, name: str) -> HttpResponse:
    """Subject, preheader and fall-back language."""
    view = found(name)
    composition = view.definition.composition
    house = dict(house_languages())
    codes = list(dict.fromkeys([*house, *sorted(composition.subject), *sorted(composition.preheader)]))
    sent = request.POST
    given = request.method == "POST"
    lines = [
        {
            "code": code,
            "name": language_word(code),
            "rtl": right_to_left(code),
            "subject": sent.get(f"subject-{code}", "") if given else composition.subject.get(code, ""),
            "preheader": sent.get(f"preheader-{code}", "") if given else composition.preheader.get(code, ""),
        }
        for code in codes
    ]
    fallback = sent.get("fallback", "") if given else composition.fallback
    if given:
        subject = {str(line["code"]): str(line["subject"]).strip() for line in lines}
        preheader = {str(line["code"]): str(line["preheader"]).strip() for line in lines}
        try:
            actions.change_head(
                name,
                fallback=fallback,
                subject=subject,
                preheader=preheader,
                expected=sent.get("expected", ""),
                actor=request.user.pk,
            )
        except Refused as refused:
            for line in str(refused).splitlines():
                messages.error(request, line)
        else:
            messages.success(request, _("Kept."))
            return redirect("campaigns:campaign", name)
    context = campaign_context(request, view, "what")
    context |= {
        "lines": lines,
        "fallback": fallback,
        "expected": sent.get("expected", "") if given else view.fingerprint,
    }
    return render(request, "campaigns/head.html", context)


@require_GET
@xframe_options_sameorigin
def preview(request: HttpRequest, name: str) -> HttpResponse:
    """The message as a fan reads it, for the preview's frame."""
    view = found(name)
    return seen(request, view.definition.composition)


def seen(request: HttpRequest, composition: Composition) -> HttpResponse:
    """A composition as the fan of `?fan=` reads it; her name and tickets only for those who may see fans."""
    chosen = request.GET.get("fan", "")
    fan_id = int(chosen) if chosen.isdigit() and len(chosen) < 19 else None
    try:
        if fan_id is not None and not roles(request) & SEE_FANS:
            shown = queries.seen_without_person(composition, fan_id)
        else:
            shown = seen_as(composition, fan_id=fan_id)
    except Refused as refused:
        return render(request, "campaigns/broken.html", {"lines": str(refused).splitlines()})
    response = HttpResponse(shown_dark(shown.html) if request.GET.get("dark") else shown.html)
    response["Content-Security-Policy"] = (
        "default-src 'none'; img-src http: https: data:; style-src 'unsafe-inline'; sandbox"
    )
    return response
