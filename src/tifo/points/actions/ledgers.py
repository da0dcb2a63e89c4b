"""How the ledgers of many fans are written at once. The caller has locked the fans."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc
from django.db import connection

from tifo.kernel.public import bulk, clock, revisions
from tifo.points.actions.levels import place_many
from tifo.points.models import HOUSE, Rule
from tifo.points.types import CURRENCIES, Currency

MOMENT = pa.timestamp("us", tz="UTC")

TO_REWARD = pa.schema(
    [
        ("deed_id", pa.int64()),
        ("fan_id", pa.int64()),
        ("event", pa.string()),
        ("quantity", pa.int64()),
        ("at", MOMENT),
    ]
)
"""Deeds that `reward_many` takes, by their number."""

_GIVEN = """SELECT w.*, CASE WHEN upto < room THEN upto ELSE room END
        - CASE WHEN upto - points < room THEN upto - points ELSE room END AS given
    FROM (SELECT d.*, CAST(sum(points) OVER (PARTITION BY d.fan_id, d.day ORDER BY d.deed_id) AS bigint) AS upto,
            {room} AS room FROM points_due d) w"""
_ROOM = """CASE WHEN d.day_cap IS NULL THEN 4000000000000000000 ELSE
    (SELECT CASE WHEN coalesce(sum(t.amount), 0) < d.day_cap
        THEN d.day_cap - CAST(coalesce(sum(t.amount), 0) AS bigint) ELSE 0 END
     FROM points_transfer t JOIN points_rule r ON r.id = t.rule_id AND r.key = d.rule_key
     LEFT JOIN points_transfer u ON u.reverses_id = t.id
     WHERE t.fan_id = d.fan_id AND t.currency = 'points' AND t.kind = 'earn' AND u.id IS NULL
       AND t.effective_at >= d.day AND t.effective_at < d.day_after) END"""
_EARN = """INSERT INTO points_transfer (key, kind, currency, fan_id, debit_id, credit_id, amount, deed_id, rule_id,
        about, note, effective_at, recorded_at, rev)
    SELECT 'earn:' || g.deed_id || ':' || g.rule_id || ':{currency}', 'earn', '{currency}', g.fan_id, {house}, a.id,
        g.{amount}, g.deed_id, g.rule_id, g.event, '', g.at, g.recorded_at, g.rev
    FROM ({given}) g JOIN points_account a ON a.fan_id = g.fan_id AND a.currency = '{currency}'
    WHERE g.{amount} > 0 ORDER BY g.deed_id"""
_LOTS = """INSERT INTO points_lot (id, account_id, amount, remaining, expires_at)
    SELECT s.id, s.account_id, s.amount, s.amount - ({paid}), s.expires_at FROM ({shares}) s"""
_OWED = """INSERT INTO points_lotmove (lot_id, transfer_id, amount)
    SELECT s.id, s.id, -({paid}) FROM ({shares}) s WHERE ({paid}) > 0"""
_PAID = """CASE WHEN s.upto < s.owed THEN s.upto ELSE s.owed END
    - CASE WHEN s.upto - s.amount < s.owed THEN s.upto - s.amount ELSE s.owed END"""
_SHARES = """SELECT t.id, a.id AS account_id, t.amount, d.expires_at, -a.floor AS owed,
        CAST(sum(t.amount) OVER (PARTITION BY a.id ORDER BY t.id) AS bigint) AS upto
    FROM points_due d
    JOIN points_transfer t ON t.deed_id = d.deed_id AND t.rule_id = d.rule_id AND t.currency = 'points'
    JOIN points_account a ON a.id = t.credit_id WHERE t.kind = 'earn'"""
_SETTLE = """UPDATE points_account SET balance = balance + s.change, rev = s.rev,
        floor = CASE WHEN balance + s.change < 0 THEN balance + s.change ELSE 0 END
    FROM ({sums}) s WHERE points_account.id = s.account_id"""
_EARNED = """SELECT t.credit_id AS account_id, CAST(sum(t.amount) AS bigint) AS change, max(d.rev) AS rev
    FROM points_due d JOIN points_transfer t ON t.deed_id = d.deed_id AND t.rule_id = d.rule_id
    WHERE t.kind = 'earn' GROUP BY t.credit_id"""
_REVERSE = """INSERT INTO points_transfer (key, kind, currency, fan_id, debit_id, credit_id, amount, deed_id,
        reverses_id, about, note, effective_at, recorded_at, rev)
    SELECT 'reverse:' || t.id, 'reverse', t.currency, t.fan_id, t.credit_id, t.debit_id, t.amount, t.deed_id, t.id,
        CASE WHEN u.about = '' THEN t.about ELSE u.about END, u.note, t.effective_at, u.recorded_at, u.rev
    FROM points_undone u JOIN points_transfer t ON t.id = u.id ORDER BY t.id"""
_EMPTIED = """INSERT INTO points_lotmove (lot_id, transfer_id, amount)
    SELECT l.id, r.id, -l.amount FROM points_undone u JOIN points_lot l ON l.id = u.id
    JOIN points_transfer r ON r.reverses_id = u.id"""
_UNDONE = """SELECT t.credit_id AS account_id, -CAST(sum(t.amount) AS bigint) AS change, max(u.rev) AS rev
    FROM points_undone u JOIN points_transfer t ON t.id = u.id GROUP BY t.credit_id"""
_AMOUNTS: tuple[tuple[Currency, str], ...] = (("points", "given"), ("status", "status"))


def make_accounts(fan_ids: Collection[int]) -> None:
    """Accounts for who has none."""
    ids, rev = sorted(fan_ids), revisions.current()
    table = pa.table(
        {
            "fan_id": pa.array([fan for fan in ids for _ in CURRENCIES], pa.int64()),
            "currency": pa.array(list(CURRENCIES) * len(ids), pa.string()),
            **{name: pa.array([0] * len(ids) * len(CURRENCIES), pa.int64()) for name in ("balance", "floor")},
            "rev": pa.array([rev] * len(ids) * len(CURRENCIES), pa.int64()),
        }
    )
    bulk.insert("points_account", table, conflict="(fan_id, currency) DO NOTHING")


def reward_many(deeds: pa.Table, rule: Rule) -> None:
    """What these deeds (deed_id, fan_id, event, quantity, at) earn by a version of their rule, within its bounds."""
    if not deeds.num_rows:
        return
    given = _GIVEN.format(room=_ROOM)
    with bulk.temp_table("points_due", _due(deeds, rule), index=("deed_id",)), connection.cursor() as cursor:
        for currency, amount in _AMOUNTS:
            house = HOUSE["issued", currency]
            cursor.execute(_EARN.format(currency=currency, house=house, amount=amount, given=given))
        cursor.execute(_LOTS.format(paid=_PAID, shares=_SHARES))
        cursor.execute(_OWED.format(paid=_PAID, shares=_SHARES))
        cursor.execute(_SETTLE.format(sums=_EARNED))
    place_many(pc.unique(deeds["fan_id"]).to_pylist())


def undo_many(entries: Sequence[int], *, note: str = "", about: str = "") -> None:
    """Reverse these earnings, of which nothing was spent. `about`: instead of what each was about."""
    if not entries:
        return
    many = len(entries)
    table = pa.table(
        {
            "id": pa.array(entries, pa.int64()),
            "note": pa.array([note[:500]] * many),
            "about": pa.array([about] * many),
            **_stamps(many),
        }
    )
    with bulk.temp_table("points_undone", table, index=("id",)), connection.cursor() as cursor:
        cursor.execute(_REVERSE)
        cursor.execute(_EMPTIED)
        cursor.execute("UPDATE points_lot SET remaining = 0 WHERE id IN (SELECT id FROM points_undone)")
        cursor.execute(_SETTLE.format(sums=_UNDONE))
        cursor.execute("SELECT DISTINCT t.fan_id FROM points_undone u JOIN points_transfer t ON t.id = u.id")
        fans = [row[0] for row in cursor.fetchall()]
    if not about:
        place_many(fans)


def _due(deeds: pa.Table, rule: Rule) -> pa.Table:
    """The deeds with what they earn before the bound of a day."""
    many = deeds.num_rows
    points = pc.divide(pc.multiply_checked(deeds["quantity"], rule.points), rule.per)
    if rule.event_cap is not None:
        points = pc.min_element_wise(points, rule.event_cap)
    day = pc.floor_temporal(deeds["at"], unit="day")
    life = pc.add(deeds["at"], timedelta(days=rule.life_days)) if rule.life_days else pa.nulls(many, MOMENT)
    return pa.table(
        {
            **{name: deeds[name] for name in ("deed_id", "fan_id", "event", "at")},
            "points": points,
            "status": pc.divide(pc.multiply_checked(deeds["quantity"], rule.status), rule.per),
            "day": day.cast(MOMENT),
            "day_after": pc.add(day, timedelta(days=1)).cast(MOMENT),
            "day_cap": pa.array([rule.day_cap] * many, pa.int64()),
            "expires_at": life.cast(MOMENT),
            "rule_id": pa.array([rule.id] * many, pa.int64()),
            "rule_key": pa.array([rule.key] * many),
            **_stamps(many),
        }
    )


def _stamps(many: int) -> dict[str, pa.Array]:
    moment: datetime = clock.now()
    return {
        "recorded_at": pa.array([moment] * many, MOMENT),
        "rev": pa.array([revisions.current()] * many, pa.int64()),
    }
