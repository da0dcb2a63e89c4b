"""Claimed work: rows with a lease, and periodic jobs that one worker at a time runs."""

import logging
import os
import secrets
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from django.db import transaction
from django.db.models import F, Q

from tifo.kernel import clock
from tifo.kernel.models import Turn, Work

log = logging.getLogger(__name__)

W = TypeVar("W", bound=Work)

TURN_LEASE = timedelta(minutes=10)


class LeaseLost(Exception):  # noqa: N818  it names what happened
    """Another worker has taken this row over: stop, and write nothing more for it."""


def me() -> str:
    """A name for this worker that no other process has or had."""
    return _ME


_ME = f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(4)}"


def claim(model: type[W], *, owner: str, seconds: float, **where: object) -> W | None:
    """Take the next row that is ready, or whose owner let the lease run out; None when there is none."""
    moment = clock.now()
    due = Q(state=Work.State.READY) & (Q(run_after__isnull=True) | Q(run_after__lte=moment))
    left = Q(state=Work.State.RUNNING, lease_until__lt=moment)
    rows = model._default_manager
    with transaction.atomic():
        row = (
            rows.select_for_update(skip_locked=True, of=("self",))
            .filter(due | left, **where)
            .order_by(F("run_after").asc(nulls_first=True), "pk")
            .first()
        )
        if row is None:
            return None
        row.state, row.owner, row.attempt = Work.State.RUNNING, owner, row.attempt + 1
        row.lease_until = moment + timedelta(seconds=seconds)
        row.save(update_fields=["state", "owner", "attempt", "lease_until"])
        return row


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
    """The work is done."""
    _fenced(row, state=Work.State.DONE, lease_until=None, **values)


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


def _take_turn(job: Job) -> bool:
    moment = clock.now()
    with transaction.atomic():
        Turn.objects.get_or_create(name=job.name, defaults={"next_at": moment})
        turn = (
            Turn.objects.select_for_update(skip_locked=True)
            .filter(name=job.name, next_at__lte=moment)
            .filter(Q(lease_until__isnull=True) | Q(lease_until__lt=moment))
            .first()
        )
        if turn is None:
            return False
        turn.owner, turn.lease_until = _ME, moment + TURN_LEASE
        turn.save()
    return True


def try_job(job: Job) -> bool:
    """Call one job now; whether it did something. A failure is logged, and the next call tries again."""
    try:
        return job.call()
    except Exception:
        log.exception("job %s failed; it will be tried again", job.name)
        return False


def run_job(job: Job) -> bool:
    """Run one periodic job if its turn has come; whether it did something."""
    if not _take_turn(job):
        return False
    busy = try_job(job)
    pause = timedelta(0) if busy else timedelta(seconds=job.every)
    Turn.objects.filter(name=job.name, owner=_ME).update(
        next_at=clock.now() + pause, owner="", lease_until=None
    )
    return busy
