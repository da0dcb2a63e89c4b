"""What delivery asks of a way out: hand over parcels, say what became of each."""

import enum
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol, Self

from tifo.delivery.types import ServiceReport


class Verdict(enum.Enum):
    """What became of a parcel."""

    ACCEPTED = "accepted"  # the other side took responsibility
    REFUSED = "refused"  # this parcel will never be taken
    DEFERRED = "deferred"  # surely not taken; may be tried again
    UNKNOWN = "unknown"  # the body left, the answer did not come
    FORBIDDEN = "forbidden"  # our own allow-list says no; nothing left this machine


class Slot(NamedTuple):
    """When a parcel may be handed over (seconds of `time.monotonic`; None: at any time), and of how many under way at
    once to each destination it is one: (destination, how many). Too late, it comes back as deferred at "pace"."""

    begins: float | None
    ends: float | None
    widths: tuple[tuple[str, int], ...] = ()


class Parcel(NamedTuple):
    """One message for one address. `content` is the whole message, headers and body, lines ending in CRLF.

    `wire_safe`: who built it vouches that each line end is a whole CRLF and no line begins with a dot; the
    transport looks through any other message itself.
    """

    key: int
    sender: str
    recipient: str
    content: bytes
    wire_safe: bool = False
    slot: Slot | None = None


class Outcome(NamedTuple):
    """A verdict and its evidence: the stage of the dialogue, the reply's code (0: no reply) and first line.

    Stages beside the dialogue's: connect (no server to be had), dropped (the server breaks off at this domain), slow
    (its answers keep us waiting), pace (its slot is over).
    """

    verdict: Verdict
    stage: str
    code: int = 0
    text: str = ""


class Flight(Protocol):
    """A window of parcels under way."""

    def done(self) -> bool:
        """Whether every parcel has its outcome."""
        ...

    def settled(self) -> list[tuple[int, Outcome]]:
        """Outcomes that came since this was asked last, each with its parcel's place."""
        ...

    def wait(self, seconds: float | None = None) -> list[Outcome]:
        """The outcomes, in the order of the parcels; raises TimeoutError when `seconds` are over."""
        ...


class Transport(Protocol):
    """A way out. It refuses addresses outside the allow-list by itself, whatever it is asked (S6)."""

    def allows(self, recipient: str) -> bool:
        """Whether the allow-list lets this address through."""
        ...

    def hand_over(self, parcels: Sequence[Parcel]) -> Flight:
        """Begin to hand over; returns at once. Parcels are handed over at most once each."""
        ...

    def stop(self) -> None:
        """Begin nothing more: parcels whose body has not begun come back as deferred."""
        ...

    def close(self) -> None:
        """Finish what is under way, say goodbye, free everything."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *error: object) -> None: ...


class OpenSession(NamedTuple):
    """A connection that the relay had not closed at the end of its log. `last_id`: the last Message-ID that came on it."""

    begun: datetime
    last_id: str
    last_at: datetime | None


class Heard(NamedTuple):
    """What a relay's log says. Nothing is missing from `since` to `until`. `taken`: Message-ID and evidence of those it
    took; `unclear`: of those it says something that decides nothing; of all others it knows nothing, or that it threw
    them away unfinished."""

    since: datetime | None
    until: datetime | None
    taken: Mapping[str, str]
    unclear: frozenset[str]
    sessions: Sequence[OpenSession]


class RelayLog(Protocol):
    """What the mail server of our own wrote down."""

    def read(self, wanted: Collection[str], since: datetime) -> Heard:
        """What it says of these Message-IDs, from `since` at the latest where it reaches back so far."""
        ...


class Mailbox(Protocol):
    """Where mails come back to. A mail is let go only when `take` returned: it may be handed to `take` again, and
    none is lost. One that `take` fails on stays, and ends the pass."""

    def receive(self, take: Callable[[bytes, str], None], until: Callable[[], bool]) -> int:
        """Hand each mail to `take(content, recipient)`, the recipient of the envelope or "" where it is not known; of
        a long mail its beginning is enough. Until there is none left, or, for one that listens, until `until()`. How
        many were taken. Raises Refused where the mails can't be had."""
        ...


class Posted(Protocol):
    """A request that a mail service posted, as Django has it."""

    @property
    def body(self) -> bytes:
        """What it holds."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """Its headers; capitals do not matter."""
        ...


class NotVouchedFor(Exception):  # noqa: N818  it names what is wrong
    """A request whose signature is missing, wrong or too old, or that says nothing we can read. `why`: forged, old or
    unreadable."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Webhook(Protocol):
    """Reads what a service posts."""

    def __call__(self, posted: Posted) -> Sequence[ServiceReport]:
        """The reports it holds, its signature checked; raises NotVouchedFor."""
        ...
