"""What all pages of campaigns show: stages in words, the steps, who may do what."""

from typing import Any

from django.http import Http404, HttpRequest
from django.utils.translation import get_language, gettext_lazy, pgettext_lazy
from django.utils.translation import gettext as _

from tifo.campaigns import queries
from tifo.campaigns.types import CampaignView, OccurrenceView, Progress, Stage
from tifo.kernel.public import Refused
from tifo.ui.public import language_name

COMPOSERS = frozenset({"communicator", "admin"})
"""Roles that write campaigns, start them, let them go on."""
STOPPERS = frozenset({"communicator", "approver", "admin"})
"""Roles that may pause and cancel: to stop is never dangerous."""
APPROVERS = frozenset({"approver"})
SEE_FANS = frozenset({"communicator", "support", "data-protection", "animator", "admin"})
"""Roles that may see a message as a real fan; the others see the same blocks with a made-up name."""

STAGES = {
    Stage.PLANNING: (gettext_lazy("being planned"), "info"),
    Stage.AWAITING_APPROVAL: (gettext_lazy("waits for approval"), "watch"),
    Stage.SCHEDULED: (gettext_lazy("waits for its hour"), "info"),
    Stage.MISSED: (gettext_lazy("missed its hour"), "stop"),
    Stage.SENDING: (gettext_lazy("goes out"), "info"),
    Stage.PAUSED: (gettext_lazy("paused"), "watch"),
    Stage.CANCELLED: (gettext_lazy("cancelled"), ""),
    Stage.FINISHED: (gettext_lazy("sent"), "good"),
    Stage.FAILED: (gettext_lazy("could not be planned"), "stop"),
}
REASONS = {
    "no_consent": gettext_lazy("never agreed to this purpose"),
    "withdrawn": gettext_lazy("took back her consent"),
    "no_address": gettext_lazy("has no e-mail address"),
    "erased": gettext_lazy("was erased"),
    "duplicate": gettext_lazy("shares an address with a fan who got it"),
    "pressure": gettext_lazy("has had enough mail for now"),
    "not_allowed_here": gettext_lazy("not on the list of allowed recipients"),
    "hard_bounce": gettext_lazy("her address does not exist"),
    "bounce": gettext_lazy("her address does not exist"),
    "complaint": gettext_lazy("reported a mail as unwanted"),
}
"""Why a message was not sent, in words."""


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
    word, signal = STAGES[sending.stage]
    return {"word": str(word), "signal": signal}


def reason_lines(done: Progress) -> list[tuple[str, int]]:
    """Why some got nothing, most first."""
    ordered = sorted(done.suppressed.items(), key=lambda pair: (-pair[1], pair[0]))
    return [(str(REASONS.get(reason, reason)), count) for reason, count in ordered]


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
