"""Our letters: templates with gettext beside them, text and HTML, handed to delivery."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from tifo.delivery.public import send_letter
from tifo.ui.public import ground_light, shades

KINDS = ("joining", "elsewhere", "answer")


def _subject(kind: str) -> str:
    subjects = {
        "joining": _("Confirm your address for %(event)s"),
        "elsewhere": _("You are already known to %(event)s"),
        "answer": _("Confirm your yes to %(event)s"),
    }
    return subjects[kind] % {"event": settings.TIFO_EVENT_NAME}


def write(
    kind: str,
    language: str,
    words: Mapping[str, Any],
    *,
    address: str | None = None,
    fan_id: int | None = None,
    lifetime: timedelta = timedelta(hours=24),
) -> int:
    """Leave a letter of this kind in the caller's transaction; its id. Nothing that a stranger typed stands in it."""
    with translation.override(language):
        context = {
            "event": settings.TIFO_EVENT_NAME,
            "home": settings.TIFO_PUBLIC_URL,
            "postal_address": settings.TIFO_POSTAL_ADDRESS,
            "shades": shades(settings.TIFO_ACCENT, ground_light),
            "language": language,
            "rtl": translation.get_language_bidi(),
            "subject": _subject(kind),
            **words,
        }
        return send_letter(
            f"fanclub-{kind}",
            fan_id=fan_id,
            address=address,
            subject=context["subject"],
            text=render_to_string(f"fanclub/letters/{kind}.txt", context).strip() + "\n",
            html=render_to_string(f"fanclub/letters/{kind}.html", context),
            language=language,
            lifetime=lifetime,
        )


def link(path: str, token: str) -> str:
    """An address of ours with a token."""
    return f"{settings.TIFO_PUBLIC_URL}{path}?t={token}"
