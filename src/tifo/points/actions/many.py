"""Deeds of many fans told at once, and taken back at once: statements over whole tables, no fan on her own.

What stands in the ledger afterwards is what `earn` and `unearn` would have written for one after another; at her level
is looked once, after the last of her deeds. The caller goes in stretches, each a transaction, and tells a stretch
again without harm.
"""

import pyarrow as pa
import pyarrow.compute as pc
from django.db import connection, transaction

from tifo.fans.public import lock_fans
from tifo.kernel.public import Refused, bulk, clock
from tifo.kernel.public import sentence as _
from tifo.points import rules
from tifo.points.actions.books import Conflict
from tifo.points.actions.correcting import unearn
from tifo.points.actions.earning import CLOCKS_DIFFER, newest_rule
from tifo.points.actions.ledgers import make_accounts, reward_many, undo_many
from tifo.points.models import Deed

MOMENT = pa.timestamp("us", tz="UTC")
TOLD = pa.schema([("fan_id", pa.int64()), ("event", pa.string()), ("quantity", pa.int64()), ("at", MOMENT)])
"""What `earn_many` is told, a row a deed, in the order in which they count."""
NAMED = pa.schema([("fan_id", pa.int64()), ("event", pa.string())])
STANDING = """FROM points_named n JOIN points_deed d ON d.fan_id = n.fan_id AND d.event = n.event AND d.rule_key = %s
    JOIN points_transfer t ON t.deed_id = d.id AND t.kind = 'earn'
    LEFT JOIN points_transfer u ON u.reverses_id = t.id LEFT JOIN points_lot l ON l.id = t.id
    WHERE u.id IS NULL"""


def earn_many(rule_key: str, told: pa.Table) -> int:
    """Each row of TOLD earns as `earn` would let it; how many deeds were new. Who was erased is left out.

    A deed told again earns nothing more; told again with another quantity or moment nothing of the table is written,
    and it is a Conflict.
    """
    told = _checked(told.select(TOLD.names).cast(TOLD))
    with transaction.atomic():
        rule = newest_rule(rule_key)
        if rule is None:
            raise Refused(_("there is no rule “%(key)s”", key=rule_key[:80]))
        living = lock_fans(pc.unique(told["fan_id"]).to_pylist())
        told = told.filter(pc.is_in(told["fan_id"], pa.array(sorted(living), pa.int64())))
        fresh = _deeds(rule_key, told)
        make_accounts(living)
        reward_many(fresh, rule)
        return int(fresh.num_rows)


def unearn_many(rule_key: str, named: pa.Table, *, note: str) -> None:
    """These deeds (fan_id, event) were none after all: what they earned and still stands is taken back."""
    named = named.select(NAMED.names).cast(NAMED)
    with transaction.atomic():
        living = lock_fans(pc.unique(named["fan_id"]).to_pylist())
        named = named.filter(pc.is_in(named["fan_id"], pa.array(sorted(living), pa.int64())))
        with bulk.temp_table("points_named", named, index=("fan_id", "event")), connection.cursor() as cursor:
            cursor.execute(
                f"SELECT n.fan_id, n.event, t.id, CASE WHEN l.remaining < l.amount THEN 1 ELSE 0 END {STANDING}",
                [rule_key],
            )
            standing = cursor.fetchall()
        touched = {fan for fan, _event, _id, spent in standing if spent}
        undo_many([entry for fan, _event, entry, _spent in standing if fan not in touched], note=note)
        for fan, event in sorted({(fan, event) for fan, event, _id, _spent in standing if fan in touched}):
            unearn(
                fan, rule_key, event, note=note
            )  # she spent of it: what is missing is looked for lot by lot


def _checked(told: pa.Table) -> pa.Table:
    if not told.num_rows:
        return told
    if any(column.null_count for column in told.columns):
        raise Refused(_("a deed needs a fan, a name, a quantity and a moment"))
    ends = pc.min_max(told["quantity"])
    if not 0 <= ends["min"].as_py() <= ends["max"].as_py() <= rules.MOST:
        raise Refused(_("a quantity lies between 0 and %(most)s", most=f"{rules.MOST:,}"))
    lengths = pc.min_max(pc.utf8_length(told["event"]))
    if lengths["min"].as_py() < 1 or lengths["max"].as_py() > 120:
        raise Refused(_("a deed needs a name of 1 to 120 characters"))
    if pc.max(told["at"]).as_py() > clock.now() + CLOCKS_DIFFER:
        raise Refused(_("what earns points has happened already; its moment lies ahead"))
    return told


def _deeds(rule_key: str, told: pa.Table) -> pa.Table:
    """The deeds written that were not there, in the order told. The fans are locked: nobody else writes theirs."""
    last = Deed.objects.order_by("-id").values_list("id", flat=True).first() or 0
    now = pa.array([clock.now()] * told.num_rows, MOMENT)
    table = told.append_column("place", pa.array(range(told.num_rows), pa.int64())).append_column(
        "recorded_at", now
    )
    with bulk.temp_table("points_told", table, index=("fan_id", "event")), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO points_deed (rule_key, event, fan_id, quantity, at, recorded_at) "
            "SELECT %s, event, fan_id, quantity, at, recorded_at FROM points_told WHERE true ORDER BY place "
            "ON CONFLICT (fan_id, rule_key, event) DO NOTHING",
            [rule_key],
        )
        same = "FROM points_told t JOIN points_deed d ON d.fan_id = t.fan_id AND d.event = t.event AND d.rule_key = %s"
        cursor.execute(
            f"SELECT t.event {same} WHERE d.quantity <> t.quantity OR d.at <> t.at LIMIT 1", [rule_key]
        )
        if other := cursor.fetchone():
            raise Conflict(_("“%(event)s” was told before with another quantity or moment", event=other[0]))
        return bulk.read(
            f"SELECT DISTINCT d.id, d.fan_id, d.event, d.quantity, d.at {same} WHERE d.id > %s ORDER BY d.id",
            [rule_key, last],
            schema=pa.schema([("deed_id", pa.int64()), *TOLD]),
        )
