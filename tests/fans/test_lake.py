"""What the lake is told of fans."""

import pytest
from django.db import connection

from tifo.fans.lake import FAN
from tifo.fans.public import create_fan, erase_fan
from tifo.lake.public import words

pytestmark = pytest.mark.django_db


def test_the_lake_gets_no_name_and_no_address() -> None:
    create_fan(source="test", email="Canary@example.org", first_name="Canary", last_name="Canary", postcode="Canary",
               external_id="Canary", country="FR", language="fr")  # fmt: skip
    gone = create_fan(source="test", phone="+33612345678", gender="female")
    erase_fan(gone)
    with connection.cursor() as cursor:
        cursor.execute(f"{FAN.truth} WHERE t.rev > 0 AND t.rev <= 9223372036854775807 ORDER BY t.id")
        rows = [
            dict(zip((column.name for column in FAN.columns), row, strict=True)) for row in cursor.fetchall()
        ]
    assert "Canary" not in repr(rows)
    wanted = ("language", "country", "gender", "source", "has_email", "has_phone", "erased")
    assert [[row[name] for name in wanted] for row in rows] == [
        ["fr", "FR", None, "test", True, False, False],
        [None, None, None, "test", False, False, True],
    ]


def test_every_word_says_what_it_means() -> None:
    ours = (
        "language",
        "country",
        "gender",
        "age",
        "timezone",
        "source",
        "joined",
        "club.member",
        "reachable",
    )
    assert [name for name in ours if not words()[name].help] == []
