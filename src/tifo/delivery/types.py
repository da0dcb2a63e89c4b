"""Values that cross the door of delivery."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, Protocol

from tifo.kernel.public import Refused


class TrackedLink(Protocol):
    """What delivery needs to know of a link of a composition (content's Link fits)."""

    @property
    def index(self) -> int:
        """Its number in the mailing."""
        ...

    @property
    def url(self) -> str:
        """Where it leads."""
        ...

    @property
    def block(self) -> str:
        """The block that holds it."""
        ...

    @property
    def language(self) -> str:
        """The language of the text that holds it."""
        ...

    @property
    def topics(self) -> Sequence[str]:
        """What a click on it says of tastes."""
        ...


@dataclass(frozen=True, slots=True)
class Link:
    """A registered link of a mailing."""

    index: int
    url: str
    block: str = ""
    language: str = ""
    topics: tuple[str, ...] = ()


@dataclass(frozen=True)
class MailingInfo:
    """A mailing as it is now. `state`: open, paused or cancelled."""

    id: int
    label: str
    occurrence: str
    purpose: str
    legal_class: str
    channel: str
    sender: str
    state: str
    opened_at: datetime


@dataclass(frozen=True)
class Entered:
    """What entering a chunk left in the ledger, counted over the whole chunk."""

    planned: int
    suppressed: Mapping[str, int]


class Claimed(NamedTuple):
    """A message that its claimer may weave now. `email` is the address as it is now; `pixel` says whether an
    invisible picture may be laid (its token names the message only with her consent to tracking)."""

    message_id: int
    fan_id: int
    composed: int
    language: str
    variant: str
    attempt: int
    owner: str
    email: str
    destination_key: bytes
    first_name: str
    last_name: str
    fan_language: str
    country: str
    timezone: str
    link_token: str
    unsubscribe_token: str
    pixel: bool


class Woven(Protocol):
    """A finished text (content's Woven fits): subject encoded for a header, content = MIME headers and body."""

    @property
    def subject(self) -> bytes:
        """The value of the Subject header, encoded."""
        ...

    @property
    def content(self) -> bytes:
        """From Content-Type on, lines ending in CRLF."""
        ...

    @property
    def wire_safe(self) -> bool:
        """Whether each line end in `content` is a whole CRLF, and no line begins with a dot."""
        ...


@dataclass(frozen=True)
class CrossingReport:
    """What became of the messages of one or more windows. `planned`: back to be tried later."""

    accepted: int = 0
    refused: int = 0
    unknown: int = 0
    planned: int = 0
    cancelled: int = 0
    expired: int = 0
    suppressed: Mapping[str, int] = field(default_factory=dict)
    unreachable: str = ""  # why no mail server could be reached, where none could

    def plus(self, other: "CrossingReport") -> "CrossingReport":
        """Both together."""
        reasons = dict(self.suppressed)
        for reason, count in other.suppressed.items():
            reasons[reason] = reasons.get(reason, 0) + count
        return CrossingReport(
            self.accepted + other.accepted,
            self.refused + other.refused,
            self.unknown + other.unknown,
            self.planned + other.planned,
            self.cancelled + other.cancelled,
            self.expired + other.expired,
            reasons,
            self.unreachable or other.unreachable,
        )


@dataclass(frozen=True)
class Counts:
    """A mailing's ledger: prepared is always the sum of the others, suppressed by reason (M12)."""

    prepared: int
    planned: int
    claimed: int
    committing: int
    accepted: int
    refused: int
    unknown: int
    suppressed: Mapping[str, int]
    expired: int
    cancelled: int

    @property
    def open(self) -> int:
        """Those that still move."""
        return self.planned + self.claimed + self.committing


@dataclass(frozen=True)
class SentMessage:
    """A line of what was sent to a fan, newest first. `occurrence` tells repetitions of one label apart."""

    message_id: int
    mailing_id: int
    label: str
    occurrence: str
    purpose: str
    channel: str
    state: str
    reason: str
    at: datetime
    language: str
    variant: str
    unsubscribed_at: datetime | None


@dataclass(frozen=True)
class Named:
    """Whom a token of a message names."""

    mailing_id: int
    message_id: int
    fan_id: int
    purpose: str
    label: str


class SendingStopped(Refused):
    """Nothing may be sent from here now: another copy of the base may be sending, or a promise was found broken."""
