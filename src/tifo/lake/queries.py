"""Reading the lake."""

import threading
from collections import OrderedDict
from collections.abc import Hashable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import pyarrow as pa
from django.conf import settings
from django.utils.module_loading import import_string

from tifo.kernel.public import Refused
from tifo.lake.ports import Engine, Generation, Reader

_CLICKHOUSE = "tifo.lake.adapters.clickhouse.ClickHouseEngine"
ENGINES = {
    "": "tifo.lake.adapters.duckdb.DuckDBEngine",
    "clickhouse": _CLICKHOUSE,
    "clickhouses": _CLICKHOUSE,
    "chdb": _CLICKHOUSE,  # the same engine within one process: for tests
}
"""The engine for each scheme of TIFO_LAKE_URL."""


@lru_cache(maxsize=4)
def _engine(url: str) -> Engine:
    scheme = url.partition(":")[0]
    if scheme not in ENGINES:
        raise Refused(
            f"TIFO_LAKE_URL begins with {scheme!r}: write clickhouse://user:password@host:8123/tifo, "
            "or leave it empty for the embedded DuckDB."
        )
    engine: Engine = import_string(ENGINES[scheme])()
    return engine


def engine() -> Engine:
    """The engine that the settings name."""
    return _engine(settings.TIFO_LAKE_URL)


@contextmanager
def reading() -> Iterator[Reader]:
    """Read the current generation of the lake."""
    with engine().reading() as reader:
        yield reader


class _Memory:
    """The answers that were given last, as many as fit."""

    def __init__(self, room: int) -> None:
        self._room, self._kept = room, OrderedDict[Hashable, pa.Table]()
        self._lock = threading.Lock()

    def recall(self, question: Hashable) -> pa.Table | None:
        with self._lock:
            if question in self._kept:
                self._kept.move_to_end(question)
            return self._kept.get(question)

    def keep(self, question: Hashable, answer: pa.Table) -> None:
        with self._lock:
            self._kept[question] = answer
            while self._kept and sum(one.nbytes for one in self._kept.values()) > self._room:
                self._kept.popitem(last=False)


_memory = _Memory(16_000_000)  # bytes; an answer that a screen shows has a few hundred


@dataclass
class _Look:
    """A reader that asks nothing twice of the same state of the lake."""

    reader: Reader
    generation: Generation

    @property
    def as_of(self) -> datetime:
        return self.reader.as_of

    def sql(self, statement: str, params: Mapping[str, Any] | None = None) -> pa.Table:
        state = (settings.TIFO_LAKE_URL, settings.TIFO_DATA, self.generation.number, self.as_of)
        question = (state, statement, repr(sorted((params or {}).items())))
        answer = _memory.recall(question)
        if answer is None:
            answer = self.reader.sql(statement, params)
            _memory.keep(question, answer)
        return answer


@contextmanager
def looking() -> Iterator[Reader]:
    """Read the current generation for a screen. What this process answered before comes from memory: ask about time
    by `clock.this_minute()`, and the same look is the same question."""
    with reading() as reader:
        yield _Look(reader, reader.generation)


def current_generation() -> Generation | None:
    """What the lake holds now; None before the first refresh."""
    return engine().current()
