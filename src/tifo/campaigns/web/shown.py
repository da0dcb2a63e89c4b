"""What all pages of campaigns show: stages in words, the steps, who may do what."""

from typing import Any

from django.http import Http404, HttpRequest
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext as _

from tifo.campaigns import queries
from tifo.campaigns.rules.words import reason_word, stage_word
from tifo.campaigns.types import CampaignView, OccurrenceView, Progress
from tifo.kernel.public import Refused
from tifo.ui.public import language_name

COMPOSERS = frozenset({"communicator", "admin"})
"""Roles that write campaigns, start them, let them go on."""
STOPPERS = frozenset({"communicator", "approver", "admin"})
"""Roles that may pause and cancel: to stop is never dangerous."""
APPROVERS = frozenset({"approver"})
RELEASERS = frozenset({"approver", "admin"})
"""Roles that let a sending go on which halted by itself."""
SEE_FANS = frozenset({"communicator", "support", "data-protection", "animator", "admin"})
"""Roles that may see a message as a real fan; the others see the same blocks with a made-up name."""

RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur"})


def right_to_left(code: str) -> bool:
    """Whether a language is written from right to left."""
    return code.split("-")[0] in RIGHT_TO_LEFT


def language_word(code: str) -> str:
    """The name of a language in the reader's own; "unknown" for none."""
    return (language_name(code, get_language() or "en") or code) if code else _("unknown")


def roles(request: HttpRequest) -> frozenset[str]:
    """What the reader may do."""
    return getattr(request, "roles", frozenset())


def found(name: str) -> CampaignView:
    """The campaign, or a page that says there is none."""
    try:
        return queries.campaign(name)
    except Refused:
        raise Http404 from None


def stage_badge(sending: OccurrenceView | None) -> dict[str, str]:
    """A stage as a badge: word and signal."""
    if sending is None:
        return {"word": str(pgettext_lazy("state of a campaign", "draft")), "signal": ""}
    word, signal = stage_word(sending.stage)
    return {"word": word, "signal": signal}


def reason_lines(done: Progress) -> list[tuple[str, int]]:
    """Why some got nothing, most first."""
    ordered = sorted(done.suppressed.items(), key=lambda pair: (-pair[1], pair[0]))
    return [(reason_word(reason), count) for reason, count in ordered]


def campaign_context(request: HttpRequest, view: CampaignView, step: str) -> dict[str, Any]:
    """What each page of a campaign needs."""
    names = ("who", "what", "when", "send")
    words = {"who": _("Who"), "what": _("What"), "when": _("When"), "send": _("Send")}
    urls = {
        "who": "campaigns:who",
        "what": "campaigns:campaign",
        "when": "campaigns:when",
        "send": "campaigns:send",
    }
    here = names.index(step) if step in names else -1
    last = view.occurrences[0] if view.occurrences else None
    return {
        "rail": "campaigns",
        "campaign": view,
        "steps": [
            {
                "word": words[name],
                "url": urls[name],
                "state": "current" if place == here else "done" if place < here else "",
            }
            for place, name in enumerate(names)
        ],
        "step": step,
        "last": last,
        "last_badge": stage_badge(last),
        "open_sending": last if last is not None and not last.stage.ended else None,
        "may_compose": bool(roles(request) & COMPOSERS),
        "may_see_fans": bool(roles(request) & SEE_FANS),
    }
