"""The words of the frame in the fan's language, read straight from the gettext catalogues of this context."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.messages.pofile import read_po

_LOCALES = Path(__file__).parent.parent / "locale"


def pgettext(context: str, message: str) -> str:  # noqa: ARG001  the name lets makemessages find the words
    """Mark words for the catalogues; they are looked up per message, in the fan's language."""
    return message


_WORDS: Mapping[str, str] = {
    "why": pgettext("newsletter", "You receive this because you asked for news from %(event)s."),
    "preferences": pgettext("newsletter", "Choose what you receive"),
    "unsubscribe": pgettext("newsletter", "Unsubscribe"),
    "gate": pgettext("newsletter", "Gate"),
    "block": pgettext("newsletter", "Block"),
    "row": pgettext("newsletter", "Row"),
    "seat": pgettext("newsletter", "Seat"),
    "until": pgettext("newsletter", "until %(time)s"),
    "city": pgettext("newsletter", "local time in %(city)s"),
}


@dataclass(frozen=True, slots=True)
class Wording:
    """Frame words of one language. `language` is the message's own tag, `direction` ltr or rtl."""

    language: str
    direction: str
    words: Mapping[str, str]

    def __getitem__(self, key: str) -> str:
        return self.words[key]

    @property
    def rtl(self) -> bool:
        """Whether it reads from right to left."""
        return self.direction == "rtl"


@lru_cache(maxsize=256)
def locale_of(language: str) -> Locale:
    """Babel's locale of a language tag, English where unknown."""
    try:
        return Locale.parse(language.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        try:
            return Locale.parse(language.split("-")[0].split("_")[0])
        except (UnknownLocaleError, ValueError):
            return Locale.parse("en")


@lru_cache(maxsize=256)
def wording(language: str) -> Wording:
    """The frame's words; a language without a catalogue is written in English, in its own direction."""
    path = _LOCALES / language.split("-")[0].lower() / "LC_MESSAGES" / "django.po"
    words = dict(_WORDS)
    if path.exists():
        with path.open("rb") as file:
            catalogue = read_po(file, locale=language.split("-")[0].lower())
        for key, message in _WORDS.items():
            found = catalogue.get(message, context="newsletter")
            if found and found.string and not found.fuzzy:
                words[key] = str(found.string)
    return Wording(language, str(locale_of(language).text_direction), words)
