"""Which tables a base is made of, and their rows in one form whatever database holds them."""

import hashlib
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from django.apps import apps
from django.db import models

from tifo.kernel.public import bulk

ROWS = 50_000  # in a batch, which is what is held in memory at once
LEFT_BEHIND = frozenset({"kernel_revision", "django_session", "usersessions_usersession"})
"""The engine's own counter, and sign-ins: after a move or a restore everybody signs in again."""

_TYPES: dict[str, pa.DataType] = {
    **dict.fromkeys(("AutoField", "BigAutoField", "IntegerField", "BigIntegerField"), pa.int64()),
    **dict.fromkeys(("SmallIntegerField", "PositiveIntegerField", "PositiveSmallIntegerField"), pa.int64()),
    **dict.fromkeys(("CharField", "TextField", "SlugField", "JSONField"), pa.string()),
    "TimeField": pa.string(),
    "BooleanField": pa.bool_(),
    "FloatField": pa.float64(),
    "DateTimeField": pa.timestamp("us", tz="UTC"),
    "DateField": pa.date32(),
    "BinaryField": pa.binary(),
}


@dataclass(frozen=True)
class Table:
    """A table: its columns as Arrow, and those of them that need care."""

    name: str
    key: str
    schema: pa.Schema
    json: frozenset[str]
    times: frozenset[str]  # times of day: as text both databases write them alike

    def batches(self) -> Iterator[pa.RecordBatch]:
        """All rows in the order of their key; the same rows give the same batches from either database."""
        columns = ", ".join(map(self._selected, self.schema.names))
        sql = f'SELECT {columns} FROM "{self.name}" ORDER BY "{self.key}"'
        if pa.types.is_integer(self.schema.field(self.key).type):
            found = bulk.batches(sql, schema=self.schema, size=ROWS)
        else:  # the two sort texts differently; these tables are small
            found = iter(bulk.read(sql, schema=self.schema).sort_by(self.key).to_batches(max_chunksize=ROWS))
        for batch in found:
            yield self._plain(batch)

    def _selected(self, column: str) -> str:
        return f'CAST("{column}" AS text)' if column in self.times else f'"{column}"'

    def _plain(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        for name in self.json:
            place = self.schema.get_field_index(name)
            written = [None if one is None else _canonical(one) for one in batch.column(place).to_pylist()]
            batch = batch.set_column(place, self.schema.field(place), pa.array(written, pa.string()))
        return batch


def _canonical(text: str) -> str:
    return json.dumps(json.loads(text), sort_keys=True, ensure_ascii=False, separators=(",", ":"))


class Digest:
    """The SHA-256 of a table's rows, and their number."""

    def __init__(self) -> None:
        self._hash, self.rows = hashlib.sha256(), 0

    def add(self, batch: pa.RecordBatch) -> None:
        """The next rows."""
        buffer = io.BytesIO()
        with pa.ipc.new_stream(buffer, batch.schema) as stream:
            stream.write_batch(batch)
        self._hash.update(buffer.getbuffer())
        self.rows += batch.num_rows

    def said(self) -> tuple[int, str]:
        """(rows, hexadecimal digest)."""
        return self.rows, self._hash.hexdigest()


def _typed(field: Any) -> pa.DataType:
    while field.remote_field is not None:
        field = field.target_field
    kind = field.get_internal_type()
    if kind not in _TYPES:
        raise TypeError(f"no Arrow type for {kind} of {field}: add it to server/moving/tables.py")
    return _TYPES[kind]


def _table(model: type[models.Model]) -> Table:
    fields = model._meta.concrete_fields
    kinds = {str(field.column): field.get_internal_type() for field in fields}
    return Table(
        name=model._meta.db_table,
        key=str(model._meta.pk.column),
        schema=pa.schema([(field.column, _typed(field)) for field in fields]),
        json=frozenset(name for name, kind in kinds.items() if kind == "JSONField"),
        times=frozenset(name for name, kind in kinds.items() if kind == "TimeField"),
    )


def tables() -> list[Table]:
    """All that make up a base, by name."""
    managed = (
        model
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy
    )
    found = [_table(model) for model in managed if model._meta.db_table not in LEFT_BEHIND]
    return sorted(found, key=lambda one: one.name)
