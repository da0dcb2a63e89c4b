"""What all tests share."""

import socket
from typing import Any

import pytest
from django.conf import LazySettings

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


@pytest.fixture(autouse=True)
def _own_data(settings: LazySettings, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Each test has a data folder of its own."""
    settings.TIFO_DATA = tmp_path_factory.mktemp("tifo data")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests with real transactions empty the tables: give back what migrations put there (purposes, notices)."""
    for item in items:
        for mark in item.iter_markers("django_db"):
            if mark.kwargs.get("transaction"):
                item.add_marker(
                    pytest.mark.django_db(transaction=True, serialized_rollback=True), append=False
                )
                break
