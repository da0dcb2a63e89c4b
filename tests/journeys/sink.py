"""A plain SMTP sink: Postfix's smtp-sink in a process of its own, which keeps each message as a file."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.processes import free_port

_RECIPIENT = b"X-Rcpt-Args: <"
_END_OF_NOTES = b" (UTC)\n"


@dataclass(frozen=True)
class Taken:
    """A message as it came: to whom by the envelope, and its bytes."""

    address: str
    raw: bytes


@dataclass(frozen=True)
class Sink:
    """Where it listens, and where it keeps what it took."""

    port: int
    kept: Path

    def files(self) -> list[Path]:
        """A file per message."""
        return [Path(entry.path) for entry in os.scandir(self.kept)]

    def taken(self) -> list[Taken]:
        """All messages."""
        return [read(path) for path in self.files()]


def read(path: Path) -> Taken:
    """A kept message without the sink's own notes before it (envelope and Received)."""
    notes, _, raw = path.read_bytes().partition(_END_OF_NOTES)
    addresses = [line for line in notes.splitlines() if line.startswith(_RECIPIENT)]
    assert len(addresses) == 1, f"{len(addresses)} recipients in one envelope"
    return Taken(addresses[0].removeprefix(_RECIPIENT).rstrip(b">").decode(), raw)


@contextmanager
def sink(folder: Path) -> Iterator[Sink]:
    """A sink on a free port of the loopback, keeping what it takes below `folder`."""
    command = shutil.which("smtp-sink", path=f"{os.environ['PATH']}:/usr/sbin")
    if command is None:
        raise SystemExit("smtp-sink is not installed. On Debian or Ubuntu: sudo apt-get install postfix")
    kept, port = folder / "kept", free_port()
    kept.mkdir(parents=True)
    user = ["-u", "root"] if os.geteuid() == 0 else []  # it must write into our folder
    process = subprocess.Popen(
        [command, *user, "-d", "kept/", f"127.0.0.1:{port}", "500"],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _listening(port, process)
        yield Sink(port, kept)
    finally:
        process.terminate()
        process.wait()


def _listening(port: int, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(500):
        assert process.poll() is None, f"smtp-sink ended with {process.returncode}"
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.01)
    raise AssertionError(f"smtp-sink doesn't listen on {port}")
