"""What a session and the pool that owns it speak about: parcels on their way, patience, verdicts."""

from dataclasses import dataclass
from typing import Any

from tifo.delivery.adapters.smtp.replies import Reply, Rubbish
from tifo.delivery.ports import Outcome, Parcel, Verdict

# These say that we and the server misunderstand each other, not that this message is bad.
SESSION_CODES = frozenset({500, 502, 503, 504, 521, 530, 534, 535, 538})


@dataclass(frozen=True)
class Patience:
    """Seconds that we wait: for a connection, for a reply, for the reply that ends a message, before idling ends;
    `slow`: until a reply is late, so that others go round it."""

    connect: float = 15
    reply: float = 60
    final: float = 300
    idle: float = 20
    slow: float = 3


class NoService(Exception):  # noqa: N818  it names what happened
    """The server can't be used now; the message says why."""


class Job:
    """A parcel on its way through the pool."""

    __slots__ = ("begun", "counted", "end", "failure", "parcel", "place", "slow", "tries")

    def __init__(self, place: tuple[Any, int], parcel: Parcel) -> None:
        self.place = place
        self.parcel = parcel
        self.failure: Outcome | None = None
        self.begun = False
        self.end = 0  # how many bytes the connection has written when the last one of this message is
        self.tries = 0  # connections that broke at this parcel
        self.counted = False  # it is one of those under way to its destination
        self.slow = False  # it goes alone on its connection

    @property
    def domain(self) -> str:
        """Where it goes."""
        return self.parcel.recipient.rpartition("@")[2].lower()


def verdict_of(reply: Reply, stage: str) -> Outcome:
    """What a reply that ends a message means for it."""
    if reply.code < 300:
        return Outcome(Verdict.ACCEPTED, stage, reply.code, reply.text)
    if reply.code < 400:
        raise Rubbish("a code that can't be here")
    lasting = reply.code >= 500 and reply.code not in SESSION_CODES
    return Outcome(Verdict.REFUSED if lasting else Verdict.DEFERRED, stage, reply.code, reply.text)
