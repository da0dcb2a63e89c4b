"""Stages of a sending, and reasons why a message was not sent, in words."""

from django.utils.translation import gettext_lazy

from tifo.campaigns.types import Stage

_STAGES = {
    Stage.PLANNING: (gettext_lazy("being planned"), "info"),
    Stage.AWAITING_APPROVAL: (gettext_lazy("waits for approval"), "watch"),
    Stage.SCHEDULED: (gettext_lazy("waits for its hour"), "info"),
    Stage.MISSED: (gettext_lazy("missed its hour"), "stop"),
    Stage.SENDING: (gettext_lazy("goes out"), "info"),
    Stage.PAUSED: (gettext_lazy("paused"), "watch"),
    Stage.HALTED: (gettext_lazy("halted by itself"), "stop"),
    Stage.CANCELLED: (gettext_lazy("cancelled"), ""),
    Stage.FINISHED: (gettext_lazy("sent"), "good"),
    Stage.FAILED: (gettext_lazy("could not be planned"), "stop"),
}
_SIGNALS = {
    "complaints": gettext_lazy("reported as unwanted"),
    "hard": gettext_lazy("address does not exist"),
    "blocked": gettext_lazy("refused as unwelcome"),
    "unsubscribed": gettext_lazy("unsubscribed"),
    "unknown": gettext_lazy("unknown whether taken"),
}
"""What a sending is watched for, in words."""
_REASONS = {
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


def stage_word(stage: Stage) -> tuple[str, str]:
    """A stage in the reader's language, and the signal it gives (good, watch, stop, info or none)."""
    word, signal = _STAGES[stage]
    return str(word), signal


def reason_word(reason: str) -> str:
    """Why a message was not sent, in the reader's language; an unknown reason as it is written in the ledger."""
    return str(_REASONS.get(reason, reason))


def signal_word(signal: str) -> str:
    """What a sending is watched for, in the reader's language."""
    return str(_SIGNALS[signal])
