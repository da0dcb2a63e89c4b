"""Texts of a file become people; what is wrong is named by row and column."""

from datetime import UTC, date, datetime

import pyarrow as pa

from tifo.fans.public import FIELDS, PersonProblem, read_people
from tifo.fans.rules import TYPES

NOW = datetime(2024, 7, 26, 17, 30, tzinfo=UTC)


def texts(**columns: list[str | None]) -> pa.Table:
    count = len(next(iter(columns.values())))
    return pa.table(
        {
            "row": pa.array(range(2, 2 + count), pa.int64()),
            **{name: pa.array(values, pa.string()) for name, values in columns.items()},
        }
    )


def test_every_known_column_becomes_a_value() -> None:
    people, problems = read_people(
        texts(
            email=[" Ann@Example.org "],
            phone=["06 12 34 56 78"],
            first_name=["Élodie"],
            last_name=[" Ann "],
            birth_date=["1990-07-14"],
            gender=["f"],
            language=["French"],
            country=["France"],
            postcode=["75 001"],
            timezone=["europe/paris"],
            external_id=["X1"],
            joined_at=["2024-01-02T03:04:05+01:00"],
            club_member=["oui"],
            favourite=["left alone"],
        ),
        now=NOW,
    )
    assert problems == []
    assert people.to_pylist() == [
        {
            "row": 2,
            "email": "Ann@Example.org",
            "phone": "+33612345678",
            "first_name": "Élodie",
            "last_name": "Ann",
            "birth_date": date(1990, 7, 14),
            "gender": "female",
            "language": "fr",
            "country": "FR",
            "postcode": "75 001",
            "timezone": "Europe/Paris",
            "external_id": "X1",
            "joined_at": datetime(2024, 1, 2, 2, 4, 5, tzinfo=UTC),
            "club_member": True,
        }
    ]
    assert people.schema == pa.schema([("row", pa.int64()), *((name, TYPES[name]) for name in FIELDS)])


def test_an_empty_text_is_not_known() -> None:
    people, problems = read_people(
        texts(email=["a@example.org"], phone=[" "], first_name=[""], gender=[None]), now=NOW
    )
    assert problems == []
    assert {name for name, value in people.to_pylist()[0].items() if value is not None} == {"row", "email"}


def test_rows_with_something_wrong_are_left_out_and_named_by_row_and_column() -> None:
    people, problems = read_people(
        texts(
            email=["a@example.org", "nobody", "b@example.org", None, "c@example.org", "d@faß.de"],
            phone=[None, "12", None, None, "0612345678", "06 12 34 56 79"],
            country=[None, None, "Atlantis", None, None, "FR"],
            first_name=["A\x07", None, "B", "C", None, None],
        ),
        now=NOW,
    )
    assert people.column("row").to_pylist() == [7]
    assert people.column("phone").to_pylist() == ["+33612345679"]
    assert problems == [
        PersonProblem(2, "first_name", "a control character (U+0007) stands in it"),
        PersonProblem(3, "email", "no @ in it; write name@example.org"),
        PersonProblem(3, "phone", "its country is not known; begin with + and the country's code, e.g. +33"),
        PersonProblem(
            4,
            "country",
            "it is no country that is known; write a code of two letters such as FR, or its name",
        ),
        PersonProblem(5, "email", "no email, phone or external_id: nobody could find her again"),
        PersonProblem(6, "phone", "its country is not known; begin with + and the country's code, e.g. +33"),
    ]


def test_the_country_of_the_file_reads_phones_of_people_without_one() -> None:
    people, problems = read_people(texts(phone=["0612345678"]), now=NOW, country="FR")
    assert problems == []
    assert people.column("phone").to_pylist() == ["+33612345678"]


def test_no_people_are_no_problem() -> None:
    people, problems = read_people(texts(email=[]), now=NOW)
    assert (people.num_rows, problems) == (0, [])
