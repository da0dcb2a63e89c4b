"""Figures and dates as people of a language write them."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tifo.ui.public import (
    ago,
    bytesize,
    city,
    clock,
    day,
    language_name,
    moment,
    number,
    percent,
    shown_dark,
    typed_matches,
    weekday,
)  # fmt: skip

EVENING = datetime(2024, 7, 27, 19, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "written"),
    [("en", "12,480.5"), ("fr", "12\u202f480,5"), ("es", "12.480,5"), ("ar", "12,480.5"), ("xx", "12,480.5")],
)
def test_number(language: str, written: str) -> None:
    assert number(12480.5, language) == written


def test_percent() -> None:
    assert percent(0.413) == "41%"
    assert percent(0.413, 1, "fr") == "41,3\xa0%"
    assert percent(0) == "0%"
    assert percent(1) == "100%"
    assert percent(0.001) == "<1%"
    assert percent(0.9999) == ">99%"
    assert percent(0.0001, 1) == "<0.1%"


@given(st.integers(1, 10**7), st.integers(1, 10**7))
def test_percent_never_rounds_to_nothing_or_all(some: int, rest: int) -> None:
    assert percent(some / (some + rest)) not in ("0%", "100%")


def test_dates() -> None:
    assert day(date(2026, 11, 22)) == "22 Nov 2026"
    assert day(EVENING, "Pacific/Auckland") == "28 Jul 2024"
    assert day(date(2026, 11, 22), language="ar") == "22 نوفمبر 2026"
    assert moment(EVENING, "Europe/Paris", "fr") == "27 juil. 2024, 21:00"
    assert clock(EVENING, "Pacific/Tahiti") == "09:00"
    assert weekday(EVENING, "Europe/Paris", "fr") == "samedi 27 juillet"
    assert weekday(EVENING, "Europe/Paris", "es") == "sábado, 27 de julio"
    assert city("Pacific/Tahiti", "es") == "Tahití"


def test_ago() -> None:
    assert ago(EVENING - timedelta(minutes=3), EVENING) == "3 minutes ago"
    assert ago(EVENING + timedelta(days=2), EVENING, "fr") == "dans 2 jours"
    assert ago(EVENING, EVENING) == "1 second ago"


def test_sizes_and_names() -> None:
    assert bytesize(98_200) == "98.2 kB"
    assert bytesize(0) == "0 byte"
    assert bytesize(2_000_000, "fr") == "2\u202fMo"
    assert [language_name(code) for code in ("en", "fr", "es", "ar")] == [
        "English",
        "Français",
        "Español",
        "العربية",
    ]
    assert language_name("fr", "en") == "French"


def test_what_is_not_known() -> None:
    assert {
        number(None),
        percent(None),
        bytesize(None),
        day(None),
        moment(None),
        clock(None),
        ago(None, EVENING),
    } == {"–"}


def test_typed_matches() -> None:
    assert typed_matches(" lea@Example.org ", "lea@example.org")
    assert typed_matches("Le\u0301a", "Léa")
    assert not typed_matches("", "")
    assert not typed_matches("lea", "léa")


def test_shown_dark() -> None:
    page = "<html><head></head><style>@media (prefers-color-scheme:dark){a}@media ( prefers-color-scheme: light ){b}</style>"
    assert shown_dark(page) == (
        "<html><head><style>:root{color-scheme:dark}</style></head>"
        "<style>@media (min-width: 0){a}@media (max-width: 0){b}</style>"
    )
