"""Runs a function in a child that is stopped at each system call that counts, and killed at the N-th.

What `strace -f -e inject=…:signal=SIGKILL:when=N` does, with two differences: calls are counted over all threads
and kinds together (strace counts them apart for each, so that the N-th of another thread is never met), and only on
files of the world and on sockets. A seccomp filter stops the child where needed and nowhere else, and the child is
forked from a warm parent, so that a point costs milliseconds.
"""

import ctypes
import os
import signal
import struct
from collections.abc import Callable
from dataclasses import dataclass

from bench.crash import calls

_SEIZE, _CONT, _SYSCALL_INFO = 0x4206, 7, 0x420E
_OPTIONS = 0x02 | 0x04 | 0x08 | 0x80 | 0x100000  # fork, vfork, clone, seccomp, exit with us
_EVENT_SECCOMP, _EVENT_STOP = 7, 128
_WALL = 0x40000000
_LIBC = ctypes.CDLL(None, use_errno=True)
_LIBC.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
_LIBC.ptrace.restype = ctypes.c_long


@dataclass(frozen=True)
class Stop:
    """The child stands before a system call; `on` says where it goes."""

    number: int
    thread: int
    name: str
    on: str
    arguments: tuple[int, ...]

    def sent(self) -> bytes:
        """What the call is about to send (write and sendto: all of it)."""
        if self.name in ("writev", "sendmsg"):
            parts, count = self._parts()
            return b"".join(
                _memory(self.thread, *struct.unpack_from("QQ", parts, 16 * n)) for n in range(count)
            )
        return _memory(self.thread, self.arguments[1], self.arguments[2])

    def _parts(self) -> tuple[bytes, int]:
        where, count = self.arguments[1], self.arguments[2]
        if self.name == "sendmsg":
            where, count = struct.unpack_from("QQ", _memory(self.thread, where, 48), 16)
        return _memory(self.thread, where, 16 * count), count

    def __str__(self) -> str:
        return f"{self.number} {self.name} {self.on}"


@dataclass(frozen=True)
class Ended:
    """`status`: the exit code, or minus the signal. `points`: stops seen. `last`: where it was killed."""

    status: int
    points: int
    last: Stop | None

    @property
    def killed(self) -> bool:
        return self.last is not None


def run(
    act: Callable[[], None],
    world: str,
    *,
    kill_at: int = 0,
    watch: Callable[[Stop], None] | None = None,
    started: Callable[[int], None] | None = None,
) -> Ended:
    """Let a child do `act`; kill it before its `kill_at`-th call. `watch` sees every stop, `started` the child's id."""
    ready, go = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(go)
        status = 70
        try:
            os.read(ready, 1)
            os.close(ready)
            _filter()
            act()
            status = 0
        finally:
            os._exit(status)
    os.close(ready)
    if _LIBC.ptrace(_SEIZE, child, None, _OPTIONS) != 0:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        raise OSError(ctypes.get_errno(), "this machine does not allow tracing (ptrace)")
    os.write(go, b"x")
    os.close(go)
    if started:
        started(child)
    return _follow(child, world, kill_at, watch)


def _follow(child: int, world: str, kill_at: int, watch: Callable[[Stop], None] | None) -> Ended:
    points, last = 0, None
    while True:
        thread, status = os.waitpid(-1, _WALL)
        if os.WIFEXITED(status) or os.WIFSIGNALED(status):
            if thread == child:
                return Ended(os.waitstatus_to_exitcode(status), points, last)
            continue
        event, deliver = status >> 16, 0
        if event == _EVENT_SECCOMP and last is None:
            stop = _stop(thread, child, points + 1, world)
            if stop is not None:
                points += 1
                if watch:
                    watch(stop)
                if points == kill_at:
                    last = stop
                    os.kill(child, signal.SIGKILL)
                    continue
        elif event == 0:
            deliver = os.WSTOPSIG(status)
        _LIBC.ptrace(_CONT, thread, None, deliver)  # a thread that is dying refuses: nothing to do about it


def _stop(thread: int, child: int, number: int, world: str) -> Stop | None:
    info = ctypes.create_string_buffer(96)
    if _LIBC.ptrace(_SYSCALL_INFO, thread, 96, info) <= 0:
        return None
    call, *arguments = struct.unpack_from("7Q", info.raw, 24)
    name = calls.known().get(call, "")
    if name in calls.PATH:
        if name == "openat" and not arguments[2] & calls.CREATES:
            return None
        path = _text(thread, arguments[calls.PATH[name]])
        on = path if path.startswith(world) else ""
    else:
        on = _target(child, arguments[calls.DESCRIPTOR.get(name, 0)])
        if name in calls.READS and not on.startswith("socket:"):
            return None
        if not on.startswith(("socket:", world)):
            return None
    return Stop(number, thread, name, on.removeprefix(world), tuple(arguments)) if on else None


def _target(process: int, descriptor: int) -> str:
    try:
        return os.readlink(f"/proc/{process}/fd/{descriptor & 0xFFFFFFFF}")  # noqa: PTH115  thousands of times
    except OSError:
        return ""


def _memory(process: int, where: int, size: int) -> bytes:
    with open(f"/proc/{process}/mem", "rb", buffering=0) as memory:  # noqa: PTH123  unbuffered, thousands of times
        memory.seek(where)
        return memory.read(size)


def _text(process: int, where: int) -> str:
    page = 4096 - where % 4096
    raw = _memory(process, where, page)
    if b"\0" not in raw:
        raw += _memory(process, where + page, 4096)
    return os.fsdecode(raw.split(b"\0", 1)[0])


# -- in the child ------------------------------------------------------------------------------------------

_LOAD, _EQUALS, _RETURN = 0x20, 0x15, 0x06
_TRACE, _ALLOW = 0x7FF00000, 0x7FFF0000


def _filter() -> None:
    """Have the kernel stop this process before each of the calls, and before no other."""
    numbers = sorted(calls.known())
    program = [struct.pack("HBBI", _LOAD, 0, 0, 0)]
    for place, number in enumerate(numbers):
        program.append(struct.pack("HBBI", _EQUALS, len(numbers) - place, 0, number))
    program += [struct.pack("HBBI", _RETURN, 0, 0, _ALLOW), struct.pack("HBBI", _RETURN, 0, 0, _TRACE)]
    code = ctypes.create_string_buffer(b"".join(program))
    head = struct.pack("HxxxxxxQ", len(program), ctypes.addressof(code))
    no_new_privileges, seccomp, mode_filter = 38, 22, 2
    if _LIBC.prctl(no_new_privileges, 1, 0, 0, 0) or _LIBC.prctl(
        seccomp, mode_filter, ctypes.c_char_p(head), 0, 0
    ):
        raise OSError(ctypes.get_errno(), "this machine does not allow a seccomp filter")
