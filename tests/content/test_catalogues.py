"""What content says, it says in each language of the house."""

import io
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from tifo.content.rules.wording import wording

LOCALE = Path(__file__).parents[2] / "src/tifo/content/locale"


@pytest.mark.parametrize("language", ["fr", "es", "ar"])
def test_every_message_is_translated(language: str) -> None:
    path = LOCALE / language / "LC_MESSAGES" / "django.po"
    catalogue = read_po(io.BytesIO(path.read_bytes()), locale=language)
    assert [message.id for message in catalogue if message.id and (not message.string or message.fuzzy)] == []


def test_the_frame_speaks_four_languages_and_falls_back_to_english() -> None:
    said = {
        language: wording(language)["unsubscribe"]
        for language in ("en", "fr", "es", "ar", "de", "fr-CA", "xx")
    }
    assert said == {
        "en": "Unsubscribe",
        "fr": "Se désabonner",
        "es": "Darse de baja",
        "ar": "إلغاء الاشتراك",
        "de": "Unsubscribe",
        "fr-CA": "Se désabonner",
        "xx": "Unsubscribe",
    }
    assert {language for language in ("ar", "he", "fa", "ur", "fr") if wording(language).rtl} == {
        "ar",
        "he",
        "fa",
        "ur",
    }
