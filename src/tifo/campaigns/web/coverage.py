"""What the step What shows: slots with their coverage, the fan as whom the message is read, and why she gets it."""

from collections import Counter
from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _

from tifo.campaigns import queries
from tifo.campaigns.types import CampaignView
from tifo.campaigns.web.shown import SEE_FANS, language_word, roles
from tifo.content.public import Composition, Coverage, FanChoice, Slot, coverage, fan_choices, found_fans
from tifo.fans.public import fans
from tifo.kernel.public import Refused


def coverage_of(view: CampaignView) -> tuple[Coverage | None, str]:
    """Who gets what, or why it can't be said."""
    try:
        return coverage(view.definition.composition, view.definition.audience), ""
    except Refused as refused:
        return None, str(refused)


def _slot_rows(composition: Composition, covered: Coverage | None) -> list[dict[str, Any]]:
    rows = []
    for place, slot in enumerate(composition.slots):
        rows.append(
            {
                "slot": slot,
                "first": place == 0,
                "last": place == len(composition.slots) - 1,
                "candidates": [_candidate(composition, slot, name, covered) for name in slot.candidates],
                "empty": covered.empty(slot.name) if covered else 0,
                "why": _why_empty(slot, covered),
                "others": [one.name for one in composition.blocks if one.name not in slot.candidates],
            }
        )
    return rows


def _candidate(composition: Composition, slot: Slot, name: str, covered: Coverage | None) -> dict[str, Any]:
    block = composition.block(name)
    languages: Counter[tuple[str, str]] = Counter()
    for share in covered.shares if covered else ():
        if (share.slot, share.block) == (slot.name, name):
            languages[(share.language, share.served)] += share.fans
    return {
        "name": name,
        "block": block,
        "fans": covered.of(slot.name, name) if covered else None,
        "first": name == slot.candidates[0],
        "last": name == slot.candidates[-1],
        "languages": [
            {
                "language": language_word(language),
                "served": language_word(served),
                "other": served.split("-")[0] != language.split("-")[0],
                "fans": fans,
            }
            for (language, served), fans in languages.most_common()
        ],
    }


def _why_empty(slot: Slot, covered: Coverage | None) -> list[dict[str, Any]]:
    if covered is None:
        return []
    return [
        {
            "language": language_word(share.language),
            "fans": share.fans,
            "why": share.why,
            "examples": share.examples,
        }
        for share in covered.shares
        if share.slot == slot.name and share.block is None
    ]


def seen_fan(request: HttpRequest, view: CampaignView) -> dict[str, Any]:
    """As whom the message is shown: chosen from a few that differ, or found by name or address."""
    definition = view.definition
    try:
        choices = fan_choices(definition.composition, definition.audience)
    except Refused:
        choices = []
    may = bool(roles(request) & SEE_FANS)
    sought = request.GET.get("sought", "").strip()
    chosen = request.GET.get("fan", "")
    fan_id = int(chosen) if chosen.isdigit() and len(chosen) < 19 else None
    if sought and may:
        met = found_fans(sought)
        fan_id = met[0].fan_id if met else fan_id
        if not met:
            messages.warning(request, _("Nobody is found by “%(text)s”.") % {"text": sought})
    if fan_id is None and choices:
        fan_id = choices[0].fan_id
    known = {choice.fan_id for choice in choices}
    if fan_id is not None and fan_id not in known:
        person = fans([fan_id]).get(fan_id)
        if person is None or person.erased_at:
            fan_id = choices[0].fan_id if choices else None
        else:
            named = " ".join(part for part in (person.first_name, person.last_name) if part) or f"#{fan_id}"
            choices = [FanChoice(fan_id, named, person.language or "", None), *choices]
    return {"choices": choices, "fan_id": fan_id}


def composition_context(request: HttpRequest, view: CampaignView) -> dict[str, Any]:
    """Slots with their coverage, the preview as a fan, and why she gets it."""
    composition = view.definition.composition
    covered, problem = coverage_of(view)
    context = seen_fan(request, view)
    if context["fan_id"] is not None:
        try:
            _chosen, context["reasons"] = queries.why_these_blocks(composition, context["fan_id"])
        except Refused as refused:
            context["no_reasons"] = str(refused)
    written = {name for slot in composition.slots for name in slot.candidates}
    context |= {
        "composition": composition,
        "covered": covered,
        "problem": problem,
        "rows": _slot_rows(composition, covered),
        "idle": [block for block in composition.blocks if block.name not in written],
        "left_out": sum(1 for slot in composition.slots if covered and covered.empty(slot.name)),
    }
    return context
