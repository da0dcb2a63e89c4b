"""Settings that can't be meant, and a world that is broken around tifo: each gets a sentence that says the mend."""

import errno
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, ProgrammingError

from tifo.server import settings as house
from tifo.server.checks import check_settings
from tifo.server.database import database_from_url
from tifo.server.mends import mend_of

SOUND = {name: getattr(house, name) for name in dir(house) if name.startswith("TIFO_")}

BAD = [
    ("TIFO_SMTP_URL", "http://mail.example.org"),
    ("TIFO_SMTP_URL", "smtp://host:99999"),
    ("TIFO_SMTP_URL", "relay.lac.example"),
    ("TIFO_PUBLIC_URL", "ftp://x"),
    ("TIFO_PUBLIC_URL", ""),
    ("TIFO_TRACK_URL", "not-a-url"),
    ("TIFO_SENDER", "nobody"),
    ("TIFO_SENDER", "A <a@b.example> evil"),
    ("TIFO_SENDER", "A <a@b.example>\r\nBcc: x@y.example"),
    ("TIFO_ACCENT", "blueish"),
    ("TIFO_LAKE_MEMORY", "lots"),
    ("TIFO_PRESSURE_CAP", "lots"),
    ("TIFO_PRESSURE_CAP", "3/0d"),
    ("TIFO_PRESSURE_CAP", "3/7d,1/1d"),
    ("TIFO_QUIET_HOURS", "25:00-99:00"),
    ("TIFO_RETIRED_KEYS", "only-a-secret"),
    ("TIFO_WEB_BIND", "8000"),
    ("TIFO_TRACK_BIND", ""),
    ("TIFO_LOG_LEVEL", "LOUD"),
    ("TIFO_SECRET_KEY_ID", 0),
    ("TIFO_SECRET_KEY_ID", 256),
]
GOOD = [
    ("TIFO_SMTP_URL", "smtp+starttls://me:secret@mail.example.org:587?connections=8"),
    ("TIFO_SMTP_URL", "smtps://[::1]:465"),
    ("TIFO_PUBLIC_URL", "https://fans.example.org/club"),
    ("TIFO_SENDER", "news@example.org"),
    ("TIFO_SENDER", "Les Jeux d’été <news@example.org>"),
    ("TIFO_SENDER", '"Games, Inc." <news@example.org>'),
    ("TIFO_LAKE_MEMORY", "1.5 GiB"),
    ("TIFO_PRESSURE_CAP", "3/7d"),
    ("TIFO_PRESSURE_CAP", "3/7d newsletter=1/1d"),
    ("TIFO_QUIET_HOURS", "21:00-08:00"),
    ("TIFO_RETIRED_KEYS", "1:old,2:older"),
    ("TIFO_WEB_BIND", "[::1]:8000"),
]


@pytest.mark.parametrize(("name", "value"), BAD)
def test_a_setting_that_can_not_be_meant_is_refused_by_its_name(name: str, value: object) -> None:
    check_settings(SOUND)
    with pytest.raises(ImproperlyConfigured, match=name) as refused:
        check_settings({**SOUND, name: value})
    said = str(refused.value)
    assert "\n" not in said
    if name in ("TIFO_RETIRED_KEYS", "TIFO_SMTP_URL"):
        assert str(value) not in said  # secrets stand in these


@pytest.mark.parametrize(("name", "value"), GOOD)
def test_settings_that_make_sense_pass(name: str, value: object) -> None:
    check_settings({**SOUND, name: value})


@pytest.mark.parametrize(
    "url", ["mysql://x", "rubbish", "postgresql://x:y@h:port/d", "postgresql://h", "sqlite:///proc/x/y"]
)
def test_a_database_that_can_not_be_is_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"TIFO_DATABASE_URL|folder of the database"):
        database_from_url(url, tmp_path)


def _locked(folder: Path) -> None:
    path = folder / "base.sqlite3"
    holder, other = (sqlite3.connect(path, isolation_level=None, timeout=0) for _ in range(2))
    try:
        holder.execute("BEGIN EXCLUSIVE")
        other.execute("CREATE TABLE t (x)")
    finally:
        holder.close()
        other.close()


def _read_only(folder: Path) -> None:
    path = folder / "base.sqlite3"
    sqlite3.connect(path).close()
    store = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        store.execute("CREATE TABLE t (x)")
    finally:
        store.close()


def _unprepared(_folder: Path) -> None:
    store = sqlite3.connect(":memory:")
    try:
        store.execute("SELECT * FROM fans_fan")
    finally:
        store.close()


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (_locked, "keeps the database busy"),
        (_read_only, "can't be opened or written"),
        (_unprepared, "tifo migrate"),
    ],
)
def test_what_sqlite_says_is_said_with_the_mend(broken: object, words: str, tmp_path: Path) -> None:
    assert callable(broken)
    with pytest.raises(sqlite3.Error) as raised:
        broken(tmp_path)
    assert words in (mend_of(raised.value) or "")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/data/x"), "No room is left on the disk (/data/x)"),
        (OSError(errno.EROFS, os.strerror(errno.EROFS), "/data/x"), "/data/x can't be opened or written"),
        (PermissionError(errno.EACCES, "Permission denied", "/people.csv"), "/people.csv can't be opened"),
        (OperationalError("database or disk is full"), "No room is left"),
        (OperationalError("disk I/O error"), "No room is left"),
        (duckdb.Error('Could not write file "/x": No space left on device'), "No room is left"),
        (ProgrammingError('relation "fans_fan" does not exist'), "tifo migrate"),
        (OperationalError("connection failed: Connection refused"), "mend TIFO_DATABASE_URL"),
        (OperationalError("database is locked"), "busy"),
        (ValueError("no idea"), None),
        (OperationalError("syntax error at or near"), None),
        (KeyError("connection"), None),
    ],
)  # fmt: skip
def test_only_what_is_around_tifo_gets_a_mend(error: Exception, words: str | None) -> None:
    found = mend_of(error)
    assert found is None if words is None else words in (found or "")
    wrapped = RuntimeError("while importing")
    wrapped.__cause__ = error
    assert mend_of(wrapped) == found


def _asked(folder: Path, **variables: str) -> "subprocess.CompletedProcess[str]":
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TIFO_", "DJANGO"))}
    return subprocess.run(
        [sys.executable, "-m", "tifo", "--version"],
        env={**kept, "TIFO_DATA": str(folder), **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_says_it_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    for folder, variables, words in (
        (tmp_path / "a b", {}, ""),
        (file, {}, "is a file; name a folder"),
        (tmp_path / "a b", {"TIFO_APPROVAL_ABOVE": "²"}, "is not a whole number"),
        (tmp_path / "a b", {"TIFO_SECRET_KEY_FILE": str(tmp_path / "none")}, "TIFO_SECRET_KEY_FILE names"),
    ):
        done = _asked(folder, **variables)
        assert words in done.stderr
        assert done.returncode == (1 if words else 0)
        assert done.stderr.count("\n") <= 1, done.stderr
    (tmp_path / "a b" / "tifo.env").write_text("# kept\nTIFO_ENV=development\nrubbish\n")
    assert "tifo.env, line 3: write NAME=value" in _asked(tmp_path / "a b").stderr
