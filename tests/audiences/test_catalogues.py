"""What is said in words is said in each language of the house."""

import gettext
import io
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from tests.audiences.world import WORDS
from tifo.audiences.rules.check import check
from tifo.audiences.rules.explain import Speech, in_words
from tifo.audiences.rules.parse import read

LOCALE = Path(__file__).parents[2] / "src/tifo/audiences/locale"


def speech(language: str) -> Speech:
    path = LOCALE / language / "LC_MESSAGES" / "django.po"
    compiled = io.BytesIO()
    write_mo(compiled, read_po(io.BytesIO(path.read_bytes()), locale=language))
    compiled.seek(0)
    catalogue = gettext.GNUTranslations(compiled)
    return Speech(catalogue.gettext, catalogue.ngettext)


def test_a_question_in_french() -> None:
    text = 'club.member and not language = "fr" and (tickets(within: 3 days) >= 2 or joined >= 1 week ago)'
    assert str(in_words(check(text, read(text), WORDS), speech("fr"))).splitlines() == [
        "Fans pour qui tout ceci est vrai\u00a0:",
        "- membre du club",
        "- pas\u00a0: langue\u00a0: «\u00a0fr\u00a0»",
        "- au moins une de ces choses\u00a0:",
        "  - billets détenus (dans les derniers 3 jours)\u00a0: au moins 2",
        "  - jour d'arrivée\u00a0: il y a 1 semaine ou après",
    ]
