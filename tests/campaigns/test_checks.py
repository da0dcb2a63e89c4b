"""What is looked over before a sending: errors stop it, warnings are passed knowingly."""

from collections.abc import Iterable

import pytest

from tests.campaigns.made import FILE, fan
from tifo.campaigns.public import CheckResult, check_definition, read_campaign_file
from tifo.content.public import Problem
from tifo.lake.public import refresh

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _people() -> None:
    for number, language in enumerate(["en", "en", "fr", "de"]):
        fan(number, "newsletter", language=language)
    refresh()


def _checked(*changes: tuple[str, str]) -> CheckResult:
    text = FILE
    for wrong, right in changes:
        assert wrong in text
        text = text.replace(wrong, right, 1)
    return check_definition(read_campaign_file(text))


def _said(problems: Iterable[Problem]) -> list[tuple[str, str]]:
    return [(problem.place, problem.text) for problem in problems]


def test_a_good_campaign_warns_of_nothing_but_the_fall_back() -> None:
    found = _checked()
    assert found.audience_count == 4
    assert found.of("error") == ()
    assert _said(found.of("warning")) == [
        ("languages", "1 fans who read “de” get the text in “en”"),
    ]


@pytest.mark.parametrize(
    ("change", "place", "text", "mend"),
    [
        (("newsletter", "newsleter"), "purpose", "the purpose “newsleter” is not known", "choose one of"),
        (
            ("Hello,", "Hello {{ fan.nam }},"),
            "block “welcome”, en, line 1",
            "unknown merge tag “fan.nam”",
            "did you mean",
        ),
        (
            ("Hello,", "Hello {{ fan.first_name }},"),
            "block “welcome”, en, line 1",
            "“fan.first_name” can be empty and has no fall-back",
            'write {{ fan.first_name | "…" }}',
        ),
        (
            ("Edition 1", "{{ session.code }}"),
            "subject, en, line 1",
            "“session.code” is known only in a block repeated per ticket",
            "",
        ),
        (
            ('{en: "Hello, [see](https://example.org/en).", ', "{"),
            "block “welcome”",
            "it has no text in its fall-back language “en”",
            "write it, or name one of fr",
        ),
        (("everyone()", "evryone()"), "audience, column 1", "evryone is not a known word", "everyone"),
        (
            ("everyone()", 'consents("newsletter") and likes(1)'),
            "audience, column 34",
            "",
            "",
        ),
        (
            ("{markdown:", "{when: 'holds_tickt()', markdown:"),
            "block “welcome”, when, column 1",
            "holds_tickt is not a known word",
            "did you mean holds_ticket?",
        ),
    ],
)
def test_an_error_is_named_with_its_place_and_mend(
    change: tuple[str, str], place: str, text: str, mend: str
) -> None:
    errors = _checked(change).of("error")
    assert [error.place for error in errors] == [place]
    assert text in errors[0].text
    assert mend in errors[0].mend
    assert str(errors[0]).count(errors[0].mend) == 1


def test_a_slot_that_stays_empty_for_some_is_a_warning() -> None:
    found = _checked(("{markdown:", "{when: 'language = \"fr\"', markdown:"))
    assert found.of("error") == ()
    assert _said(found.of("warning")) == [("slot trunk", "empty for 3 of 4 fans")]


def test_an_audience_of_nobody_is_a_warning() -> None:
    found = _checked(("everyone()", 'language = "es"'))
    assert found.audience_count == 0
    assert ("audience", "nobody is in it today") in _said(found.of("warning"))
    assert found.of("error") == ()
