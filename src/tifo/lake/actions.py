"""Bringing the lake up to date with the truth."""

from collections.abc import Iterator

import pyarrow as pa

from tifo.kernel.public import bulk, clock, revisions, snapshot
from tifo.lake.ports import Generation, Writer
from tifo.lake.queries import engine
from tifo.lake.rules import tables
from tifo.lake.types import Column, Kind, LakeTable

_ARROW = {
    Kind.TEXT: pa.string(),
    Kind.BOOL: pa.bool_(),
    Kind.DATE: pa.date32(),
    Kind.MOMENT: pa.timestamp("us"),
}


def _arrow_type(column: Column) -> pa.DataType:
    if column.kind is Kind.NUMBER:
        return pa.int64() if column.integer else pa.float64()
    return _ARROW[column.kind]


def arrow_schema(table: LakeTable) -> pa.Schema:
    """The columns of a lake table as Arrow."""
    return pa.schema([pa.field(column.name, _arrow_type(column)) for column in table.columns])


def _changed_rows(table: LakeTable, after: int, until: int) -> Iterator[pa.RecordBatch]:
    # From the beginning every row counts: `+ 0` keeps the databases from walking the whole table by its rev index.
    where = "t.rev > %s AND t.rev <= %s" if after else "%s = 0 AND (t.rev + 0) <= %s"
    yield from bulk.batches(f"{table.truth} WHERE {where}", (after, until), schema=arrow_schema(table))


def _follow_truth(writer: Writer, table: LakeTable, after: int, until: int) -> int:
    if until <= after:
        return 0
    return writer.upsert(table, _changed_rows(table, after, until), fresh=after == 0)


def _follow_archive(writer: Writer, table: LakeTable, after: int) -> tuple[int, int]:
    found = list(table.archive(after)) if table.archive else []
    position = found[-1][0] if found else after
    return writer.append_files(table, (path for _, path in found)), position


def refresh() -> Generation:
    """Copy what changed in the truth since the last time, and publish it as a new generation.

    Waits while another process does the same; then there is little left to do.
    """
    with engine().writing() as writer:
        as_of, reached = clock.now(), writer.positions()
        following = {name: table for name, table in tables().items() if table.truth}
        anew = {
            name: (table.truth, arrow_schema(table))
            for name, table in following.items()
            if not reached.get(name)
        }
        rows = 0
        with snapshot(anew) as state:
            until = state.settled if state else revisions.settled()
            whole = state.tables if state else ()
            for name, batches in whole:
                rows += writer.upsert(following.pop(name), batches, fresh=True)
        positions = {name: max(reached.get(name, 0), until) for name in tables()}
        for table in following.values():
            rows += _follow_truth(writer, table, reached.get(table.name, 0), until)
        for table in tables().values():
            if not table.truth:
                added, positions[table.name] = _follow_archive(writer, table, reached.get(table.name, 0))
                rows += added
        return writer.publish(as_of, positions, changed=rows > 0)


def rebuild() -> Generation:
    """Drop the lake and copy everything anew; the result equals what refreshes would have led to."""
    engine().drop()
    return refresh()
