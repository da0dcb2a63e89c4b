"""Running the real commands: each a process of its own, with its time and its peak memory."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
LONGEST = 7200.0  # seconds; a step that takes longer is ended, and the bench with it


class StepError(Exception):
    """A command of the bench ended badly."""


@dataclass(frozen=True)
class Done:
    """What a command said, how long it took, its peak memory, and the seconds of processor it used."""

    said: Any
    seconds: float
    megabytes: float
    processor: float


def environment(data: Path, **more: str) -> dict[str, str]:
    """The variables of a child: the embedded database in `data`, a key that is the same in every run."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("TIFO_") and name != "PYTHONDONTWRITEBYTECODE"
    }
    return {
        **kept,
        "TIFO_DATA": str(data),
        "XDG_STATE_HOME": str(data.parent / "state"),
        "TIFO_ENV": "development",
        "DJANGO_SETTINGS_MODULE": "tifo.server.settings",
        "TIFO_SECRET_KEY": "only for the bench, the same in each run",
        "TIFO_LOG_LEVEL": "ERROR",
        "PYTHONPATH": os.pathsep.join(
            (str(ROOT), str(ROOT / "src"))
        ),  # this tree's, wherever tifo is installed from
        **more,
    }


def run(command: Sequence[str], env: Mapping[str, str]) -> Done:
    """Run to the end; `said` is the JSON of its last line on standard output, where there is any."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        began = time.monotonic()
        child = subprocess.Popen(command, env=dict(env), stdout=out, stderr=err)
        usage, megabytes = _wait(child, began + LONGEST)
        seconds = time.monotonic() - began
        out.seek(0)
        err.seek(0)
        text = out.read().decode().strip()
        if child.returncode != 0:
            wrong = err.read().decode(errors="replace")[-2000:]
            raise StepError(f"{' '.join(command)} ended with {child.returncode}:\n{wrong}")
    line = text.rpartition("\n")[2]
    said = json.loads(line) if line[:1] in ("{", "[") else text
    return Done(said, seconds, megabytes, usage.ru_utime + usage.ru_stime)


def _wait(child: subprocess.Popen[bytes], deadline: float) -> tuple[Any, float]:
    """(what it used, the most memory in MB that it and its children held at once); ends it at the deadline.

    The memory is looked up while it lives: what `wait4` tells of it counts the parent's too, from before it became
    a program of its own.
    """
    own, family, look = 0.0, 0.0, 0.0
    while True:
        own = max(own, _megabytes(Path("/proc") / str(child.pid)))
        if time.monotonic() >= look:  # seldom: the kernel walks all pages for it
            family = max(family, family_megabytes(child.pid))
            look = time.monotonic() + 0.25
        process, status, usage = os.wait4(child.pid, os.WNOHANG)
        if process:
            child.returncode = os.waitstatus_to_exitcode(status)
            return usage, max(own, family)
        if time.monotonic() > deadline:
            child.send_signal(signal.SIGKILL)
            deadline = float("inf")
        time.sleep(0.01)


def _megabytes(process: Path) -> float:
    """The highest memory of a process so far; 0 when it has ended."""
    try:
        status = (process / "status").read_text()
    except OSError:
        return 0.0
    return int(status.split("VmHWM:")[1].split()[0]) / 1024 if "VmHWM:" in status else 0.0


def family_megabytes(pid: int) -> float:
    """What a process and all below it hold now, a page that several share counted once between them."""
    held = 0.0
    for process in (pid, *_below(pid)):
        folder = Path("/proc") / str(process)
        try:
            said = (folder / "smaps_rollup").read_text()
        except OSError:  # it ended meanwhile
            continue
        held += int(said.split("\nPss:")[1].split()[0]) / 1024 if "\nPss:" in said else 0.0
    return held


def _below(pid: int) -> list[int]:
    found = []
    for thread in Path(f"/proc/{pid}/task").glob("*"):
        try:
            children = [int(child) for child in (thread / "children").read_text().split()]
        except OSError:
            continue
        for child in children:
            found += [child, *_below(child)]
    return found


def tifo(*words: str) -> list[str]:
    """The tifo command."""
    return [sys.executable, "-m", "tifo", *words]


def own(module: str, *words: str) -> list[str]:
    """A module of the bench as a command."""
    return [sys.executable, "-m", f"bench.{module}", *words]


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@dataclass
class Served:
    """A server in the background; `megabytes` and `processor` (seconds) are filled in when it has ended."""

    pid: int
    megabytes: float = 0.0
    processor: float = 0.0


@contextmanager
def serving(command: Sequence[str], env: Mapping[str, str], port: int | None = None) -> Iterator[Served]:
    """A process in the background while the block runs; with `port`, the block begins when it listens there."""
    child = subprocess.Popen(
        command, env=dict(env), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    served = Served(child.pid)
    try:
        if port is not None:
            _listening(child, port)
        yield served
    finally:
        served.megabytes = _tree_megabytes(child.pid)
        child.terminate()
        usage, _ = _wait(child, time.monotonic() + 10)
        served.processor = usage.ru_utime + usage.ru_stime


def _listening(child: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if child.poll() is not None:
            raise StepError(f"{child.args!r} ended at once with {child.returncode}")
        with socket.socket() as probe:
            probe.settimeout(0.5)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise StepError(f"{child.args!r} doesn't listen on {port}")


def _tree_megabytes(pid: int) -> float:
    """The highest memory of any process of a server, from /proc while they live."""
    found = 0.0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if os.getsid(int(folder.name)) == pid:
                found = max(found, _megabytes(folder))
        except OSError:
            continue
    return found


def disk_megabytes(folder: Path) -> float:
    """What lies below a folder; what goes away meanwhile does not count."""
    size = 0
    for path in folder.rglob("*"):
        with suppress(OSError):
            size += path.stat().st_size if path.is_file() else 0
    return size / 1e6
