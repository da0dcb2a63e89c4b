"""A child process reads the embedded database's state for the lake: the same rows and types as the driver's own way."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import connection, transaction

from tifo.fans.public import create_fan, erase_fan
from tifo.kernel import snapshot as reading_child
from tifo.kernel.public import bulk, revisions, snapshot
from tifo.lake.actions import arrow_schema
from tifo.lake.public import tables
from tifo.lake.types import LakeTable

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connection.vendor != 'sqlite'", reason="PostgreSQL is read by its own driver"),
]


@pytest.fixture(autouse=True)
def _any_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading_child, "WORTHWHILE", 0)


def _followed() -> dict[str, LakeTable]:
    return {name: table for name, table in tables().items() if table.truth}


def _asked() -> dict[str, Any]:
    return {name: (table.truth, arrow_schema(table)) for name, table in _followed().items()}


def _fans() -> None:
    create_fan(source="tests", external_id="1")  # nothing known: the first rows of many columns are NULL
    full = create_fan(
        source='l\'été "%s"\n',
        email="lea@lac.example",
        language="fr",
        birth_date=date(1903, 2, 1),
        joined_at=datetime(2026, 1, 2, 3, 4, 5, 6, UTC),
    )
    create_fan(source="tests", phone="+33612345678", joined_at=datetime(2026, 1, 2, tzinfo=UTC))
    erase_fan(full)
    create_fan(source="x", email="ida@lac.example", birth_date=date(2001, 2, 3))


def test_it_gives_the_same_rows_and_types_as_the_driver() -> None:
    _fans()
    with snapshot(_asked()) as state:
        assert state is not None
        assert state.settled == revisions.settled()
        for name, batches in state.tables:
            sql, schema = _asked()[name]
            found = list(batches)
            assert all(batch.schema == schema for batch in found)
            rows = [row for batch in found for row in batch.to_pylist()]
            assert rows == bulk.read(sql, schema=schema).to_pylist()
            assert len(rows) == 4 or name != "fan"


def test_all_selects_are_over_one_state() -> None:
    _fans()
    asked = {"first": _asked()["fan"], "second": _asked()["fan"]}
    with snapshot(asked) as state:
        assert state is not None
        before = state.settled
        create_fan(source="later", external_id="2")
        counts = [sum(batch.num_rows for batch in batches) for _, batches in state.tables]
    assert counts == [4, 4]
    assert revisions.settled() > before


def test_a_reader_that_dies_is_no_shorter_truth() -> None:
    _fans()
    sql, schema = _asked()["fan"]
    broken = {"good": (sql, schema), "bad": ("SELECT none FROM fans_fan", schema)}
    with pytest.raises((ChildProcessError, ValueError)), snapshot(broken) as state:  # noqa: PT012
        assert state is not None
        for _, batches in state.tables:
            list(batches)


def test_within_a_transaction_the_driver_reads_what_only_it_sees() -> None:
    with transaction.atomic(), snapshot(_asked()) as state:
        assert state is None
    assert connection.vendor == "sqlite"
