"""Who is old enough to consent by herself."""

from datetime import date

import pytest

from tifo.consents.public import age_needed, may_give
from tifo.consents.rules import AGES, DEFAULT_AGE, age_on


@pytest.mark.parametrize(
    ("country", "purpose", "age"),
    [
        ("BE", "newsletter", 13),
        ("ES", "newsletter", 14),
        ("FR", "newsletter", 15),
        ("DK", "newsletter", 15),
        ("DE", "newsletter", 16),
        ("GB", "research", 13),
        ("BR", "newsletter", 16),
        (None, "newsletter", 16),
        ("BE", "partner-offers", 18),
        ("FR", "tracking", 18),
    ],
)
def test_the_age_is_one_of_country_and_purpose(country: str | None, purpose: str, age: int) -> None:
    assert age_needed(country, purpose) == age


def test_no_state_goes_below_13_or_above_16() -> None:
    assert set(AGES.values()) == {13, 14, 15, 16}
    assert DEFAULT_AGE == 16


@pytest.mark.parametrize(
    ("born", "on", "age"),
    [
        (date(2009, 7, 26), date(2024, 7, 25), 14),
        (date(2009, 7, 26), date(2024, 7, 26), 15),
        (date(2008, 2, 29), date(2023, 2, 28), 14),
        (date(2008, 2, 29), date(2023, 3, 1), 15),
        (date(2008, 2, 29), date(2024, 2, 29), 16),
    ],
)
def test_a_year_is_full_on_the_birthday(born: date, on: date, age: int) -> None:
    assert age_on(born, on) == age
    assert may_give(born, "FR", "newsletter", on) == (age >= 15)


def test_without_a_birth_date_she_declares_her_age_by_consenting() -> None:
    assert may_give(None, "FR", "tracking", date(2024, 7, 26))
