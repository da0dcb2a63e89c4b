"""Events go up: what happened is announced in the transaction that made it true, and read in commit order."""

import dataclasses
import json
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from enum import Enum
from functools import cache
from typing import Any, ClassVar, TypeVar, get_type_hints

from django.db import connection, transaction
from django.db.models import Max, Q

from tifo.kernel import clock, revisions
from tifo.kernel.models import OutboxEvent, OutboxReader

log = logging.getLogger(__name__)

RETRY_FIRST = timedelta(seconds=2)
RETRY_LONGEST = timedelta(minutes=5)


class Event:
    """Base of all events: subclasses are frozen dataclasses of plain values, named in the past tense."""

    name: ClassVar[str]
    kinds: ClassVar[dict[str, type["Event"]]] = {}

    def __init_subclass__(cls) -> None:
        context = cls.__module__.split(".")[1]
        cls.name = f"{context}.{cls.__name__}"
        if Event.kinds.setdefault(cls.name, cls).__module__ != cls.__module__:
            raise TypeError(f"two events are called {cls.name}")
        Event.kinds[cls.name] = cls


E = TypeVar("E", bound=Event)


@dataclasses.dataclass(frozen=True)
class Reaction:
    """A function of some context that follows one kind of event."""

    name: str
    event: type[Event]
    call: Callable[[Any], None]


_reactions: dict[str, Reaction] = {}


def reacts_to(event: type[E]) -> Callable[[Callable[[E], None]], Callable[[E], None]]:
    """Follow `event`: the function runs at least once for each, in commit order, in one transaction with its place."""

    def register(function: Callable[[E], None]) -> Callable[[E], None]:
        name = f"{function.__module__.removeprefix('tifo.')}.{function.__name__}.{event.name}"
        _reactions[name] = Reaction(name, event, function)
        return function

    return register


def reactions() -> tuple[Reaction, ...]:
    """All that registered."""
    return tuple(_reactions.values())


@cache
def _hints(name: str) -> dict[str, Any]:
    return get_type_hints(Event.kinds[name])


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value


def _value(hint: object, value: Any) -> Any:
    if isinstance(value, list):
        return tuple(value)
    if value is not None and "datetime" in str(hint):
        return datetime.fromisoformat(value)
    return value


def announce(*events: Event) -> None:
    """Write down that this happened, in the caller's transaction."""
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError(
            "an event is announced in the transaction that made it true"
        )
    if not events:
        return
    rev, moment = revisions.current(), clock.now()
    OutboxEvent.objects.bulk_create(
        OutboxEvent(
            name=event.name,
            payload=json.dumps({k: _plain(v) for k, v in vars(event).items()}),
            announced_at=moment,
            rev=rev,
        )
        for event in events
    )


def _restore(row: OutboxEvent) -> Event:
    kind = Event.kinds[row.name]
    hints = _hints(row.name)
    return kind(**{key: _value(hints.get(key), value) for key, value in json.loads(row.payload).items()})


def _after(reader: OutboxReader) -> Q:
    return Q(rev__gt=reader.rev) | Q(rev=reader.rev, id__gt=reader.event_id)


class _Step(Enum):
    FOLLOWED = 1
    NOTHING = 2  # there is no event for it up to what is settled
    NOT_NOW = 3  # another worker is at it, or it failed and waits


def _follow(reaction: Reaction, settled: int) -> _Step:
    """Let one reaction see its next event."""
    moment = clock.now()
    with transaction.atomic():
        OutboxReader.objects.get_or_create(name=reaction.name)
        reader = (
            OutboxReader.objects.select_for_update(skip_locked=True)
            .filter(name=reaction.name)
            .filter(Q(retry_at__isnull=True) | Q(retry_at__lte=moment))
            .first()
        )
        if reader is None:
            return _Step.NOT_NOW
        row = (
            OutboxEvent.objects.filter(_after(reader), name=reaction.event.name, rev__lte=settled)
            .order_by("rev", "id")
            .first()
        )
        if row is None:
            return _Step.NOTHING
        reaction.call(_restore(row))
        reader.rev, reader.event_id, reader.failures, reader.retry_at, reader.error = (
            row.rev,
            row.id,
            0,
            None,
            "",
        )
        reader.save()
    return _Step.FOLLOWED


def _note_failure(reaction: Reaction, error: Exception) -> None:
    reader, _ = OutboxReader.objects.get_or_create(name=reaction.name)
    reader.failures += 1
    reader.error = type(error).__name__  # the message may name a person; the log has the trace
    reader.retry_at = clock.now() + min(RETRY_FIRST * 2 ** min(reader.failures, 10), RETRY_LONGEST)
    reader.save()


def deliver_events(limit: int = 1000, *, caught_up: dict[str, int] | None = None) -> int:
    """Let every reaction catch up, at most `limit` events each; how many were followed.

    A reaction that fails stays where it is and is tried again later; the others go on. `caught_up` is the memory of a
    caller who comes again and again: up to which event a reaction has seen all, so that it isn't asked in vain.
    """
    followed = 0
    settled = revisions.settled()
    newest = OutboxEvent.objects.filter(rev__lte=settled).aggregate(rev=Max("rev"))["rev"] or 0
    known = {} if caught_up is None else caught_up
    for reaction in reactions():
        if known.get(reaction.name, -1) >= newest:
            continue
        for _ in range(limit):
            try:
                step = _follow(reaction, settled)
                if step is _Step.NOTHING:
                    known[reaction.name] = newest
                if step is not _Step.FOLLOWED:
                    break
            except Exception as error:
                log.exception("reaction %s failed; it will be tried again", reaction.name)
                _note_failure(reaction, error)
                break
            followed += 1
    return followed


def failing_reactions() -> list[tuple[str, int, str]]:
    """Reactions that stand still: name, failures so far, kind of the last error."""
    failing = OutboxReader.objects.filter(failures__gt=0).order_by("name")
    return list(failing.values_list("name", "failures", "error"))
