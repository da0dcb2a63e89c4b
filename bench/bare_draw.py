"""`python -m bench.bare_draw ENTRIES`: a draw of made entries with nothing but DuckDB, as docs/reference/draw.md says: what
the product's freeze and draw are held against.

One line of JSON: the seconds for leaves, tree and order, the root and the order's hash.
"""

import hashlib
import json
import sys
import time

import duckdb

RULES_HASH = hashlib.sha256(b"rules").hexdigest()
RANDOM = hashlib.sha256(b"randomness").digest()
SEED_TAG = b"tifo-draw/1 seed\x00"
LEAVES = """CREATE TABLE leaf AS SELECT row_number() OVER (ORDER BY h) - 1 AS i, h, stratum, weight, commitment FROM (
SELECT unhex(sha256('\\x00'::BLOB || encode(concat_ws('|', $rules, commitment, stratum, weight, '')))) AS h, *
FROM (SELECT sha256('bench ' || n) AS commitment, CASE n % 2 WHEN 0 THEN 'men' ELSE 'women' END AS stratum,
1 + n % 3 AS weight FROM range($entries) AS made(n)))"""
ABOVE = """CREATE TABLE above AS SELECT i // 2 AS i, CASE count(*) WHEN 2 THEN
unhex(sha256('\\x01'::BLOB || min_by(h, i) || max_by(h, i))) ELSE any_value(h) END AS h FROM level GROUP BY i // 2"""
SCORES = """CREATE TABLE ranked AS SELECT i, h, stratum, row_number() OVER (PARTITION BY stratum ORDER BY score, h) AS rank
FROM (SELECT i, any_value(h) AS h, any_value(stratum) AS stratum,
min(unhex(sha256($outer || unhex(sha256($inner || h || unhex(printf('%08x', ticket))))))) AS score
FROM (SELECT i, h, stratum, unnest(range(weight)) AS ticket FROM leaf) GROUP BY i)"""
ORDER = "SELECT h FROM ranked ORDER BY stratum DESC, rank"  # women first, as if the rules said so


def pads(key: bytes) -> dict[str, bytes]:
    """HMAC's two blocks for a key of at most 64 bytes."""
    padded = key.ljust(64, b"\0")
    return {"inner": bytes(byte ^ 0x36 for byte in padded), "outer": bytes(byte ^ 0x5C for byte in padded)}


def draw(entries: int) -> dict[str, object]:
    """Freeze and draw."""
    lake = duckdb.connect()
    began = time.monotonic()
    lake.execute(LEAVES, {"rules": RULES_HASH, "entries": entries})
    leaves = time.monotonic()
    lake.execute("CREATE TABLE level AS SELECT i, h FROM leaf")
    left = entries
    while left > 1:
        lake.execute(ABOVE)
        lake.execute("DROP TABLE level")
        lake.execute("ALTER TABLE above RENAME TO level")
        left = (left + 1) // 2
    found = lake.execute("SELECT h FROM level").fetchone()
    if found is None:
        raise SystemExit("a draw of nobody")
    root = bytes(found[0])
    tree = time.monotonic()
    seed = hashlib.sha256(SEED_TAG + bytes.fromhex(RULES_HASH) + root + RANDOM).digest()
    lake.execute(SCORES, pads(seed))
    order = hashlib.sha256()
    for batch in lake.sql(ORDER).to_arrow_reader(100_000):
        order.update(b"".join(batch.column(0).to_pylist()))
    return {
        "leaves": leaves - began,
        "tree": tree - leaves,
        "order": time.monotonic() - tree,
        "root": root.hex(),
        "hash": order.hexdigest(),
    }


if __name__ == "__main__":
    print(json.dumps(draw(int(sys.argv[1]))))
