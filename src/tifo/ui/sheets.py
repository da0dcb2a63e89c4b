"""Building a file by fields: texts in each language, of which one is shown at a time, moments in a zone, short lists.

A text's field is called `title@fr`. Nothing here writes; what is wrong is said by whoever reads the file.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import QueryDict
from django.utils import translation

from tifo.ui.rules import language_name

_TEXT = re.compile(r"([a-z0-9.-]{1,80})@([a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*)")
LONGEST = 100_000
"""Characters of one text; each file has its own, lower bounds."""


@dataclass(frozen=True, slots=True)
class Tongue:
    """A language of the sheet; `place` counts from 1."""

    place: int
    code: str
    name: str
    rtl: bool


@dataclass(frozen=True, slots=True)
class Said:
    """A text in one language; `stands_in`: what fans read meanwhile where it is empty."""

    tongue: Tongue
    text: str
    stands_in: str


@dataclass(frozen=True, slots=True)
class TextRow:
    """A text of the sheet in each language, and what is wrong with it."""

    field: str
    said: tuple[Said, ...]
    problem: str = ""

    @property
    def missing(self) -> bool:
        """Whether there is no word in any language."""
        return not any(one.text for one in self.said)


def tongues(more: Iterable[str] = ()) -> tuple[Tongue, ...]:
    """The languages of the house, then others in which something is said."""
    shown = translation.get_language() or "en"
    codes = dict.fromkeys([*settings.TIFO_LANGUAGES, *sorted(more)])
    return tuple(
        Tongue(place, code, language_name(code, shown) or code, code.split("-")[0] in settings.LANGUAGES_BIDI)
        for place, code in enumerate(codes, 1)
    )


def text_row(field: str, texts: Mapping[str, str], languages: Iterable[Tongue], problem: str = "") -> TextRow:
    """A text as its fields show it."""
    instead = texts.get("en") or next((one for one in texts.values() if one), "")
    return TextRow(
        field,
        tuple(Said(one, texts.get(one.code, ""), instead[:200]) for one in languages),
        problem,
    )


def texts_in(sent: QueryDict) -> dict[str, dict[str, str]]:
    """The texts of a sheet by field; empty ones are not there."""
    found: dict[str, dict[str, str]] = {}
    for key in sent:
        named = _TEXT.fullmatch(key)
        text = sent.get(key, "").replace("\r\n", "\n").strip()[:LONGEST]
        if named and text:
            found.setdefault(named.group(1), {})[named.group(2)] = text
    return found


def listed(text: str) -> list[str]:
    """The words of a short list, with commas or each on its line."""
    return [word.strip() for word in re.split(r"[,\n]", text) if word.strip()]


def moment_in(text: str, zone: str) -> str:
    """A wall time of a `datetime-local` field in a zone, as files say it; what is no time stays as it is."""
    try:
        wall = datetime.fromisoformat(text[:40])
        found = wall.replace(tzinfo=ZoneInfo(zone)) if wall.tzinfo is None else wall
        shown = "minutes" if not (found.second or found.microsecond) else "auto"
        return found.astimezone(UTC).isoformat(timespec=shown).replace("+00:00", "Z")
    except (ValueError, KeyError, OverflowError):
        return text[:40]


def moment_field(text: str, zone: str) -> str:
    """A moment of a file as a `datetime-local` field has it; empty where it is none."""
    try:
        wall = datetime.fromisoformat(text).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    except (ValueError, KeyError, OverflowError):
        return ""
    return wall.isoformat(timespec="seconds" if wall.second else "minutes")
