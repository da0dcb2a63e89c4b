"""The seal of an entry: one formula in Python and in DuckDB, and a proof that can be forgotten."""

from datetime import UTC, datetime, timedelta

import duckdb
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from tifo.consents.rules import CHAIN_SQL, ORIGIN, entry_hash, opened_proof, sealed_proof

MOMENTS = st.integers(-2_208_988_800_000_000, 7_258_118_400_000_000).map(
    lambda microseconds: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
)
HASHES = st.binary(min_size=32, max_size=32)
ENTRIES = st.fixed_dictionaries(
    {
        "version": st.integers(1, 2**31 - 1),
        "fan_id": st.integers(1, 2**62),
        "purpose": st.sampled_from(["newsletter", "partner-offers"]),
        "act": st.sampled_from(["requested", "given", "withdrawn"]),
        "moment": MOMENTS,
        "recorded_at": MOMENTS,
        "source": st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=20),
        "notice_id": st.none() | st.integers(1, 2**40),
        "proof_hash": st.none() | HASHES,
    }
)
SCHEMA = pa.schema(
    [
        ("before", pa.binary()),
        ("version", pa.int64()),
        ("fan_id", pa.int64()),
        ("purpose", pa.string()),
        ("act", pa.string()),
        ("moment", pa.timestamp("us", tz="UTC")),
        ("recorded_at", pa.timestamp("us", tz="UTC")),
        ("source", pa.string()),
        ("notice_id", pa.int64()),
        ("proof_hash", pa.binary()),
    ]
)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.tuples(HASHES, ENTRIES), min_size=1, max_size=5))
def test_python_and_duckdb_seal_alike(rows: list[tuple[bytes, dict]]) -> None:  # type: ignore[type-arg]
    engine = duckdb.connect(":memory:")
    engine.execute("SET TimeZone = 'UTC'")
    table = pa.Table.from_pylist([{"before": before, **entry} for before, entry in rows], schema=SCHEMA)
    engine.register("rows", table)
    sealed = engine.sql(f"SELECT {CHAIN_SQL} AS hash FROM rows").to_arrow_table().column("hash").to_pylist()
    engine.close()
    assert sealed == [entry_hash(before, **entry) for before, entry in rows]


def test_the_formula_is_kept_for_ever() -> None:
    """A golden value: entries sealed today have to verify in ten years."""
    assert (
        entry_hash(
            ORIGIN,
            version=1,
            fan_id=7,
            purpose="newsletter",
            act="given",
            moment=datetime(2024, 7, 26, 17, 30, tzinfo=UTC),
            recorded_at=datetime(2024, 7, 26, 17, 30, 0, 1, tzinfo=UTC),
            source="fan-club",
            notice_id=3,
            proof_hash=None,
        ).hex()
        == "88b661b92e3dd15a05d51de8619d0ec4bdca2aace468e3229239cd67087370e5"
    )


def test_the_same_proof_has_another_hash_each_time() -> None:
    """So that nobody finds out by trying what a blanked proof said."""
    one, other = sealed_proof({"ip": "192.0.2.1"}), sealed_proof({"ip": "192.0.2.1"})
    assert one[1] != other[1]
    assert opened_proof(one[0]) == opened_proof(other[0]) == {"ip": "192.0.2.1"}
    assert sealed_proof({}) == ("", None)
    assert opened_proof("") == {}
