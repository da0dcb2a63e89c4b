"""What an engine of the lake must do; adapters live in `adapters/`, chosen by TIFO_LAKE_URL."""

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa

from tifo.lake.types import LakeTable


@dataclass(frozen=True)
class Generation:
    """A published, immutable state of the lake: true as of `as_of` (UTC)."""

    number: int
    as_of: datetime
    positions: Mapping[str, int]


class Writer(Protocol):
    """One writer at a time; all it does becomes visible at `publish`, or not at all."""

    def positions(self) -> dict[str, int]:
        """How far each table has read; a table without rows yet is missing."""

    def upsert(self, table: LakeTable, batches: Iterable[pa.RecordBatch], *, fresh: bool) -> int:
        """Replace the rows with the same key; `fresh` says that none can be there. The number of rows read."""

    def append_files(self, table: LakeTable, files: Iterable[Path]) -> int:
        """Add the rows of Parquet files. The number of rows."""

    def publish(self, as_of: datetime, positions: Mapping[str, int], *, changed: bool) -> Generation:
        """Make what was written the current generation, durably."""


class Reader(Protocol):
    """Reads one generation; any number of processes do so at once."""

    generation: Generation

    @property
    def as_of(self) -> datetime:
        """The moment (UTC) up to which the answers are true."""

    def sql(self, statement: str, params: Mapping[str, Any] | None = None) -> pa.Table:
        """The answer to one SELECT in DuckDB's SQL, which other engines translate; parameters are named, `$name`."""


class Engine(Protocol):
    """A columnar store."""

    def writing(self) -> AbstractContextManager[Writer]:
        """Hold the lease of the lake; waits for another holder, and gives up with Refused after a while."""

    def reading(self) -> AbstractContextManager[Reader]:
        """Read the current generation; Refused when there is none yet."""

    def current(self) -> Generation | None:
        """The newest published generation."""

    def drop(self) -> None:
        """Forget everything; the next refresh rebuilds from the truth."""
