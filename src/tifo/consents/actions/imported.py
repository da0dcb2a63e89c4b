"""Answers of many people at once, as an import brings them. No import turns a no into a yes."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
from django.db import connection

from tifo.consents import rules
from tifo.consents.events import ConsentsImported
from tifo.consents.queries import check_purpose
from tifo.fans.public import ages, countries
from tifo.kernel.public import Refused, announce, bulk, clock, revisions
from tifo.kernel.public import sentence as _

_MOMENT = pa.timestamp("us", tz="UTC")
_STANDING = pa.schema(
    [
        ("fan_id", pa.int64()),
        ("purpose", pa.string()),
        ("state", pa.string()),
        ("version", pa.int64()),
        ("tip", pa.binary()),
    ]
)
_HEAD_CONFLICT = (
    "(fan_id, purpose) DO UPDATE SET state = excluded.state, version = excluded.version, "
    "moment = excluded.moment, tip = excluded.tip, rev = excluded.rev"
)
# Old enough on the day she said yes; somebody without a birth date declares it by consenting.
_OLD_ENOUGH = """(f.birth_date IS NULL OR
    year(s.moment) - year(f.birth_date)
    - (month(s.moment) * 100 + day(s.moment) < month(f.birth_date) * 100 + day(f.birth_date))::INTEGER
    >= coalesce(a.needed, d.needed))"""
_ENTRIES = f"""
CREATE TABLE entries AS SELECT *, {rules.CHAIN_SQL} AS hash FROM (
  SELECT fan_id, purpose, coalesce(version, 0) + 1 AS version, act, moment, now AS recorded_at, $source AS source,
    NULL::BIGINT AS notice_id, '' AS proof, NULL::BLOB AS proof_hash, coalesce(tip, unhex(repeat('00', 32))) AS before
  FROM (
    SELECT s.*, h.state, h.version, h.tip, {rules.IMPORTED_SQL} AS act,
      {_OLD_ENOUGH} AS old_enough, coalesce(f.erased, true) AS erased
    FROM said s JOIN facts f USING (fan_id) LEFT JOIN standing h USING (fan_id, purpose)
    LEFT JOIN ages_needed a ON a.country = f.country AND a.purpose = s.purpose
    LEFT JOIN ages_needed d ON d.country = '' AND d.purpose = s.purpose)
  , present WHERE act IS NOT NULL AND NOT erased AND (old_enough OR act = 'withdrawn'))
"""


def record_imported(rows: pa.Table, *, source: str) -> int:
    """Write what an import says, in the caller's transaction; how many answers were written.

    `rows`: fan_id int64, purpose string, said string ('yes' or 'no'), moment timestamp (NULL: now; one in the future
    counts as now). Several rows of a fan for a purpose count as one: a no wins over any yes, the earliest moment
    counts. A yes is written only where she never answered and is old enough; a no wherever it does not stand yet.
    Erased fans are left out.
    """
    origin = source.strip()
    if not origin or any(sign < " " for sign in origin):
        raise Refused(_("source: say in one line where these answers come from, e.g. ticketing-2024"))
    rev = revisions.current()
    if not rows.num_rows:
        return 0
    said = rows.column("said").cast(pa.string())
    if not pc.all(pc.is_in(said, value_set=pa.array(["yes", "no"]))).as_py():
        raise ValueError("record_imported: said is 'yes' or 'no'")
    purposes: list[str] = rows.column("purpose").cast(pa.string()).unique().to_pylist()
    check_purpose(*purposes)
    with _engine(clock.now()) as engine:
        _load(engine, rows, purposes)
        relation = engine.execute(_ENTRIES, {"source": origin})
        relation.fetchall()
        written = engine.sql(
            "SELECT * EXCLUDE (before) FROM entries ORDER BY fan_id, purpose"
        ).to_arrow_table()
        if not written.num_rows:
            return 0
        bulk.insert("consents_entry", written)
        heads = engine.sql(
            "SELECT fan_id, purpose, act AS state, version, moment, hash AS tip FROM entries ORDER BY fan_id, purpose"
        ).to_arrow_table()
        heads = heads.append_column("rev", pa.repeat(pa.scalar(rev, pa.int64()), heads.num_rows))
        first = pc.equal(heads.column("version"), 1)  # she never answered: there is no head to take over
        bulk.insert("consents_head", heads.filter(first))
        bulk.insert("consents_head", heads.filter(pc.invert(first)), conflict=_HEAD_CONFLICT)
    announce(ConsentsImported(origin, rev))
    return int(written.num_rows)


@contextmanager
def _engine(moment: datetime) -> Iterator[duckdb.DuckDBPyConnection]:
    """Sets are computed in memory, in UTC, and nothing is fetched for it."""
    engine = duckdb.connect(
        ":memory:", config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
    )
    try:
        engine.execute("SET TimeZone = 'UTC'")
        engine.execute("CREATE TABLE present AS SELECT ?::TIMESTAMPTZ AS now", [moment])
        yield engine
    finally:
        engine.close()


def _load(engine: duckdb.DuckDBPyConnection, rows: pa.Table, purposes: list[str]) -> None:
    """Tables `said` (one row a fan and purpose), `facts` (age), `ages_needed`, `standing` (heads as they are)."""
    moments = rows.column("moment")
    if pa.types.is_timestamp(moments.type) and moments.type.tz is None:
        moments = moments.cast(pa.timestamp("us"))
    engine.register(
        "given", rows.select(["fan_id", "purpose", "said"]).append_column("said_at", moments.cast(_MOMENT))
    )
    engine.execute(
        "CREATE TABLE said AS SELECT fan_id, purpose, bool_or(said = 'no') AS no, "
        "CASE WHEN bool_or(said = 'no') THEN min(moment) FILTER (WHERE said = 'no') ELSE min(moment) END AS moment "
        "FROM (SELECT *, least(coalesce(said_at, now), now) AS moment FROM given, present) GROUP BY fan_id, purpose"
    )
    fans = rows.column("fan_id").cast(pa.int64()).unique()
    facts = ages(fans.to_pylist())
    if facts.num_rows != len(fans):
        raise ValueError("record_imported: a row names a fan that does not exist")
    engine.register("facts", facts)
    needed = [
        (country, purpose, rules.age_needed(country, purpose))
        for country in ("", *sorted(countries()))
        for purpose in purposes
    ]
    engine.register(
        "ages_needed",
        pa.table(
            {
                "country": [one[0] for one in needed],
                "purpose": [one[1] for one in needed],
                "needed": [one[2] for one in needed],
            }
        ),
    )
    asked = engine.sql("SELECT fan_id, purpose FROM said").to_arrow_table()
    lock = " ORDER BY h.fan_id, h.purpose FOR UPDATE OF h" if connection.vendor == "postgresql" else ""
    with bulk.temp_table("consents_said", asked) as table:
        standing = bulk.read(
            f"SELECT h.fan_id, h.purpose, h.state, h.version, h.tip FROM {table} s "
            f"JOIN consents_head h ON h.fan_id = s.fan_id AND h.purpose = s.purpose{lock}",
            schema=_STANDING,
        )
    engine.register("standing", standing)
