"""Proving that the ledger is whole: chains, proofs, and heads that are their fold."""

import duckdb
import pyarrow as pa

from tifo.consents.models import Entry, Head
from tifo.consents.rules import CHAIN_SQL
from tifo.kernel.public import bulk

_FANS_AT_ONCE = 20_000
_ENTRIES = pa.schema(
    [
        ("fan_id", pa.int64()),
        ("purpose", pa.string()),
        ("version", pa.int64()),
        ("act", pa.string()),
        ("moment", pa.timestamp("us", tz="UTC")),
        ("recorded_at", pa.timestamp("us", tz="UTC")),
        ("source", pa.string()),
        ("notice_id", pa.int64()),
        ("proof", pa.string()),
        ("proof_hash", pa.binary()),
        ("blanked", pa.bool_()),
        ("hash", pa.binary()),
    ]
)
_HEADS = pa.schema(
    [
        ("fan_id", pa.int64()),
        ("purpose", pa.string()),
        ("state", pa.string()),
        ("version", pa.int64()),
        ("moment", pa.timestamp("us", tz="UTC")),
        ("tip", pa.binary()),
    ]
)
_CHAINS = f"""
CREATE TABLE chains AS SELECT *, {CHAIN_SQL} AS expected FROM (
  SELECT *, row_number() OVER chain AS place,
    coalesce(lag(hash) OVER chain, unhex(repeat('00', 32))) AS before,
    lead(version) OVER chain IS NULL AS newest
  FROM entries WINDOW chain AS (PARTITION BY fan_id, purpose ORDER BY version))
"""
_PROBLEMS = """
SELECT fan_id, purpose, version, problem FROM (
  SELECT fan_id, purpose, version, CASE
    WHEN version <> place THEN 'an entry before it is missing'
    WHEN hash <> expected THEN 'its seal does not fit what it says'
    WHEN proof <> '' AND (proof_hash IS NULL OR unhex(sha256(proof)) <> proof_hash) THEN 'its proof was changed'
    WHEN proof = '' AND proof_hash IS NOT NULL AND NOT blanked THEN 'its proof is gone without an erasure'
    END AS problem FROM chains
  UNION ALL
  SELECT coalesce(c.fan_id, h.fan_id), coalesce(c.purpose, h.purpose), coalesce(c.version, h.version), CASE
    WHEN h.fan_id IS NULL THEN 'no head stands for its entries'
    WHEN c.fan_id IS NULL THEN 'a head stands without the entry it names'
    WHEN h.version <> c.version OR h.tip <> c.hash OR h.moment <> c.moment
      OR h.state <> CASE c.act WHEN 'requested' THEN 'pending' ELSE c.act END
    THEN 'the head is not the fold of the entries' END
  FROM (SELECT * FROM chains WHERE newest) c FULL JOIN heads h USING (fan_id, purpose)
) WHERE problem IS NOT NULL ORDER BY fan_id, purpose, version, problem
"""


def verify_ledger(fan_id: int | None = None) -> list[str]:
    """What is wrong with one fan's ledger, or with everybody's; empty when it is whole."""
    if fan_id is not None:
        return _verify(fan_id, fan_id + 1)
    ends = [
        end
        for model in (Entry, Head)
        if (end := model.objects.order_by("-fan_id").values_list("fan_id", flat=True).first()) is not None
    ]
    problems: list[str] = []
    for start in range(min(0, *ends, 0), max(ends, default=-1) + 1, _FANS_AT_ONCE):
        problems += _verify(start, start + _FANS_AT_ONCE)
    return problems


def _verify(first: int, end: int) -> list[str]:
    entries = bulk.read(
        "SELECT fan_id, purpose, version, act, moment, recorded_at, source, notice_id, proof, proof_hash, "
        "CASE WHEN blanked_at IS NULL THEN 0 ELSE 1 END, hash FROM consents_entry "
        "WHERE fan_id >= %s AND fan_id < %s",
        [first, end],
        schema=_ENTRIES,
    )
    heads = bulk.read(
        "SELECT fan_id, purpose, state, version, moment, tip FROM consents_head "
        "WHERE fan_id >= %s AND fan_id < %s",
        [first, end],
        schema=_HEADS,
    )
    engine = duckdb.connect(
        ":memory:", config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
    )
    try:
        engine.execute("SET TimeZone = 'UTC'")
        engine.register("entries", entries)
        engine.register("heads", heads)
        engine.execute(_CHAINS)
        found = engine.sql(_PROBLEMS).to_arrow_table().to_pylist()
    finally:
        engine.close()
    return [
        f"fan {row['fan_id']}, {row['purpose']}, version {row['version']}: {row['problem']}" for row in found
    ]
