"""The frame of the fan club: what stands in its bar, and which views are its pages."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.functional import Promise
from django.views.decorators.cache import never_cache

View = Callable[..., HttpResponse]
MEMBERS, VISITORS = "members", "visitors"


@dataclass(frozen=True)
class ClubEntry:
    """A word of the bar. `visitors`: shown to who is not signed in, instead of to members."""

    key: str
    label: str | Promise
    url_name: str
    order: int
    visitors: bool = False


_entries: dict[str, ClubEntry] = {}
_desks: dict[str, ClubEntry] = {}


def club_entry(
    key: str, label: str | Promise, url_name: str, order: int, *, visitors: bool = False
) -> ClubEntry:
    """Put a page into the bar; said in the module of the page (`web/fan.py`), its label by gettext_lazy."""
    entry = ClubEntry(key, label, url_name, order, visitors)
    if _entries.setdefault(key, entry) != entry:
        raise ValueError(f"the club's bar has another entry {key!r}")
    return entry


def club_entries(*, visitors: bool) -> list[ClubEntry]:
    """What stands in the bar, in order."""
    return sorted(
        (entry for entry in _entries.values() if entry.visitors == visitors), key=lambda entry: entry.order
    )


def desk_entry(key: str, label: str | Promise, url_name: str, order: int) -> ClubEntry:
    """Put a screen beside the others of the studio's “Club”; said in `web/staff.py`."""
    entry = ClubEntry(key, label, url_name, order)
    if _desks.setdefault(key, entry) != entry:
        raise ValueError(f"the club's desk has another screen {key!r}")
    return entry


def desk_entries() -> list[ClubEntry]:
    """The screens of the studio's “Club”, in order."""
    return sorted(_desks.values(), key=lambda entry: entry.order)


def club_page(view: View) -> View:
    """A page of the club for members: `request.fan` is the fan who is signed in; nobody else comes in."""
    return _marked(view, MEMBERS)


def open_club_page(view: View) -> View:
    """A page of the club for everybody: `request.fan` is the fan who is signed in, or None."""
    return _marked(view, VISITORS)


def club_page_for(view: Any) -> str:
    """MEMBERS or VISITORS for a page of the club, empty for any other view."""
    return getattr(view, "_club_page", "")


def _marked(view: View, who: str) -> View:
    @wraps(view)
    def page(request: HttpRequest, *args: Any, **words: Any) -> HttpResponse:
        return view(request, *args, **words)

    page = never_cache(page)
    page._club_page = who  # type: ignore[attr-defined]
    return page


def speak_to(request: HttpRequest, language: str | None) -> None:
    """From here on this request is answered in `language`, unless it is none of ours or this browser was told another."""
    if settings.LANGUAGE_COOKIE_NAME in request.COOKIES:
        return
    spoken = (language or "").split("-")[0]
    if spoken in settings.TIFO_LANGUAGES:
        translation.activate(spoken)
        request.LANGUAGE_CODE = spoken


def known_language(language: str | None) -> str:
    """The language of ours that is meant, English where it is none."""
    spoken = (language or "").split("-")[0]
    return spoken if spoken in settings.TIFO_LANGUAGES else "en"


def reader_language() -> str:
    """The language that the reader sees: one of ours."""
    return known_language(translation.get_language())
