"""The tool of the crash matrix: it meets every call once, in every thread, and kills before it."""

import os
import threading
from pathlib import Path

import pytest
from bench.crash import calls, tracer
from bench.crash.tracer import Stop

pytestmark = pytest.mark.crash


def _allowed() -> bool:
    if not calls.known():
        return False
    try:
        return tracer.run(lambda: None, "/nowhere/").status == 0
    except OSError:
        return False


needs_tracing = pytest.mark.skipif(
    not _allowed(), reason="this machine does not allow tracing (ptrace, seccomp)"
)


def _in_two_threads(folder: Path) -> None:
    def write(name: str) -> None:
        with (folder / name).open("wb", buffering=0) as file:
            for number in range(3):
                file.write(b"%d\n" % number)
            os.fsync(file.fileno())

    for name in ("one", "two"):
        thread = threading.Thread(target=write, args=(name,))
        thread.start()
        thread.join()
    (folder / "one").rename(folder / "three")


@needs_tracing
def test_each_call_is_a_point_and_a_kill_comes_before_it(tmp_path: Path) -> None:
    seen: list[Stop] = []
    sent: list[bytes] = []

    def look(stop: Stop) -> None:
        seen.append(stop)
        if stop.name == "write":
            sent.append(stop.sent())

    (tmp_path / "whole").mkdir()
    whole = tracer.run(lambda: _in_two_threads(tmp_path / "whole"), f"{tmp_path}/", watch=look)
    assert (whole.status, whole.killed) == (0, False)
    assert [stop.name for stop in seen] == [
        *["openat", "write", "write", "write", "fsync"] * 2,
        seen[-1].name,
    ]
    assert seen[-1].name.startswith("rename")
    assert sent == [b"0\n", b"1\n", b"2\n"] * 2
    written = 0
    for number, stop in enumerate(seen, 1):
        folder = tmp_path / str(number)
        folder.mkdir()
        ended = tracer.run(lambda to=folder: _in_two_threads(to), f"{tmp_path}/", kill_at=number)  # type: ignore[misc]
        assert (ended.status, ended.points, ended.killed) == (-9, number, True)
        assert sum(len(path.read_bytes()) // 2 for path in folder.iterdir()) == written
        assert not (folder / "three").exists()
        written += stop.name == "write"


@needs_tracing
def test_a_process_with_fewer_calls_ends_by_itself(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    ended = tracer.run(lambda: _in_two_threads(tmp_path / "a"), f"{tmp_path}/", kill_at=99)
    assert (ended.status, ended.points, ended.killed) == (0, 11, False)
