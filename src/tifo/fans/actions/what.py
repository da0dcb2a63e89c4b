"""The second half of a merge: what is known of each fan afterwards.

Works on the tables of `who`: target, people, links, known, erased; adds said (what the rows say of each fan) and
changes (what that changes).
"""

from datetime import datetime

import duckdb
import pyarrow as pa
from django.db import connection

from tifo.fans import rules
from tifo.fans.actions.who import take
from tifo.fans.rules import FIELDS
from tifo.kernel.public import bulk

_BIT = {name: 1 << place for place, name in enumerate(FIELDS)}
# A membership is stored as its beginning, and nobody is without a moment of joining.
_PLAIN = tuple(name for name in FIELDS if name not in ("club_member", "joined_at"))
_NAME_KEYS = {"first_name": "first_key", "last_name": "last_key"}
_MASKS = pa.schema([("fan_id", pa.int64()), ("changed", pa.int64())])


def _with_name_keys(table: pa.Table) -> pa.Table:
    for name, key in _NAME_KEYS.items():
        table = table.append_column(key, rules.name_keys(table.column(name)))
    return table


def _without_silent_columns(table: pa.Table) -> pa.Table:
    """A column that says nothing of anybody need not travel: it is NULL, or stays as it is."""
    telling = [name for name in FIELDS if name in table.column_names]
    silent = {name for name in telling if table.column(name).null_count == table.num_rows}
    return table.select([name for name in table.column_names if name not in silent])


def _constant(table: pa.Table, name: str, value: str | int) -> pa.Table:
    return table.append_column(name, pa.repeat(pa.scalar(value), table.num_rows))


class Merge:
    """One merge, from the owners of the rows to the stored fans."""

    def __init__(
        self, engine: duckdb.DuckDBPyConnection, source: str, run: str, rev: int, moment: datetime
    ) -> None:
        self.engine, self.source, self.run, self.rev = engine, source, run, rev
        self.told: list[str] = []  # the fields that anything is said of, for fans met before
        engine.execute("CREATE TABLE present AS SELECT ?::TIMESTAMPTZ AS now", [moment])

    def store(self) -> bool:
        """Write everything; whether a fan was made or changed."""
        self._gather()
        created = self._insert()
        learnt = self._learn_identities()
        changed = self._update()
        return bool(created or learnt or changed)

    def _gather(self) -> None:
        """Table `said`: for each fan the first value said of every field, and the row that said it; `learnt`: the
        identities that find her from now on, and the row that brought them."""
        alone = ", ".join(
            f"{name}, CASE WHEN {name} IS NOT NULL THEN row END AS {name}_row" for name in FIELDS
        )
        firsts = ", ".join(
            f"arg_min({name}, row) FILTER (WHERE {name} IS NOT NULL) AS {name}, "
            f"min(row) FILTER (WHERE {name} IS NOT NULL) AS {name}_row"
            for name in FIELDS
        )
        mask = " + ".join(f"CASE WHEN {name} IS NULL THEN 0 ELSE {bit} END" for name, bit in _BIT.items())
        self.engine.execute(
            "CREATE TABLE crowded AS SELECT fan_id FROM target GROUP BY fan_id HAVING count(*) > 1"
        )
        self.engine.execute(  # most fans have one row, and need no gathering
            f"CREATE TABLE said AS SELECT *, ({mask})::BIGINT AS fields FROM ("
            f"SELECT fan_id, fresh, {alone}, CASE WHEN club_member THEN coalesce(joined_at, now) END AS club_since "
            "FROM target ANTI JOIN crowded USING (fan_id) JOIN people USING (row), present "
            f"UNION ALL BY NAME SELECT fan_id, bool_or(fresh) AS fresh, {firsts}, "
            "arg_min(coalesce(joined_at, now), row) FILTER (WHERE club_member) AS club_since "
            "FROM target SEMI JOIN crowded USING (fan_id) JOIN people USING (row), present GROUP BY fan_id)"
        )
        self.engine.execute(
            "CREATE TABLE learnt AS SELECT l.kind, l.key, t.fan_id, min(l.row) AS row FROM links l "
            "JOIN target t USING (row) WHERE l.fan_id IS NULL GROUP BY ALL"
        )

    def _insert(self) -> int:
        """The new fans; how many."""
        fresh = take(
            self.engine,
            f"SELECT fan_id AS id, {', '.join(_PLAIN)}, "
            "coalesce(joined_at, now) AS joined_at, CASE WHEN club_member THEN club_since END AS member_since, "
            "fields AS seen_fields FROM said, present WHERE fresh ORDER BY fan_id",
        )
        table = _with_name_keys(fresh)
        for name, value in (("source", self.source), ("seen_run", self.run), ("rev", self.rev)):
            table = _constant(table, name, value)
        bulk.insert("fans_fan", _without_silent_columns(table))
        return int(fresh.num_rows)

    def _learn_identities(self) -> int:
        """Identities in the order of their index; how many."""
        return bulk.insert(
            "fans_identity", take(self.engine, "SELECT kind, key, fan_id FROM learnt ORDER BY kind, key")
        )

    def _says(self, name: str) -> str:
        """SQL: the news `n` have a word on this field of fan `f`."""
        said = f"n.{name} IS NOT NULL"
        if not self.run:
            return said
        return f"({said} AND (f.seen_run <> n.seen_run OR (f.seen_fields & {_BIT[name]}) = 0))"

    def _changes(self, name: str) -> str:
        """SQL: that word is another one than before."""
        if name == "club_member":
            return f"({self._says(name)} AND n.club_member <> (f.member_since IS NOT NULL))"
        distinct = "IS DISTINCT FROM" if connection.vendor == "postgresql" else "IS NOT"
        return f"({self._says(name)} AND f.{name} {distinct} n.{name})"

    def _update(self) -> int:
        """Fans met before; how many changed."""
        news = take(
            self.engine,
            f"SELECT fan_id, {', '.join(FIELDS)}, club_since, fields AS seen_fields, "
            "fan_id IN (SELECT fan_id FROM learnt) AS learnt FROM said WHERE NOT fresh ORDER BY fan_id",
        )
        self.engine.register("no_changes", _MASKS.empty_table())
        self.engine.execute("CREATE TABLE changes AS SELECT * FROM no_changes")
        if not news.num_rows:
            return 0
        news = _without_silent_columns(_constant(_with_name_keys(news), "seen_run", self.run))
        self.told = [name for name in FIELDS if name in news.column_names]
        with bulk.temp_table("fans_news", news) as table:
            masks = self._masks(table)
            self.engine.register("changes_found", masks)
            self.engine.execute("INSERT INTO changes SELECT * FROM changes_found")
            touched = take(
                self.engine,
                "SELECT fan_id FROM changes WHERE changed <> 0 UNION "
                "SELECT fan_id FROM said SEMI JOIN learnt USING (fan_id) WHERE NOT fresh",
            )
            self._write(table, touched)
        return int(touched.num_rows)

    def _masks(self, table: str) -> pa.Table:
        """For each fan the bits of the fields that change; on PostgreSQL the fans are locked from here on."""
        mask = " + ".join(
            f"CASE WHEN {self._changes(name)} THEN {_BIT[name]} ELSE 0 END" for name in self.told
        )
        lock = " ORDER BY f.id FOR UPDATE OF f" if connection.vendor == "postgresql" else ""
        return bulk.read(
            f"SELECT f.id, {mask} FROM {table} n JOIN fans_fan f ON f.id = n.fan_id{lock}", schema=_MASKS
        )

    def _write(self, table: str, touched: pa.Table) -> None:
        """Rows that changed get the revision; with a run, the others too are marked as seen by it."""
        values = {
            name: f"CASE WHEN {self._says(name)} THEN n.{name} ELSE f.{name} END"
            for name in self.told
            if name != "club_member"
        }
        for name, key in _NAME_KEYS.items():
            if name in self.told:
                values[key] = f"CASE WHEN {self._says(name)} THEN n.{key} ELSE f.{key} END"
        if "club_member" in self.told:
            values["member_since"] = (
                f"CASE WHEN {self._says('club_member')} THEN "
                "CASE WHEN n.club_member THEN COALESCE(f.member_since, n.club_since) END ELSE f.member_since END"
            )
        values["seen_fields"] = (
            "CASE WHEN f.seen_run = n.seen_run THEN f.seen_fields | n.seen_fields ELSE n.seen_fields END"
            if self.run
            else "n.seen_fields"
        )
        values["seen_run"] = "n.seen_run"
        settings = ", ".join(f"{name} = {value}" for name, value in values.items())
        with (
            bulk.temp_table("fans_touched", touched, index=("fan_id",)) as changed,
            connection.cursor() as cursor,
        ):
            cursor.execute(
                f"UPDATE fans_fan AS f SET {settings}, rev = %s FROM {table} n WHERE n.fan_id = f.id "
                f"AND f.id IN (SELECT fan_id FROM {changed})",
                [self.rev],
            )
            if self.run:
                cursor.execute(
                    f"UPDATE fans_fan AS f SET seen_fields = {values['seen_fields']}, seen_run = n.seen_run "
                    f"FROM {table} n WHERE n.fan_id = f.id AND f.id NOT IN (SELECT fan_id FROM {changed})"
                )

    def outcomes(self) -> pa.Table:
        """(row, fan_id, outcome) of every row."""
        # A new fan had nothing: each value said after her first row is a change, a "no" to the club is none.
        fresh = "CASE WHEN s.fresh THEN s.fields - CASE WHEN s.club_member = false THEN {club} ELSE 0 END"
        changed = f"{fresh.format(club=_BIT['club_member'])} ELSE coalesce(c.changed, 0) END"
        first = " OR ".join(
            f"(s.{name}_row = t.row AND ({changed} & {bit}) <> 0)" for name, bit in _BIT.items()
        )
        return take(
            self.engine,
            "SELECT p.row, t.fan_id, CASE WHEN e.row IS NOT NULL THEN 'erased' "
            "WHEN t.row IS NULL THEN 'conflict' WHEN t.leads THEN 'created' "
            f"WHEN coalesce({first}, false) OR t.row IN (SELECT row FROM learnt) THEN 'updated' "
            "ELSE 'unchanged' END AS outcome "
            "FROM people p LEFT JOIN erased e ON e.row = p.row LEFT JOIN target t ON t.row = p.row "
            "LEFT JOIN said s ON s.fan_id = t.fan_id LEFT JOIN changes c ON c.fan_id = t.fan_id ORDER BY p.row",
        )
