"""Arrow in and out of both databases."""

from datetime import UTC, date, datetime

import pyarrow as pa
import pytest
from django.db import connection, transaction

from tifo.kernel.public import bulk

pytestmark = pytest.mark.django_db

SCHEMA = pa.schema(
    [
        ("id", pa.int64()),
        ("word", pa.string()),
        ("score", pa.float64()),
        ("yes", pa.bool_()),
        ("day", pa.date32()),
        ("moment", pa.timestamp("us", tz="UTC")),
        ("raw", pa.binary()),
    ]
)
ROWS = pa.table(
    {
        "id": [1, 2, 3],
        "word": ['a "quoted", comma\nand line', "", None],
        "score": [0.5, -1e300, None],
        "yes": [True, False, None],
        "day": [date(2024, 7, 26), date(1, 1, 1), None],
        "moment": [datetime(2024, 7, 26, 19, 30, 0, 5, UTC), datetime(2024, 7, 26, 19, 30, tzinfo=UTC), None],
        "raw": [b"\x00\xff", b"", None],
    },
    schema=SCHEMA,
)


def test_rows_come_back_as_they_went_in() -> None:
    with transaction.atomic(), bulk.temp_table("rows", ROWS) as name:
        assert bulk.read(f"SELECT * FROM {name} ORDER BY id", schema=SCHEMA).equals(ROWS)
        batches = list(bulk.batches(f"SELECT * FROM {name} ORDER BY id", schema=SCHEMA, size=2))
        assert pa.Table.from_batches(batches).equals(ROWS)
        assert [batch.num_rows for batch in batches] == [2, 1]


def test_a_temporary_table_is_gone_afterwards() -> None:
    with transaction.atomic():
        with bulk.temp_table("rows", ROWS, index=["id"]):
            pass
        with bulk.temp_table("rows", ROWS.slice(0, 1)) as name:
            assert bulk.read(f"SELECT count(*) AS n FROM {name}").to_pylist() == [{"n": 1}]


def test_conflicts_update_or_leave() -> None:
    with transaction.atomic():
        moment = pa.array([datetime(2026, 1, 1, tzinfo=UTC)] * 2, pa.timestamp("us", tz="UTC"))
        turns = pa.table({"name": ["a", "b"], "next_at": moment, "owner": ["first", "first"]})
        again = turns.slice(1).set_column(2, "owner", pa.array(["second"]))
        assert bulk.insert("kernel_turn", turns) == 2
        assert bulk.insert("kernel_turn", again, conflict="(name) DO NOTHING") == 0
        assert bulk.insert("kernel_turn", again, conflict="(name) DO UPDATE SET owner = excluded.owner") == 1
        with connection.cursor() as cursor:
            cursor.execute("SELECT name, owner FROM kernel_turn ORDER BY name")
            assert [tuple(row) for row in cursor.fetchall()] == [("a", "first"), ("b", "second")]


def test_moments_of_a_model_come_in_batches() -> None:
    moments = [datetime(2026, 1, 1, 8, 30, tzinfo=UTC), datetime(2026, 1, 2, 0, 0, 0, 7, UTC)]
    schema = pa.schema([("name", pa.string()), ("next_at", pa.timestamp("us", tz="UTC"))])
    turns = pa.table({"name": ["a", "b"], "next_at": moments}, schema=schema)
    with transaction.atomic():
        bulk.insert("kernel_turn", turns.append_column("owner", pa.array(["x", "x"])))
        sql = "SELECT t.name, t.next_at FROM kernel_turn t WHERE t.name IN (%s, %s) ORDER BY t.name"
        found = pa.Table.from_batches(bulk.batches(sql, ("a", "b"), schema=schema))
    assert found.equals(turns)


@pytest.mark.parametrize("count", [1, 39, 40, 41, 80, 97])
def test_every_row_is_counted_and_stored(count: int) -> None:
    schema = pa.schema([("id", pa.int64()), ("word", pa.string())])
    rows = pa.table({"id": range(count), "word": [f"w{number}" for number in range(count)]}, schema=schema)
    with transaction.atomic(), bulk.temp_table("rows", rows.slice(0, 0)) as name:
        assert bulk.insert(name, rows) == count
        assert bulk.read(f"SELECT * FROM {name} ORDER BY id", schema=schema).equals(rows)


def test_a_temporary_table_of_other_columns_takes_its_place() -> None:
    numbers = pa.table({"number": pa.array([1, 2], pa.int64())})
    words = pa.table({"word": ["a"]})
    with transaction.atomic():
        for data in (numbers, words, numbers):
            with bulk.temp_table("things", data) as name:
                assert bulk.read(f"SELECT * FROM {name}", schema=data.schema).equals(data)
    with (
        pytest.raises(ValueError, match="after all"),
        transaction.atomic(),
        bulk.temp_table("things", numbers),
    ):
        raise ValueError("not after all")
    with transaction.atomic(), bulk.temp_table("things", numbers) as name:
        assert bulk.read(f"SELECT count(*) AS n FROM {name}").to_pylist() == [{"n": 2}]
