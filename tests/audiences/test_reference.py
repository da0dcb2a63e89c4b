"""The page of words, made from declarations."""

from pathlib import Path

import pytest

from tests.audiences.world import WORDS
from tifo.audiences.public import reference
from tifo.audiences.rules.reference import describe, markdown

PAGE = Path(__file__).parents[2] / "docs/reference/audiences.md"


def test_every_word_and_argument_is_on_the_page() -> None:
    page = markdown(WORDS)
    for word in describe(WORDS):
        brackets = "()" if word["arguments"] is not None else ""
        assert f"## `{word['word']}{brackets}`\n" in page
        for argument in word["arguments"] or ():
            assert f"| `{argument['name']}` |" in page
    assert "| `when` | `any`, `upcoming`, `past` | without it: `any` |" in page
    assert "newsletter" not in page, "values that stand in the data are not part of the page"
    assert page.endswith("\n")
    assert not page.endswith("\n\n")


def test_a_word_as_plain_values() -> None:
    described = {word["word"]: word for word in describe(WORDS)}
    assert described["language"]["values"] == ["ar", "en", "es", "fr"]
    assert described["consents"] == {
        "word": "consents",
        "answers": "bool",
        "alone": True,
        "operators": ["=", "!="],
        "help": "",
        "values": [],
        "arguments": [
            {
                "name": "purpose",
                "takes": "text",
                "values": ["newsletter", "ticketing"],
                "default": None,
                "required": True,
                "positional": True,
                "help": "",
            }
        ],
    }


@pytest.mark.django_db
def test_the_page_in_the_docs_is_that_of_the_declarations() -> None:
    assert PAGE.read_text(encoding="utf-8") == reference(), (
        "a word changed: tifo audiences words --markdown > docs/reference/audiences.md"
    )
