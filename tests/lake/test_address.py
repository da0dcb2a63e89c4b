"""Where the lake lies is said by TIFO_LAKE_URL; what can't be read or doesn't answer is told in one sentence."""

import builtins
import re
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import LazySettings
from django.db import connection

from tests.docs.pages import DOCS
from tests.lake.clickhouse_server import clickhouse_server
from tests.processes import free_port
from tifo.kernel.public import Refused
from tifo.lake.adapters import lease
from tifo.lake.adapters.clickhouse.engine import LEASE, ClickHouseServer
from tifo.lake.public import current_generation
from tifo.lake.queries import ENGINES, engine
from tifo.server.doctor import examine

pytestmark = pytest.mark.django_db


def test_an_engine_that_is_not_known_is_refused_with_what_to_write(settings: LazySettings) -> None:
    settings.TIFO_LAKE_URL = "oracle://lake"
    with pytest.raises(Refused, match=r"'oracle'.*clickhouse://user:password@host:8123/tifo"):
        current_generation()


@pytest.mark.filterwarnings("ignore")
def test_a_server_that_does_not_answer_is_said_in_one_sentence(settings: LazySettings) -> None:
    settings.TIFO_LAKE_URL = f"clickhouse://tifo:s3cret@127.0.0.1:{free_port()}/tifo"
    with pytest.raises(Refused) as caught:
        current_generation()
    assert str(caught.value) == "The lake's ClickHouse doesn't answer: Connection refused"
    (lake,) = [one for one in examine() if one.subject == "lake"]
    assert (lake.state, lake.says) == ("stop", str(caught.value))


def test_a_wrong_password_is_said_without_it(settings: LazySettings, tmp_path: Path) -> None:
    with clickhouse_server(tmp_path / "server") as url:
        settings.TIFO_LAKE_URL = url.replace("s3cret", "wr%40ng")
        with pytest.raises(Refused, match="Authentication failed") as caught:
            current_generation()
    assert "wr@ng" not in str(caught.value)


def test_signs_in_a_password_are_read_as_the_page_says() -> None:
    page = (DOCS / "how-to" / "put-the-lake-on-clickhouse.md").read_text(encoding="utf-8")
    (url,) = re.findall(r"clickhouse://[^\s'`]+", page)
    assert url.partition(":")[0] in ENGINES
    server = ClickHouseServer(url.replace("secret", "a%40b%2Fc%3Ad"))
    assert (server.address["host"], server.address["port"], server.database) == (
        "lake.example.org",
        8123,
        "tifo",
    )
    assert (server.address["username"], server.address["password"]) == ("tifo", "a@b/c:d")


@pytest.mark.skipif(connection.vendor != "postgresql", reason="on SQLite there is one host")
def test_a_writer_on_another_host_is_waited_for(in_clickhouse: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lock on a file holds the processes of one host apart; PostgreSQL holds those of all."""
    monkeypatch.setattr(lease, "LEASE_WAIT", 0.2)
    said = connection.settings_dict
    other = psycopg.connect(host=said["HOST"], user=said["USER"], dbname=said["NAME"], autocommit=True)
    with other:
        other.execute("SELECT pg_advisory_lock(%s)", [LEASE])
        with pytest.raises(Refused, match="Another process"), engine().writing():
            pass
    with engine().writing() as writer:
        assert writer.positions()


def test_without_the_package_it_is_named(settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> None:
    imported = builtins.__import__

    def without(name: str, *more: Any) -> Any:
        if name == "clickhouse_connect":
            raise ImportError(name)
        return imported(name, *more)

    monkeypatch.delitem(sys.modules, "clickhouse_connect", raising=False)
    monkeypatch.setattr(builtins, "__import__", without)
    settings.TIFO_LAKE_URL = "clickhouse://127.0.0.1/tifo"
    with pytest.raises(Refused, match="pip install clickhouse-connect"):
        current_generation()
