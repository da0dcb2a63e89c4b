"""Many people at once into the base, set by set.

The outcome is that of taking the rows one after the other. A row belongs to the fan whom any of its identities names;
to a new fan where none is named; to nobody (`conflict`) where two fans are. Identities that a row adds find the fan
from then on. What is known of a fan met before: an empty value says nothing, another one replaces what was known,
but within one run the first value said of a field stays. Her first source stays too.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb
import pyarrow as pa
from django.db import connection

from tifo.fans import rules
from tifo.fans.actions.what import Merge
from tifo.fans.actions.who import find_owners
from tifo.fans.events import FansImported
from tifo.kernel.public import Refused, announce, clock, revisions
from tifo.kernel.public import sentence as _

_MERGES = 0x7469666F_6D657267  # PostgreSQL's advisory lock: one merge at a time, so that two don't cross


def merge_people(people: pa.Table, *, source: str, run: str = "") -> pa.Table:
    """Merge `people` in the caller's transaction; (row int64, fan_id int64, outcome string), ordered by row.

    `people`: `row` (int64, each once) and any of FIELDS in their types, as read_people gives them. `source` is where
    new fans come from. `run` names the import that the chunks of one file belong to. Outcomes: created, updated,
    unchanged, conflict (two fans are named: nothing is stored), erased (the owner asked to be forgotten: nothing is
    stored); `fan_id` is NULL for the last two.
    """
    origin = rules.plain_text(source)
    if not origin:
        raise Refused(_("source: say where these people come from, e.g. ticketing-2024"))
    rev = revisions.current()
    if not people.num_rows:
        return _NOBODY
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_MERGES])
    with _engine() as engine:
        find_owners(engine, people)
        merge = Merge(engine, origin, run, rev, clock.now())
        if merge.store():
            announce(FansImported(run or origin, rev))
        return merge.outcomes()


_NOBODY = pa.table(
    {
        "row": pa.array([], pa.int64()),
        "fan_id": pa.array([], pa.int64()),
        "outcome": pa.array([], pa.string()),
    }
)


@contextmanager
def _engine() -> Iterator[duckdb.DuckDBPyConnection]:
    """Sets are computed in memory, in UTC, and nothing is fetched for it."""
    engine = duckdb.connect(
        ":memory:", config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
    )
    try:
        engine.execute("SET TimeZone = 'UTC'")
        yield engine
    finally:
        engine.close()
