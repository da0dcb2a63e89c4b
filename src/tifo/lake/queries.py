"""Reading the lake."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

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


def current_generation() -> Generation | None:
    """What the lake holds now; None before the first refresh."""
    return engine().current()
