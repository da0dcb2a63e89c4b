from tests.lake.engines import in_clickhouse, lake

__all__ = ["in_clickhouse", "lake"]
