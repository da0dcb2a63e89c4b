"""The how-tos: what they tell to type works, and answers as they say, in the little world of the tutorial."""

import fcntl
import os
import re
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.docs.pages import DOCS, fences, name
from tests.docs.walking import ON_SQLITE, Shell, agrees, steps
from tifo.delivery.adapters.smtp.address import server_address
from tifo.server.database import database_from_url

HOW_TO = DOCS / "how-to"
WITH_COMMANDS = [page for page in sorted(HOW_TO.glob("*.md")) if fences(page, "shell")]


def _made(folder: Path) -> Path:
    """The base of the tutorial before anything was sent, and its files."""
    folder.mkdir()
    shell = Shell(folder)
    try:
        shell.run('export TIFO_DATA="$PWD/data"; mkdir programme; tifo migrate')
        for step in steps(DOCS / "tutorial.md"):
            if step.kind == "file":
                shell.save(step)
        said = shell.run("tifo fans import fans.csv --source box-office; tifo spectators import programme")
    finally:
        shell.close()
    with sqlite3.connect(
        folder / "data" / "tifo.sqlite3"
    ) as base:  # what is copied from here is new, not a copy
        base.execute("DELETE FROM delivery_place")
        base.execute("DELETE FROM delivery_epoch")
    assert "5 new" in said
    assert "3 tickets of fans we know" in said
    return folder


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A little world to copy; made once, also where several processes test."""
    mine = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return _made(mine / "the world of the how-tos")
    folder = mine.parent / "the world of the how-tos"
    with (mine.parent / "how-tos.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            made = _made(mine / "the world in the making")
            made.rename(folder)
    return folder


@pytest.fixture
def shell(world: Path, tmp_path: Path) -> Iterator[Shell]:
    folder = tmp_path / "a copy"
    shutil.copytree(world, folder)
    shell = Shell(folder)
    shell.run('export TIFO_DATA="$PWD/data"')
    yield shell
    shell.close()


@ON_SQLITE
@pytest.mark.parametrize("page", WITH_COMMANDS, ids=name)
def test_what_a_page_tells_to_type_answers_as_it_says(page: Path, shell: Shell) -> None:
    said = ""
    for step in steps(page):
        if step.kind == "file":
            shell.save(step)
        elif step.kind == "text":
            assert agrees(said, step.body), f"the page shows\n{step.body}\nbut it said\n{said}"
        else:
            said = shell.run(step.body)
            assert "Traceback" not in said
            assert "Error: " not in said, said


def test_urls_of_databases_are_read(tmp_path: Path) -> None:
    page = (HOW_TO / "use-postgresql.md").read_text(encoding="utf-8")
    urls = re.findall(r"postgresql://[^\s'`]+", page)
    assert len(urls) == 2
    read = [database_from_url(url, tmp_path) for url in urls]
    assert [one["HOST"] for one in read] == ["db.example.org", "/run/postgresql"]
    assert {one["NAME"] for one in read} == {"tifo"}


def test_urls_of_mail_servers_are_read() -> None:
    page = (HOW_TO / "use-your-mail-server.md").read_text(encoding="utf-8")
    told = re.search(r"TIFO_SMTP_URL='([^']+)'", page)
    assert told is not None
    address = server_address(told[1])
    assert (address.host, address.port, address.encryption, address.user) == (
        "relay.example.org",
        587,
        "starttls",
        "tifo",
    )
    ports = dict(re.findall(r"^\| `(\S+)://` \| (\d+) \|", page, re.MULTILINE))
    assert ports
    for scheme, port in ports.items():
        assert server_address(f"{scheme}://{urlsplit('//relay.example.org').hostname}").port == int(port)
