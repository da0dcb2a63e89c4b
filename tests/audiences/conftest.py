from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from tests.audiences.world import MOMENT, WORDS, fill
from tifo.audiences import queries
from tifo.kernel.public import clock


@dataclass
class Reading:
    """The lake's way of reading, over DuckDB in memory."""

    connection: duckdb.DuckDBPyConnection
    as_of: datetime = MOMENT

    def sql(self, statement: str, params: dict[str, Any] | None = None) -> pa.Table:
        return self.connection.sql(statement, params=params or {}).to_arrow_table()


@pytest.fixture
def small_world(monkeypatch: pytest.MonkeyPatch) -> Iterator[Reading]:
    """Six fans whom the questions of the tests are about, and the words of tests/audiences/world.py."""
    world = {
        "fan": [
            {
                "fan_id": 1,
                "language": "fr",
                "country": "FR",
                "has_email": True,
                "has_phone": True,
                "erased": False,
            },
            {
                "fan_id": 2,
                "language": "fr",
                "country": "BE",
                "has_email": True,
                "has_phone": False,
                "erased": False,
            },
            {
                "fan_id": 3,
                "language": "en",
                "country": "GB",
                "has_email": False,
                "has_phone": True,
                "erased": False,
            },
            {
                "fan_id": 4,
                "language": None,
                "country": None,
                "has_email": False,
                "has_phone": None,
                "erased": False,
            },
            {
                "fan_id": 5,
                "language": "fr",
                "country": "FR",
                "has_email": True,
                "has_phone": True,
                "erased": True,
            },
            {
                "fan_id": 6,
                "language": "ar",
                "country": "MA",
                "has_email": True,
                "has_phone": False,
                "erased": False,
            },
        ],
        "consent": [
            {"fan_id": 1, "purpose": "newsletter", "state": "given"},
            {"fan_id": 2, "purpose": "newsletter", "state": "withdrawn"},
            {"fan_id": 5, "purpose": "newsletter", "state": "given"},
            {"fan_id": 6, "purpose": "newsletter", "state": "given"},
        ],
        "preference": [
            {"fan_id": 1, "topic": "judo", "score": 0.75, "declared": True},
            {"fan_id": 2, "topic": "judo", "score": 0.25, "declared": False},
            {"fan_id": 5, "topic": "judo", "score": 1.0, "declared": True},
        ],
        "ticket": [
            {"ticket_id": 1, "fan_id": 1, "status": "cancelled", "venue_code": "STA"},
            {"ticket_id": 2, "fan_id": 2, "status": "valid", "venue_code": "STA"},
            {"ticket_id": 3, "fan_id": 2, "status": "valid", "venue_code": "BER"},
        ],
    }
    with duckdb.connect(config={"threads": 1}) as connection:
        fill(connection, world)
        reader = Reading(connection)

        @contextmanager
        def opened() -> Iterator[Reading]:
            yield reader

        monkeypatch.setattr(queries, "words", lambda: WORDS)
        monkeypatch.setattr(queries, "reading", opened)
        monkeypatch.setattr(queries, "looking", opened)
        monkeypatch.setattr(clock, "now", lambda: MOMENT)
        yield reader
