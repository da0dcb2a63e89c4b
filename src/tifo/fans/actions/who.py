"""The first half of a merge: which row belongs to which fan.

Works on tables of an engine in memory (DuckDB): people, keys -> known, erased, links -> owner -> target.
"""

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
from django.db import connection

from tifo.fans import rules
from tifo.fans.models import Erased
from tifo.fans.queries import erased_keys, hash_of
from tifo.fans.rules import FIELDS
from tifo.kernel.public import bulk

_KNOWN_SCHEMA = pa.schema([("place", pa.int64()), ("fan_id", pa.int64())])


def take(engine: duckdb.DuckDBPyConnection, sql: str) -> pa.Table:
    """The answer to `sql` as Arrow."""
    taken: pa.Table = engine.sql(sql).to_arrow_table()
    return taken


def find_owners(engine: duckdb.DuckDBPyConnection, people: pa.Table) -> None:
    """Table `target`: the fan of each row that has one; `erased`: rows whose owner asked to be forgotten."""
    _load(engine, people)
    _match(engine)
    _disentangle(engine)
    _number(engine)


def _load(engine: duckdb.DuckDBPyConnection, people: pa.Table) -> None:
    """Tables `people` (all fields) and `keys` (row, kind, key)."""
    columns = {"row": people.column("row").cast(pa.int64())}
    for name in FIELDS:
        columns[name] = (
            people.column(name).cast(rules.TYPES[name])
            if name in people.column_names
            else pa.nulls(people.num_rows, rules.TYPES[name])
        )
    table = pa.table(columns)
    if pc.count_distinct(table.column("row")).as_py() != table.num_rows:
        raise ValueError("merge_people: a row number stands twice")
    phones = table.column("phone")
    if not pc.all(pc.match_substring_regex(phones, r"^\+[1-9][0-9]{5,14}$"), min_count=0).as_py():
        raise ValueError("merge_people: a phone number is not E.164; let read_people read them")
    keys = {
        "email": rules.email_keys(table.column("email")),
        "phone": phones,
        "external": table.column("external_id"),
    }
    engine.register("people_given", table)
    engine.execute("CREATE TABLE people AS SELECT * FROM people_given")
    engine.execute("CREATE TABLE keys (row BIGINT, kind VARCHAR, key VARCHAR)")
    for kind, column in keys.items():
        engine.register("keys_given", pa.table({"row": table.column("row"), "key": column}))
        engine.execute("INSERT INTO keys SELECT row, ?, key FROM keys_given WHERE key IS NOT NULL", [kind])
        engine.unregister("keys_given")
    nobody = take(engine, "SELECT row FROM people EXCEPT SELECT row FROM keys").column("row")
    if len(nobody):
        raise ValueError(f"merge_people: row {pc.min(nobody)} has no email, phone or external_id")


def _match(engine: duckdb.DuckDBPyConnection) -> None:
    """Table `links`: the keys of the rows that may be stored, with the fan who has them; `erased`: the other rows."""
    engine.execute(
        "CREATE TABLE asked AS SELECT row_number() OVER (ORDER BY kind, key) AS place, kind, key "
        "FROM (SELECT DISTINCT kind, key FROM keys)"
    )
    with bulk.temp_table("fans_asked_for", take(engine, "FROM asked ORDER BY place")) as asked:
        known = bulk.read(
            f"SELECT a.place, i.fan_id FROM {asked} a "
            'JOIN fans_identity i ON i.kind = a.kind AND i."key" = a."key"',
            schema=_KNOWN_SCHEMA,
        )
    engine.register("known_given", known)
    engine.execute("CREATE TABLE known AS SELECT kind, key, fan_id FROM known_given JOIN asked USING (place)")
    # An erased fan has no identity left, so only unknown keys can be hers.
    unknown = take(engine, "SELECT kind, key FROM asked ANTI JOIN known USING (kind, key)")
    engine.register("forgotten_given", _forgotten(unknown))
    engine.execute(
        "CREATE TABLE erased AS SELECT DISTINCT row FROM keys SEMI JOIN forgotten_given USING (kind, key)"
    )
    engine.execute(
        "CREATE TABLE links AS SELECT k.row, k.kind, k.key, n.fan_id, "
        "count(*) OVER (PARTITION BY k.kind, k.key) > 1 AS shared "
        "FROM keys k LEFT JOIN known n USING (kind, key) WHERE k.row NOT IN (SELECT row FROM erased)"
    )


def _forgotten(unknown: pa.Table) -> pa.Table:
    kinds, keys = unknown.column("kind").to_pylist(), unknown.column("key").to_pylist()
    if not Erased.objects.exists():
        return unknown.slice(0, 0)
    hashes = [hash_of(kind, key) for kind, key in zip(kinds, keys, strict=True)]
    ours = erased_keys(hashes)
    return unknown.filter(pa.array([one in ours for one in hashes], pa.bool_()))


def _disentangle(engine: duckdb.DuckDBPyConnection) -> None:
    """Table `owner`: for each row the fan it belongs to, or the row that makes her, or neither (conflict).

    Rows that share no identity with another one are settled at once; the others one after the other.
    """
    engine.execute(
        "CREATE TABLE owner AS SELECT row, CASE WHEN min(fan_id) = max(fan_id) THEN min(fan_id) END AS fan_id, "
        "CASE WHEN min(fan_id) IS NULL THEN row END AS leader FROM links GROUP BY row HAVING NOT bool_or(shared)"
    )
    tangled = take(
        engine,
        "SELECT row, kind, key, fan_id FROM links WHERE row NOT IN (SELECT row FROM owner) ORDER BY row",
    )
    if not tangled.num_rows:
        return
    rows, fans, leaders = _one_after_the_other(tangled)
    engine.register(
        "settled",
        pa.table(
            {
                "row": pa.array(rows),
                "fan_id": pa.array(fans, pa.int64()),
                "leader": pa.array(leaders, pa.int64()),
            }
        ),
    )
    engine.execute("INSERT INTO owner SELECT row, fan_id, leader FROM settled")


def _one_after_the_other(tangled: pa.Table) -> tuple[list[int], list[int | None], list[int | None]]:
    """Who owns each row, in the order of the rows: a fan's id, or the row that made her."""
    held: dict[tuple[str, str], tuple[int | None, int | None]] = {}
    rows: list[int] = []
    fans: list[int | None] = []
    leaders: list[int | None] = []
    mine: list[tuple[str, str]] = []

    def settle(row: int) -> None:
        owners = {held[key] for key in mine if key in held}
        owner = (None, row) if not owners else owners.pop()
        if owners:
            owner = (None, None)
        else:
            held.update(dict.fromkeys(mine, owner))
        rows.append(row)
        fans.append(owner[0])
        leaders.append(owner[1])

    columns = (tangled.column(name).to_pylist() for name in ("row", "kind", "key", "fan_id"))
    current: int | None = None
    for row, kind, key, fan_id in zip(*columns, strict=True):
        if current is not None and row != current:
            settle(current)
            mine = []
        current = row
        mine.append((kind, key))
        if fan_id is not None:
            held.setdefault((kind, key), (fan_id, None))
    if current is not None:
        settle(current)
    return rows, fans, leaders


def _number(engine: duckdb.DuckDBPyConnection) -> None:
    """Table `target` (row, fan_id, leads, fresh): new fans get their ids in the order of the rows."""
    leaders = take(engine, "SELECT DISTINCT leader FROM owner WHERE leader IS NOT NULL ORDER BY leader")
    engine.register(
        "numbered", leaders.append_column("fan_id", pa.array(_fresh_ids(leaders.num_rows), pa.int64()))
    )
    engine.execute(
        "CREATE TABLE target AS SELECT o.row, coalesce(o.fan_id, n.fan_id) AS fan_id, "
        "coalesce(o.leader = o.row, false) AS leads, o.fan_id IS NULL AS fresh "
        "FROM owner o LEFT JOIN numbered n ON n.leader = o.leader WHERE coalesce(o.fan_id, n.fan_id) IS NOT NULL"
    )


def _fresh_ids(count: int) -> list[int]:
    """Ids that no other fan has, ascending."""
    if not count:
        return []
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence('fans_fan', 'id')) FROM generate_series(1, %s)",
                [count],
            )
            return sorted(row[0] for row in cursor.fetchall())
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = 'fans_fan'")
        found = cursor.fetchone()
    last = int(found[0]) if found else 0
    return list(range(last + 1, last + 1 + count))
