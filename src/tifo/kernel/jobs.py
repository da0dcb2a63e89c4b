"""Claimed work: rows with a lease, and periodic jobs that one worker at a time runs."""

import hashlib
import logging
import os
import secrets
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

from django.db import DatabaseError, connection, transaction
from django.db.models import F, Q, QuerySet

from tifo.kernel import clock
from tifo.kernel.models import Turn, Work

log = logging.getLogger(__name__)

W = TypeVar("W", bound=Work)

TURN_LEASE = timedelta(
    seconds=60
)  # renewed while the job runs: the turns of a machine that died are free after it
RENEWED = 4  # times within a lease
SKEW = timedelta(minutes=1)  # by which the clocks of two hosts may differ


class LeaseLost(Exception):  # noqa: N818  it names what happened
    """Another worker has taken this row over: stop, and write nothing more for it."""


def _place() -> str:
    """This machine since its start, and which processes we see on it: two with the same place see the same pids."""
    seen = [socket.gethostname()]
    for path in ("/proc/sys/kernel/random/boot_id", "/proc/self/ns/pid"):
        try:
            seen.append(
                str(Path(path).readlink()) if path.endswith("pid") else Path(path).read_text(encoding="ascii")
            )
        except OSError:
            seen.append("")
    return hashlib.sha256("\n".join(seen).encode()).hexdigest()[:12]


_PLACE = _place()


def me() -> str:
    """A name for this process that no other has or had: machine, process id, a random word."""
    global _me
    if _me[0] != os.getpid():
        _me = (os.getpid(), f"{_PLACE}:{os.getpid()}:{secrets.token_hex(4)}")
    return _me[1]


_me = (0, "")


def is_dead(owner: str) -> bool:
    """Whether `owner` was a process of this machine that has ended: then nobody need wait for its lease."""
    place, _, rest = owner.partition(":")
    process = rest.partition(":")[0]
    if place != _PLACE or not process.isdigit():
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def claim(model: type[W], *, owner: str, seconds: float, **where: object) -> W | None:
    """Take the next row that is ready, or whose owner let the lease run out; None when there is none."""
    moment = clock.now()
    due = Q(state=Work.State.READY) & (Q(run_after__isnull=True) | Q(run_after__lte=moment))
    left = Q(state=Work.State.RUNNING, lease_until__lt=moment)
    rows = model._default_manager
    with transaction.atomic():
        free = rows.select_for_update(skip_locked=True, of=("self",)).filter(**where)
        row = free.filter(due | left).order_by(F("run_after").asc(nulls_first=True), "pk").first()
        row = row or _orphan(free)
        if row is None:
            _shorten(free, moment + timedelta(seconds=seconds))
            return None
        row.state, row.owner, row.attempt = Work.State.RUNNING, owner, row.attempt + 1
        row.lease_until = moment + timedelta(seconds=seconds)
        row.save(update_fields=["state", "owner", "attempt", "lease_until"])
        return row


def _shorten(free: QuerySet[W], longest: datetime) -> None:
    """A lease beyond the longest was written by a clock since set back: a living owner renews it, a dead one's ends."""
    free.filter(state=Work.State.RUNNING, lease_until__gt=longest).update(lease_until=longest)


def _orphan(free: QuerySet[W]) -> W | None:
    """A row whose owner on this machine has died, lease or not."""
    running = free.filter(state=Work.State.RUNNING, owner__startswith=f"{_PLACE}:").order_by("pk")
    return next((row for row in running if is_dead(row.owner)), None)


def _fenced(row: Work, **values: object) -> None:
    changed = (
        type(row)
        ._default_manager.filter(pk=row.pk, attempt=row.attempt, owner=row.owner, state=Work.State.RUNNING)
        .update(**values)
    )
    if not changed:
        raise LeaseLost(f"{type(row).__name__} {row.pk}")
    for name, value in values.items():
        setattr(row, name, value)


def renew(row: Work, seconds: float, **values: object) -> None:
    """Keep the row for `seconds` more, writing `values` with it; raises LeaseLost when it is no longer ours."""
    _fenced(row, lease_until=clock.now() + timedelta(seconds=seconds), **values)


def finish(row: Work, **values: object) -> None:
    """The work is done; the error of an attempt before counts no more, unless `values` say one."""
    _fenced(row, state=Work.State.DONE, lease_until=None, **{"error": "", **values})


def put_back(row: Work, *, after: float = 0, error: str = "") -> None:
    """Let somebody try again, `after` seconds from now at the earliest."""
    _fenced(
        row,
        state=Work.State.READY,
        owner="",
        lease_until=None,
        run_after=clock.now() + timedelta(seconds=after),
        error=error,
    )


def give_up(row: Work, error: str) -> None:
    """The work can't be done; `error` says why, for people."""
    _fenced(row, state=Work.State.FAILED, lease_until=None, error=error)


@dataclass(frozen=True)
class Job:
    """Something a worker does again and again."""

    name: str
    every: float
    shared: bool
    call: Callable[[], bool]


_jobs: dict[str, Job] = {}
_stop = threading.Event()


def request_stop() -> None:
    """Ask all work in this process to come to an orderly end."""
    _stop.set()


def stop_requested() -> bool:
    """Whether long work should stop at its next safe point; what is left, another worker does."""
    return _stop.is_set()


def job(*, every: float, shared: bool = False) -> Callable[[Callable[[], bool]], Callable[[], bool]]:
    """Have the function called every `every` seconds, and again soon whenever it returns True (it did something).

    By one worker at a time; with `shared` by all of them at once, for functions that claim rows of their own.
    """

    def register(function: Callable[[], bool]) -> Callable[[], bool]:
        name = f"{function.__module__.removeprefix('tifo.')}.{function.__name__}"
        _jobs[name] = Job(name, every, shared, function)
        return function

    return register


def known_jobs() -> tuple[Job, ...]:
    """All that registered."""
    return tuple(_jobs.values())


def _take_turn(job: Job, *, early: bool) -> bool:
    moment = clock.now()
    # a turn later than that was written by a clock since set back; that of another host may be a little ahead of ours
    latest = moment + timedelta(seconds=job.every) + SKEW
    if not early and Turn.objects.filter(name=job.name, next_at__gt=moment, next_at__lte=latest).exists():
        return False  # seen without a lock: most looks end here
    with transaction.atomic():
        Turn.objects.get_or_create(name=job.name, defaults={"next_at": moment})
        turn = Turn.objects.select_for_update(skip_locked=True).filter(name=job.name).first()
        if turn is None or (moment < turn.next_at <= latest and not early):
            return False
        if turn.lease_until and turn.lease_until >= moment and not is_dead(turn.owner):
            if turn.lease_until > moment + TURN_LEASE:  # so was this: who lives says so again before it ends
                turn.lease_until = moment + TURN_LEASE
                turn.save(update_fields=["lease_until"])
            return False
        turn.owner, turn.lease_until = me(), moment + TURN_LEASE
        turn.save()
    return True


def try_job(job: Job) -> bool:
    """Call one job now; whether it did something. A failure is logged, and the next call tries again."""
    try:
        return job.call()
    except Exception:
        log.exception("job %s failed; it will be tried again", job.name)
        return False


@contextmanager
def _kept(job: Job) -> Iterator[None]:
    """Keep the turn for as long as the job runs, by a thread and a connection of its own."""
    ended, owner = threading.Event(), me()

    def renew_turn() -> None:
        while not ended.wait(TURN_LEASE.total_seconds() / RENEWED):
            try:
                Turn.objects.filter(name=job.name, owner=owner).update(lease_until=clock.now() + TURN_LEASE)
            except DatabaseError as error:  # the job itself will meet it; until the lease ends we try again
                log.warning("the turn of %s was not renewed (%s)", job.name, type(error).__name__)
            finally:
                connection.close()

    keeper = threading.Thread(target=renew_turn, name=f"keeps {job.name}", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        ended.set()
        keeper.join()


def run_job(job: Job, *, early: bool = False) -> bool:
    """Run one periodic job if its turn has come, or `early` before that; whether it did something."""
    if not _take_turn(job, early=early):
        return False
    with _kept(job):
        busy = try_job(job)
    pause = timedelta(0) if busy else timedelta(seconds=job.every)
    Turn.objects.filter(name=job.name, owner=me()).update(
        next_at=clock.now() + pause, owner="", lease_until=None
    )
    return busy


def worker_ever_seen() -> bool:
    """Whether a worker was ever at work on this base."""
    return Turn.objects.exists()


def worker_seen(within: timedelta) -> bool:
    """Whether some worker took or ended a turn in the last `within`."""
    since = clock.now() - within
    return Turn.objects.filter(Q(next_at__gte=since) | Q(lease_until__gte=clock.now())).exists()
