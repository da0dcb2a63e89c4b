"""What every template knows of the look: `look.event_name`, `look.accent`, `look.accent_url`, `look.postal_address`."""

from functools import lru_cache
from hashlib import sha256

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from tifo.ui.rules import stylesheet
from tifo.ui.types import Look


@lru_cache(maxsize=8)
def accent_version(accent: str) -> str:
    """A name for this state of the accent's stylesheet, so that browsers may keep it for good."""
    return sha256(stylesheet(accent).encode("ascii")).hexdigest()[:12]


def current_look() -> Look:
    accent = settings.TIFO_ACCENT
    return Look(
        event_name=settings.TIFO_EVENT_NAME,
        accent=accent,
        accent_url=f"{reverse('look:accent')}?v={accent_version(accent)}",
        postal_address=settings.TIFO_POSTAL_ADDRESS,
    )


def look(request: HttpRequest) -> dict[str, Look]:  # noqa: ARG001 -- as Django calls it
    """Context processor."""
    return {"look": current_look()}
