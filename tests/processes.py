"""Starting tifo's own processes against the test's database and data folder."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote
from urllib.request import urlopen

from django.conf import LazySettings
from django.db import connection


def environment(settings: LazySettings, **more: str) -> dict[str, str]:
    """The variables with which a child process sees the same world as the running test."""
    variables = {**os.environ, "TIFO_DATA": str(settings.TIFO_DATA), **more}
    variables["TIFO_LAKE_URL"] = settings.TIFO_LAKE_URL
    if connection.vendor == "postgresql":
        said = connection.settings_dict
        variables["TIFO_DATABASE_URL"] = f"postgresql://{said['USER']}@/{said['NAME']}?host={said['HOST']}"
    else:
        variables["TIFO_DATABASE_URL"] = f"sqlite://{quote(str(connection.settings_dict['NAME']))}"
    return variables


def free_port() -> int:
    """A port of the loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def run_tifo(*arguments: str, data: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """A `tifo` command in a house of its own in `data`, on SQLite."""
    variables = {**os.environ, "TIFO_DATA": str(data), **more}
    variables.pop("TIFO_DATABASE_URL", None)
    command = [sys.executable, "-m", "tifo", *arguments]
    return subprocess.run(command, env=variables, capture_output=True, text=True, check=False, timeout=120)


def house_of_its_own(data: Path) -> dict[str, str]:
    """The variables of a house on SQLite in `data`, on ports that are free now."""
    web, track, inbox = (f"127.0.0.1:{free_port()}" for _ in range(3))
    variables = {name: value for name, value in os.environ.items() if name != "TIFO_DATABASE_URL"}
    return variables | {
        "TIFO_DATA": str(data),
        "TIFO_WEB_BIND": web,
        "TIFO_TRACK_BIND": track,
        "TIFO_INBOX_BIND": inbox,
        "TIFO_SMTP_URL": f"smtp://{inbox}",
        "TIFO_PUBLIC_URL": f"http://{web}",
        "TIFO_TRACK_URL": f"http://{track}",
    }


def served(variables: Mapping[str, str], log: Path, *more: str) -> subprocess.Popen[bytes]:
    """`tifo serve` under way; what it says goes to `log`."""
    command = [sys.executable, "-m", "tifo", "serve", *more]
    with log.open("wb") as out:
        return subprocess.Popen(command, env=variables, stdout=out, stderr=subprocess.STDOUT)


def wait_for(url: str, process: subprocess.Popen[bytes], seconds: float = 30) -> None:
    """Return when `url` answers; fail when the process ends or takes too long."""
    end = time.monotonic() + seconds
    while True:
        try:
            with urlopen(url, timeout=1):  # noqa: S310  our own server
                return
        except OSError:
            assert process.poll() is None, "it ended by itself"
            assert time.monotonic() < end, f"{url} does not answer"
            time.sleep(0.1)
