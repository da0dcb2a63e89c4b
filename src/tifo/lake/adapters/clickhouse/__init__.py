"""The lake in ClickHouse."""

from tifo.lake.adapters.clickhouse.engine import ClickHouseEngine

__all__ = ["ClickHouseEngine"]
