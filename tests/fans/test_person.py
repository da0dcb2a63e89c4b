"""Phones, places, names and dates: what may be written and how it is kept."""

from datetime import UTC, date, datetime

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tifo.fans.public import (
    canonical_birth_date,
    canonical_country,
    canonical_external_id,
    canonical_gender,
    canonical_language,
    canonical_moment,
    canonical_phone,
    canonical_timezone,
    countries,
    languages,
    timezones,
    yes_or_no,
)
from tifo.fans.rules import name_key, name_keys, plain_text
from tifo.kernel.public import Refused

TODAY = date(2024, 7, 26)
NOW = datetime(2024, 7, 26, 17, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "country", "kept"),
    [
        ("+33 6 12 34 56 78", None, "+33612345678"),
        ("06.12.34.56.78", "FR", "+33612345678"),
        ("0033612345678", "FR", "+33612345678"),
        ("+44 (0)20 7946 0000", None, "+442079460000"),
        ("٠٦١٢٣٤٥٦٧٨", "MA", "+212612345678"),
        ("+39 06 698 12345", None, "+390669812345"),  # Italy keeps its leading zero
    ],
)
def test_a_phone_number_becomes_e164(typed: str, country: str | None, kept: str) -> None:
    assert canonical_phone(typed, country) == kept
    assert canonical_phone(kept) == kept


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("0612345678", "its country is not known"),
        ("call me", "no phone number"),
        ("+33 6", "too short"),
        ("+33 6 12 34 56 78 90 12 34 56 78 90", "too long"),
        ("+1 20", "no number of its country has that many digits"),
        ("+33612345678 ext. 5", "extension"),
        ("", "no phone number"),
    ],
)
def test_what_is_no_phone_number_is_refused_with_the_reason(typed: str, why: str) -> None:
    with pytest.raises(Refused) as refused:
        canonical_phone(typed)
    assert why in str(refused.value)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("fr", "fr"), ("FR", "fr"), ("fr-CA", "fr"), ("français", "fr"), ("French", "fr"), ("العربية", "ar"),
     ("iw", "he"), ("zh-TW", "zh-Hant"), ("zh_Hans_CN", "zh"), ("sr-Latn", "sr-Latn"), (" es ", "es")],
)  # fmt: skip
def test_a_language_is_kept_by_its_code(typed: str, kept: str) -> None:
    assert canonical_language(typed) == kept
    assert canonical_language(kept) == kept


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("fr", "FR"),
        ("FRA", "FR"),
        ("UK", "GB"),
        ("Espagne", "ES"),
        ("Spain", "ES"),
        ("المغرب", "MA"),
        ("XK", "XK"),
    ],
)
def test_a_country_is_kept_by_its_code(typed: str, kept: str) -> None:
    assert canonical_country(typed) == kept


@pytest.mark.parametrize("typed", ["XX", "EU", "ZZ", "Atlantis", "", "150"])
def test_what_is_no_country_is_refused(typed: str) -> None:
    with pytest.raises(Refused, match="no country"):
        canonical_country(typed)


@pytest.mark.parametrize("typed", ["xx", "", "klingonish", "??"])
def test_what_is_no_language_is_refused(typed: str) -> None:
    with pytest.raises(Refused, match="no language"):
        canonical_language(typed)


def test_every_listed_code_is_its_own_canonical_form() -> None:
    assert {canonical_country(code) for code in countries()} == countries()
    assert len(countries()) == 249 + 1  # ISO 3166-1 and Kosovo
    assert {"fr", "en", "es", "ar", "ty"} <= languages()
    assert {canonical_language(code) for code in ("fr", "en", "es", "ar", "ty")} == {
        "fr",
        "en",
        "es",
        "ar",
        "ty",
    }
    assert {canonical_timezone(name) for name in timezones()} == timezones()


def test_a_time_zone_is_kept_by_its_iana_name() -> None:
    assert canonical_timezone(" pacific/tahiti ") == "Pacific/Tahiti"
    with pytest.raises(Refused, match="no time zone"):
        canonical_timezone("Paris")


@pytest.mark.parametrize(
    ("typed", "kept"), [("F", "female"), ("Homme", "male"), ("آخر", "other"), ("male", "male")]
)
def test_a_gender_is_one_of_three_words(typed: str, kept: str) -> None:
    assert canonical_gender(typed) == kept


def test_an_unknown_gender_is_refused() -> None:
    with pytest.raises(Refused, match="female, male or other"):
        canonical_gender("yes")


@pytest.mark.parametrize(
    ("typed", "why"),
    [("26/07/1990", "1990-07-14"), ("1990-02-30", "no date"), ("19900714", "no date"), ("1990-W01-1", "no date"),
     ("2024-07-27", "future"), ("1899-12-31", "before 1900")],
)  # fmt: skip
def test_a_birth_date_is_iso_and_possible(typed: str, why: str) -> None:
    with pytest.raises(Refused, match=why):
        canonical_birth_date(typed, TODAY)


def test_a_birth_date_is_a_day() -> None:
    assert canonical_birth_date(" 2024-07-26 ", TODAY) == TODAY


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("2024-07-26", datetime(2024, 7, 26, tzinfo=UTC)),
        ("2024-07-26T19:30:00+02:00", NOW),
        ("2024-07-26 17:30:00Z", NOW),
        ("2024-07-26 17:30", NOW),
    ],
)
def test_a_moment_is_utc_where_it_does_not_say_otherwise(typed: str, kept: datetime) -> None:
    assert canonical_moment(typed, NOW) == kept


@pytest.mark.parametrize(
    ("typed", "why"),
    [("yesterday", "no moment"), ("2024-07-26T17:30:01Z", "future"), ("1812-01-01", "before 1900"),
     ("0001-01-01T00:00:00+14:00", "outside the calendar")],
)  # fmt: skip
def test_a_moment_that_cannot_be_is_refused(typed: str, why: str) -> None:
    with pytest.raises(Refused, match=why):
        canonical_moment(typed, NOW)


def test_yes_and_no_in_the_languages_of_the_house() -> None:
    assert [yes_or_no(word) for word in ("Yes", "oui", "SÍ", "نعم", "1")] == [True] * 5
    assert [yes_or_no(word) for word in ("no", "NON", "لا", "0", "false")] == [False] * 5
    with pytest.raises(Refused, match="yes or no"):
        yes_or_no("maybe")


def test_texts_are_kept_as_typed() -> None:
    assert plain_text("  Zoë O’Hara-Müller 👩🏽‍🚀 ") == "Zoë O’Hara-Müller 👩🏽‍🚀"
    assert canonical_external_id("e\u0301") == "é"
    for bad, why in (("a\nb", "U\\+000A"), ("\x00", "U\\+0000"), ("a" * 201, "longer than 200")):
        with pytest.raises(Refused, match=why):
            plain_text(bad)


def test_names_are_searched_without_case_accents_and_double_blanks() -> None:
    assert name_key(" Élodie  DUPONT-Ñandú ") == "elodie dupont-nandu"
    assert name_key("Strauß") == name_key("STRAUSS") == "strauss"
    assert name_key(None) == ""


@given(
    st.lists(
        st.one_of(st.none(), st.text(max_size=12), st.from_regex(r"[A-Za-z' ]{0,8}", fullmatch=True)),
        max_size=5,
    )
)
def test_the_keys_of_many_names_are_those_of_each(names: list[str | None]) -> None:
    column = pa.chunked_array([pa.array(names, pa.string())])
    assert name_keys(column).to_pylist() == [name_key(name) for name in names]
