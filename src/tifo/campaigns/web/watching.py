"""How a sending is watched, as its page shows it; and what its ramp will do, before it is sent."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tifo.campaigns import queries
from tifo.campaigns.rules.words import signal_word
from tifo.campaigns.types import OccurrenceView, StepView, Watched
from tifo.kernel.public import clock


class GoOnForm(forms.Form):
    """Why a halted sending goes on."""

    reason = forms.CharField(
        label=gettext_lazy("Why it shall go on"),
        help_text=gettext_lazy("The audit trail keeps it, with your name and the figures."),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


def watched_context(sending: OccurrenceView) -> dict[str, Any]:
    """The steps and the rates of a sending, in words; nothing where it is not watched."""
    seen = queries.watched(sending.id)
    if seen is None:
        return {}
    halted = {rate.signal for rate in seen.halted_for}
    return {
        "watched": seen,
        "steps_left": [_step(seen, step, sending) for step in seen.steps],
        "rates": [
            {**vars(rate), "word": signal_word(rate.signal), "halted": rate.signal in halted}
            for rate in seen.rates
        ],
    }


def _step(seen: Watched, step: StepView, sending: OccurrenceView) -> dict[str, Any]:
    until = step.watched_until if step.number == seen.step and seen.watched_until else None
    if step.number > seen.step or step.released_at is None:
        word, signal = _("waits"), ""
    elif until and until > clock.now() and not seen.halted_at and not sending.stage.ended:
        word, signal = _("has left, is watched"), "watch"
    elif step.watched_until or sending.finished_at:
        word, signal, until = _("has left"), "good", None
    else:
        word, signal = _("leaves"), "info"
    return {
        "place": step.number + 1,
        "rows": step.rows,
        "released_at": step.released_at,
        "until": until,
        "word": word,
        "signal": signal,
    }
