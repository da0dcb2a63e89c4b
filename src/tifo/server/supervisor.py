"""`tifo serve`: web, tracker, worker and inbox as processes of their own, ended together."""

import contextlib
import ctypes
import errno
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import FrameType

import click

from tifo.kernel.public import Refused

STOP_WITHIN = 20.0  # seconds; a sender finishes what crossed the line within the time-out of its mail server
_PR_SET_PDEATHSIG = 1


def split_address(text: str, setting: str) -> tuple[str, int]:
    """host:port of a setting."""
    host, _, port = text.rpartition(":")
    if not (host and port.isdigit() and 0 < int(port) < 65536):
        raise Refused(f"{setting}={text!r} must read host:port, e.g. 127.0.0.1:8000")
    return host, int(port)


def check_free(address: str, setting: str) -> None:
    """Refuse with the mend when somebody listens there already."""
    host, port = split_address(address, setting)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host.strip("[]"), port))
        except OSError as error:
            why = "is in use" if error.errno == errno.EADDRINUSE else f"can't be opened ({error.strerror})"
            raise Refused(
                f"Port {port} {why}: stop what listens there, or choose another: {setting}={host}:{port + 1000}"
            ) from None


@dataclass(frozen=True)
class Part:
    """One process of the house."""

    name: str
    command: Sequence[str]


def _die_with_parent() -> None:
    """A child ends when this process is killed, however that happens (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _end_group(child: subprocess.Popen[bytes]) -> None:
    """Whatever a part started and left behind would keep its port: a server that was killed leaves its own workers."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def run(parts: Sequence[Part], environment: Mapping[str, str]) -> int:
    """Start all parts and wait; when one ends or we are asked to stop, end the others. The exit code."""
    stopping = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopping.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    children = {
        part.name: subprocess.Popen(  # noqa: S603  our own commands
            part.command,
            env={**os.environ, **environment},
            start_new_session=True,  # Ctrl-C reaches us only; we end the children in order
            preexec_fn=_die_with_parent,
        )
        for part in parts
    }
    failed = ""
    while not stopping.wait(0.2):
        failed = next((name for name, child in children.items() if child.poll() is not None), "")
        if failed:
            break
    for child in children.values():
        child.terminate()
    for child in children.values():
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(STOP_WITHIN)
        _end_group(child)
    if failed:
        code = children[failed].returncode
        click.echo(f"tifo: the {failed} process ended with code {code}; all stopped.", err=True)
    return 1 if failed else 0
