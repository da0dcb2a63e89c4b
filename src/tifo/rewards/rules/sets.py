"""Leaves and ranks of all entries at once, by SQL in memory: what `exact` says of one, without a loop over people."""

from collections.abc import Sequence

import duckdb
import pyarrow as pa

BLOCK = 64  # bytes of HMAC's key block
_INNER, _OUTER = bytes([0x36]) * BLOCK, bytes([0x5C]) * BLOCK


def with_leaves(entries: pa.Table, rules_hash: str, facts: Sequence[str]) -> pa.Table:
    """`entries` in the order of their leaves, with `leaf` (32 bytes) and `leaf_index` (from 0).

    Columns: id, commitment (hexadecimal), stratum, weight, and one for each fact.
    """
    said = ", ".join(f'CAST(entries."{fact}" AS VARCHAR)' for fact in facts)
    joined = f"concat_ws(',', {said})" if facts else "''"
    with duckdb.connect() as computing:
        computing.register("entries", entries)
        return computing.sql(
            f"""WITH hashed AS (
                SELECT *, unhex(sha256('\\x00'::BLOB || encode(concat_ws('|', $rules, commitment, stratum, weight,
                    {joined})))) AS leaf FROM entries)
            SELECT *, row_number() OVER (ORDER BY leaf) - 1 AS leaf_index FROM hashed ORDER BY leaf""",
            params={"rules": rules_hash},
        ).to_arrow_table()


def ranked(entries: pa.Table, seed: bytes) -> pa.Table:
    """id, leaf_index, stratum and `rank` (from 1, in each stratum) of all entries, best first in each.

    Columns: id, leaf, leaf_index, stratum, weight.
    """
    key = seed.ljust(BLOCK, b"\0")
    pads = {
        "inner": bytes(one ^ other for one, other in zip(key, _INNER, strict=True)),
        "outer": bytes(one ^ other for one, other in zip(key, _OUTER, strict=True)),
    }
    with duckdb.connect() as computing:
        computing.register("entries", entries)
        return computing.sql(
            """WITH tickets AS (
                SELECT id, leaf || unhex(lpad(to_hex(unnest(range(weight))), 8, '0')) AS message FROM entries),
            scores AS (
                SELECT id, min(sha256($outer::BLOB || unhex(sha256($inner::BLOB || message)))) AS score
                FROM tickets GROUP BY id),
            placed AS (
                SELECT id, leaf_index, stratum, leaf,
                    row_number() OVER (PARTITION BY stratum ORDER BY score, leaf) AS rank
                FROM entries JOIN scores USING (id))
            SELECT id, leaf_index, stratum, leaf, rank FROM placed ORDER BY stratum, rank""",
            params=pads,
        ).to_arrow_table()


def joined(hashes: pa.ChunkedArray) -> bytes:
    """Hashes of 32 bytes one after the other, as one text of bytes."""
    return b"".join(hashes.to_pylist())
