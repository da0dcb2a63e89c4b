"""Lines that must reach the disk: hits within a second, withdrawals before they are answered."""

import asyncio
import fcntl
import json
import logging
import os
import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, Any

log = logging.getLogger(__name__)

COMMIT_EVERY = 0.5  # seconds; a kill loses at most what came since
ROTATE_EVERY = 2.0  # seconds until a file is closed for the worker to load
ROTATE_BYTES = 64 << 20
MAX_WAITING = 100_000  # hits kept in memory while the disk does not answer; more are counted, not kept


def _name() -> str:
    return f"{time.time_ns() // 1_000_000:013d}-{os.getpid()}-{secrets.token_hex(4)}"


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _write_all(handle: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(handle, view) :]


class HitJournal:
    """Appends hits to a file, group-committed, and closes it every few seconds.

    The open file is `*.open` under a lock that dies with this process; the closed one is `*.jsonl`. When the disk
    fails, hits wait in bounded memory and answers go on; the number of those dropped is written when it works again.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._waiting: list[bytes] = []
        self._dropped = 0
        self._timer: asyncio.TimerHandle | None = None
        self._writing: asyncio.Future[None] | None = None
        self._executor = ThreadPoolExecutor(1, "hits")
        self._file: IO[bytes] | None = None
        self._path = folder
        self._opened = 0.0

    def add(self, line: bytes) -> None:
        """Take a hit (one line, without its end); returns at once."""
        if len(self._waiting) >= MAX_WAITING:
            self._dropped += 1
            return
        self._waiting.append(line)
        self._schedule()

    def _schedule(self) -> None:
        if self._timer is None and self._writing is None:
            self._timer = asyncio.get_running_loop().call_later(COMMIT_EVERY, self._begin)

    def _begin(self) -> None:
        self._timer = None
        lines, self._waiting = self._waiting, []
        dropped, self._dropped = self._dropped, 0
        self._writing = asyncio.get_running_loop().run_in_executor(
            self._executor, self._commit, lines, dropped
        )
        self._writing.add_done_callback(lambda done: self._committed(done, lines, dropped))

    def _committed(self, done: "asyncio.Future[None]", lines: list[bytes], dropped: int) -> None:
        self._writing = None
        if not done.cancelled() and (error := done.exception()) is not None:
            log.error("hits can't be written: %s", error)
            room = MAX_WAITING - len(self._waiting)
            self._waiting = lines[:room] + self._waiting
            self._dropped += dropped + max(0, len(lines) - room)
        if self._waiting or self._file is not None:
            self._schedule()

    def _commit(self, lines: list[bytes], dropped: int) -> None:
        """In the writer's thread."""
        if dropped:
            lines = [*lines, b'{"dropped":%d}' % dropped]
        if lines:
            file = self._file or self._open()
            position = file.tell()
            try:
                _write_all(file.fileno(), b"\n".join(lines) + b"\n")
                os.fdatasync(file.fileno())
            except OSError:
                file.truncate(position)
                file.seek(position)
                raise
        if self._file is not None and (
            time.monotonic() - self._opened > ROTATE_EVERY or self._file.tell() > ROTATE_BYTES
        ):
            self._close()

    def _open(self) -> IO[bytes]:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._path = self._folder / f"{_name()}.open"
        file: IO[bytes] = self._path.open("xb", buffering=0)
        fcntl.flock(file.fileno(), fcntl.LOCK_EX)
        _sync_folder(self._folder)
        self._file, self._opened = file, time.monotonic()
        return file

    def _close(self) -> None:
        if self._file is not None:
            self._path.rename(self._path.with_suffix(".jsonl"))
            _sync_folder(self._folder)
            self._file.close()
            self._file = None

    async def close(self) -> None:
        """Write what waits and close the file."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._writing is not None:
            await asyncio.wait([self._writing])
        lines, self._waiting = self._waiting, []

        def last() -> None:
            self._commit(lines, self._dropped)
            self._close()

        await asyncio.get_running_loop().run_in_executor(self._executor, last)


class Spool:
    """Keeps entries durably: `put` returns when the disk has it. Those that come together share one file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._waiting: list[tuple[bytes, asyncio.Future[None]]] = []
        self._task: asyncio.Task[None] | None = None
        self._executor = ThreadPoolExecutor(1, "spool")

    async def put(self, entry: dict[str, Any]) -> None:
        """Raises OSError when the disk does not take it."""
        if len(self._waiting) >= MAX_WAITING:
            raise OSError("too many withdrawals wait for the disk")
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        self._waiting.append((json.dumps(entry).encode("ascii"), done))
        if self._task is None or self._task.done():
            self._task = loop.create_task(self._work())
        await done

    async def _work(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            error: Exception | None = None
            try:
                lines = [line for line, _ in batch]
                await asyncio.get_running_loop().run_in_executor(self._executor, self._write, lines)
            except OSError as failure:
                log.error("a withdrawal can't be written: %s", failure)  # noqa: TRY400  the trace says no more
                error = failure
            for _, done in batch:
                if not done.done():
                    done.set_exception(error) if error else done.set_result(None)

    def _write(self, lines: list[bytes]) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        name = _name()
        fresh = self._folder / f".{name}"
        with fresh.open("xb") as file:
            file.write(b"\n".join(lines) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        fresh.rename(self._folder / f"{name}.jsonl")
        _sync_folder(self._folder)
