"""The engines of the lake, for tests that hold both to the same."""

import atexit
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import LazySettings

from tests.lake.clickhouse_server import clickhouse_server
from tifo.lake.queries import engine

_folder: Path | None = None


def chdb_url() -> str:
    """A lake of its own in ClickHouse's engine, which lies in one folder for each process."""
    global _folder
    if _folder is None:
        _folder = Path(tempfile.mkdtemp(prefix="tifo chdb "))
        atexit.register(shutil.rmtree, _folder, ignore_errors=True)
    return f"chdb://{_folder}?database=lake_{uuid4().hex}"


def use(name: str, settings: LazySettings) -> Iterator[str]:
    """Let the lake be in `duckdb` or in `chdb` while a test runs."""
    settings.TIFO_LAKE_URL = "" if name == "duckdb" else chdb_url()
    yield name
    if name == "chdb":
        engine().server.run(f"DROP DATABASE IF EXISTS `{engine().server.database}`")  # type: ignore[attr-defined]
        engine().server.close()  # type: ignore[attr-defined]


@pytest.fixture(params=["duckdb", "chdb"])
def lake(request: pytest.FixtureRequest, settings: LazySettings, tmp_path: Path) -> Iterator[str]:
    """Each engine in its turn; `http` is ClickHouse behind its interface for clients."""
    if request.param != "http":
        yield from use(request.param, settings)
        return
    with clickhouse_server(tmp_path / "server") as settings.TIFO_LAKE_URL:
        yield "http"
        engine().server.close()  # type: ignore[attr-defined]


@pytest.fixture
def in_clickhouse(settings: LazySettings) -> Iterator[str]:
    """The lake in ClickHouse's engine."""
    yield from use("chdb", settings)
