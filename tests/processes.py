"""Starting tifo's own processes against the test's database and data folder."""

import os
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

from django.conf import LazySettings
from django.db import connection


def environment(settings: LazySettings, **more: str) -> dict[str, str]:
    """The variables with which a child process sees the same world as the running test."""
    variables = {**os.environ, "TIFO_DATA": str(settings.TIFO_DATA), **more}
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
