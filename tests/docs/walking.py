"""Walking through a page: its files are saved, its commands run in one shell in the order of the page."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.processes import free_port

ON_SQLITE = pytest.mark.skipif(
    bool(os.environ.get("TIFO_DATABASE_URL")), reason="pages walk through a house of their own, on SQLite"
)
DONE = "-- done with this block --"
_STEP = re.compile(
    r"(?:[Ss]ave this as `(?P<file>[^`]+)`[^\n]*\n\n)?^```(?P<language>\w+)\n(?P<body>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Step:
    """A fence of the page: a file to save, commands to run, or what they should have said."""

    kind: str
    body: str
    file: str = ""


def steps(page: Path) -> Iterator[Step]:
    """The fences that do something, in order. `sh` is for what a test has done already."""
    for found in _STEP.finditer(page.read_text(encoding="utf-8")):
        if found["file"]:
            yield Step("file", found["body"], found["file"])
        elif found["language"] in ("shell", "text"):
            yield Step(found["language"], found["body"])


class Shell:
    """A bash in a folder of its own, with ports of its own."""

    def __init__(self, folder: Path) -> None:
        web, track, inbox = free_port(), free_port(), free_port()
        self.public_url = f"http://127.0.0.1:{web}"
        self.folder = folder
        programs = Path(sys.executable).parent
        dropped = ("TIFO_DATA", "TIFO_DATABASE_URL", "TIFO_SECRET_KEY", "DJANGO_SETTINGS_MODULE")
        variables = {name: value for name, value in os.environ.items() if name not in dropped}
        self._process = subprocess.Popen(
            ["/bin/bash", "--norc", "--noprofile"],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            env={
                **variables,
                "PATH": f"{programs}:{os.environ['PATH']}",
                "TIFO_WEB_BIND": f"127.0.0.1:{web}",
                "TIFO_TRACK_BIND": f"127.0.0.1:{track}",
                "TIFO_INBOX_BIND": f"127.0.0.1:{inbox}",
                "TIFO_PUBLIC_URL": self.public_url,
                "TIFO_TRACK_URL": f"http://127.0.0.1:{track}",
                "TIFO_SMTP_URL": f"smtp://127.0.0.1:{inbox}",
                "TIFO_LOG_LEVEL": "WARNING",
            },
        )
        self._ports = (web, track, inbox)

    def run(self, commands: str) -> str:
        """What the commands said, on both outputs."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{commands}\necho\necho '{DONE}'\n")
        self._process.stdin.flush()
        said = []
        for line in self._process.stdout:
            if line.rstrip("\n") == DONE:
                break
            said.append(line)
        if "tifo serve" in commands:
            self._wait_for_the_house()
        return "".join(said)

    def save(self, step: Step) -> None:
        """Write a file of the page where the shell stands."""
        self.run(f"cat > '{step.file}' <<'END OF FILE'\n{step.body}END OF FILE")

    def _wait_for_the_house(self) -> None:
        deadline = time.monotonic() + 60
        for port in self._ports:
            while time.monotonic() < deadline:
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.1)

    def close(self) -> None:
        """End the shell and what it started."""
        assert self._process.stdin is not None
        self._process.stdin.write("kill %1 2>/dev/null; wait; exit\n")
        self._process.stdin.close()
        self._process.wait(30)


def agrees(said: str, expected: str) -> bool:
    """Whether the output is what the page shows. `…` stands for anything, also for several lines."""
    pattern = "".join(
        r"[\s\S]*?" if part == "…" else re.escape(part) for part in re.split("(…)", expected.strip())
    )
    return re.fullmatch(pattern, said.strip()) is not None
