"""The embedded lake: DuckDB files below TIFO_DATA/lake."""

from tifo.lake.adapters.duckdb.engine import DuckDBEngine

__all__ = ["DuckDBEngine"]
