"""Questions to one generation."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb
import pyarrow as pa

from tifo.kernel.public import Refused
from tifo.kernel.public import sentence as _
from tifo.lake.ports import Generation


@dataclass
class DuckDBReader:
    """A cursor on one generation."""

    generation: Generation
    connection: duckdb.DuckDBPyConnection

    @property
    def as_of(self) -> datetime:
        return self.generation.as_of

    def sql(self, statement: str, params: Mapping[str, Any] | None = None) -> pa.Table:
        try:
            return self.connection.sql(statement, params=dict(params) if params else None).to_arrow_table()
        except duckdb.OutOfMemoryException as error:
            raise Refused(
                _("The lake has too little memory for this: raise `TIFO_LAKE_MEMORY`, and start tifo again.")
            ) from error
