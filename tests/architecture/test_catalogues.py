"""Whatever a context says to people, it says in each language of the house."""

import io
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from babel.messages import Catalog, Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po
from django.utils.translation.template import templatize

SOURCE = Path(__file__).parents[2] / "src" / "tifo"
CONTEXTS = sorted(path.parent.name for path in SOURCE.glob("*/__init__.py"))
LANGUAGES = ("fr", "es", "ar")
FORMS = {"fr": 2, "es": 2, "ar": 6}
"""How many plural forms a language has; Arabic counts none, one, two, few, many and other."""

MARKS = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop")),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), (1, 2)),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), ((1, "c"), 2)),
    **dict.fromkeys(("npgettext", "npgettext_lazy"), ((1, "c"), 2, 3)),
}
PLACEHOLDER = re.compile(r"%\((\w+)\)[sr]")

Said = tuple[str, str]
"""A message: its context ("" mostly) and its English text, the singular where there are two."""


def _first(ids: str | tuple[str, ...]) -> str:
    return ids if isinstance(ids, str) else ids[0]


def _python_of(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        return text
    return "\n".join(
        line.lstrip() for line in templatize(text).splitlines()
    )  # as Python, without its indents


@cache
def collected(context: str) -> frozenset[Said]:
    """All messages that stand in the code and the templates of a context."""
    root = SOURCE / context
    files = [*root.rglob("*.py"), *root.glob("templates/**/*.html"), *root.glob("templates/**/*.txt")]
    return frozenset(
        (within or "", _first(message))
        for path in files
        for _line, message, _comments, within in extract(
            "python", io.BytesIO(_python_of(path).encode()), MARKS
        )
        if _first(message)
    )


def catalogue(context: str, language: str) -> Catalog:
    path = SOURCE / context / "locale" / language / "LC_MESSAGES" / "django.po"
    return read_po(io.BytesIO(path.read_bytes()), locale=language)


def messages(context: str, language: str) -> Iterator[Message]:
    return (message for message in catalogue(context, language) if message.id)


def speaking() -> list[str]:
    """The contexts that say something to people."""
    return [context for context in CONTEXTS if collected(context)]


def test_what_stands_in_code_and_templates_is_found() -> None:
    said = collected("accounts")
    assert ("", "Nothing was changed.") in said, "in Python"
    assert ("", "Forgotten?") in said, "in a template"
    assert ("", "%(n)s passkey") in said, "in a template, with a plural"
    assert ("at a venue", "Gate") in collected("ui"), "with its context"
    assert ("", "no @ in it; write name@example.org") in collected("fans"), "in a refusal"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("context", speaking())
def test_every_message_is_translated(context: str, language: str) -> None:
    held = {
        (message.context or "", _first(message.id))
        for message in messages(context, language)
        if not message.fuzzy
        and (all(message.string) if isinstance(message.string, tuple) else message.string)
    }
    assert sorted(collected(context) - held) == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("context", speaking())
def test_no_translation_is_half_done(context: str, language: str) -> None:
    doubtful = [
        message.id
        for message in messages(context, language)
        if message.fuzzy
        or not message.string
        or (
            isinstance(message.string, tuple)
            and (len(message.string), all(message.string)) != (FORMS[language], True)
        )
    ]
    assert doubtful == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("context", speaking())
def test_translations_fill_in_what_the_english_does(context: str, language: str) -> None:
    """Each form holds the placeholders of the English; one that says the number in a word may leave it out."""
    wrong = []
    for message in messages(context, language):
        plural = not isinstance(message.id, str)
        wanted = set(PLACEHOLDER.findall(message.id[-1] if plural else message.id))
        for form in message.string if isinstance(message.string, tuple) else (message.string,):
            has = set(PLACEHOLDER.findall(form))
            if has - wanted or (wanted - has and not plural):
                wrong.append((message.id, form))
    assert wrong == []


@pytest.mark.parametrize("context", speaking())
def test_plural_forms_are_counted_alike_everywhere(context: str) -> None:
    assert {language: catalogue(context, language).num_plurals for language in LANGUAGES} == FORMS
