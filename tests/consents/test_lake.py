"""What the lake is told of consents."""

import pytest
from django.db import connection

from tifo.consents.lake import CONSENT
from tifo.consents.public import give, withdraw
from tifo.fans.public import create_fan
from tifo.lake.public import Relation, words

pytestmark = pytest.mark.django_db


def test_the_lake_gets_where_each_fan_stands() -> None:
    fan_id = create_fan(source="test", email="ann@example.org")
    give(fan_id, "newsletter", source="form")
    withdraw(fan_id, "research", source="form")
    with connection.cursor() as cursor:
        cursor.execute(f"{CONSENT.truth} WHERE t.rev > 0 AND t.rev <= 9223372036854775807 ORDER BY t.purpose")
        rows = cursor.fetchall()
    assert [row[:4] for row in rows] == [
        (fan_id, "newsletter", "given", 1),
        (fan_id, "research", "withdrawn", 1),
    ]
    assert len(CONSENT.columns) == len(rows[0])


def test_the_word_knows_its_purposes() -> None:
    word = words()["consents"]
    assert isinstance(word, Relation)
    values = word.arguments[0].values  # type: ignore[union-attr]
    assert callable(values)
    assert list(values()) == ["newsletter", "ticketing", "partner-offers", "tracking", "research"]
