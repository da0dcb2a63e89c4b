"""What all tests share."""

import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.operations import BaseDatabaseOperations
from django.utils import translation
from hypothesis import settings as hypothesis

from tests.cluster import cluster
from tests.lake.engines import use

# Playwright's synchronous way leaves an event loop in the thread, and Django then takes every query after it for one
# made inside a coroutine; there are no coroutines in these tests.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

# The same examples every time, so that a run says what the change did; `make explore` looks for new ones.
hypothesis.register_profile("same", derandomize=True)
hypothesis.register_profile("explore", max_examples=1000, print_blob=True)
hypothesis.load_profile(os.environ.get("TEST_EXAMPLES", "same"))

LOOPBACK = {"127.0.0.1", "::1", "localhost"}


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that reaches for the network fails with the address it wanted."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in LOOPBACK:
            raise AssertionError(f"a test reached for {address[0]}: tests stay on loopback")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    request: pytest.FixtureRequest, django_db_modify_db_settings_parallel_suffix: None
) -> Iterator[None]:
    """A PostgreSQL server for each process of the tests: what is settled is told by the oldest transaction of a whole
    server, so that an open one of another process's test would hold back the events and the lake of this one."""
    if connection.vendor != "postgresql" or not hasattr(request.config, "workerinput"):
        yield
        return
    with cluster() as folder:
        connection.settings_dict["HOST"] = str(folder)
        yield


@pytest.fixture(autouse=True)
def _own_data(settings: LazySettings, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Each test has a data folder of its own."""
    settings.TIFO_DATA = tmp_path_factory.mktemp("tifo data")


@pytest.fixture(autouse=True)
def _engine_of_the_lake(settings: LazySettings, _own_data: None) -> Iterator[object]:
    """`TEST_LAKE=chdb pytest tests/…` runs any tests with the lake in ClickHouse's engine."""
    if os.environ.get("TEST_LAKE") == "chdb":
        yield from use("chdb", settings)
    else:
        yield


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    """The language that a page was asked for in a test doesn't stay for the next."""
    translation.deactivate()
    yield
    translation.deactivate()


@pytest.fixture(autouse=True)
def _quick_passwords(settings: LazySettings) -> None:
    """Passwords are hashed slowly on purpose; not a hundred times in a test run."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A real browser that asks nobody on the network for anything."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=[
                "--no-sandbox",
                "--disable-background-networking",
                "--disable-component-update",
                "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
            ],
        )
        yield browser
        browser.close()


@contextmanager
def _past_triggers(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """What only an administrator of the database can do: change what is append-only for everybody else."""
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL session_replication_role = replica")
            yield
            cursor.execute("SET LOCAL session_replication_role = origin")
            return
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        triggers = cursor.fetchall()
        for name, _ in triggers:
            cursor.execute(f'DROP TRIGGER "{name}"')
        yield
        for _, sql in triggers:
            cursor.execute(sql)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """Tests with real transactions empty all tables, append-only ones too. What migrations put there (purposes,
    notices) comes back at once, for whichever test is next in this process."""
    with django_db_blocker.unblock():
        seeds = connection.creation.serialize_db_to_string()
    empty = BaseDatabaseOperations.execute_sql_flush

    def emptied(self: BaseDatabaseOperations, statements: Sequence[str]) -> None:
        with _past_triggers(self.connection):
            empty(self, statements)
            self.connection.creation.deserialize_db_from_string(seeds)

    BaseDatabaseOperations.execute_sql_flush = emptied  # type: ignore[method-assign]


DATABASE_FIXTURES = {"db", "transactional_db", "live_server"}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On PostgreSQL only what touches the tests' database: the rest would say again what it said on SQLite."""
    if connection.vendor != "postgresql":
        return
    kept: list[pytest.Item] = []
    others: list[pytest.Item] = []
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        touches = item.get_closest_marker("django_db") is not None or bool(fixtures & DATABASE_FIXTURES)
        (kept if touches else others).append(item)
    items[:] = kept
    config.hook.pytest_deselected(items=others)
