"""Values that cross the door of delivery."""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, Protocol

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


@dataclass
class Held:
    """Messages that entered the ledger as claimed by `owner`, to be woven without a claim of their own.

    `rows`: what `claim` hands out from here. `until`: when the first of them expires.
    """

    owner: str
    rows: deque[tuple[Any, ...]]
    until: datetime | None = None


@dataclass(frozen=True)
class Entered:
    """What entering a chunk left in the ledger, counted over the whole chunk; `held`: what is the enterer's at once."""

    planned: int
    suppressed: Mapping[str, int]
    held: Held


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
class FeedbackLine:
    """What came back about one message of a fan's. `kind`: hard, soft, blocked, complaint or stop; `diagnostic`: the
    other side's words, without addresses."""

    mailing_id: int | None
    message_id: int | None
    kind: str
    status: str
    diagnostic: str
    source: str
    at: datetime


@dataclass(frozen=True)
class ServiceReport:
    """What a mail service says of a message, under a signature of its own. `kind` as in FeedbackLine, or one without
    effect: delayed, unclear. `message`: the Message-ID, X-Tifo-Key or return path, where it knows it."""

    kind: str
    identity: str  # the same for the same report
    message: str
    recipient: str
    status: str
    diagnostic: str


@dataclass(frozen=True)
class Returned:
    """What came back of a mailing, in messages. `hard`: the address is gone (refusals in the dialogue too);
    `soft`: not now; `blocked`: not us, or not this text; `complaints`: called spam; `stops`: wrote STOP."""

    hard: int = 0
    soft: int = 0
    blocked: int = 0
    complaints: int = 0
    stops: int = 0
    came_back: int = 0  # of those that a mail server had taken

    @property
    def bounced(self) -> int:
        """All that bounced, of whatever kind."""
        return self.hard + self.soft + self.blocked


@dataclass(frozen=True)
class Named:
    """Whom a token of a message names."""

    mailing_id: int
    message_id: int
    fan_id: int
    purpose: str
    label: str


@dataclass(frozen=True)
class PlaceInfo:
    """A host and folder that sends from this base or asks to. `state`: sending, stopped or asking; `why` it asks."""

    host: str
    folder: str
    state: str
    why: str
    windows: int
    since: datetime
    seen_at: datetime
    alive: bool


@dataclass(frozen=True)
class Awaited:
    """Hosts that find no mail server, when the first of them asks again, and whether other places send meanwhile."""

    hosts: tuple[str, ...]
    again: datetime
    others_send: bool


@dataclass(frozen=True)
class SendingState:
    """Whether this base sends. `number` 0: nothing was ever sent. `alarm`: why nothing is sent, where that is so.
    `kind`: behind or audit; `findings`: what the check found."""

    number: int = 0
    raised_at: datetime | None = None
    raised_by: int | None = None
    stopped_at: datetime | None = None
    kind: str = ""
    findings: tuple[Mapping[str, Any], ...] = ()
    audited_at: datetime | None = None
    places: tuple[PlaceInfo, ...] = ()
    alarm: str = ""


class Waiting(NamedTuple):
    """A mailing and how many of its messages are still to leave."""

    label: str
    messages: int


class Doubt(NamedTuple):
    """A message that the relay may have or not."""

    message_id: int
    mailing_id: int
    label: str
    fan_id: int
    reason: str
    since: datetime


class SettledDoubts(NamedTuple):
    """What a look at the relay's log settled, and what still rests."""

    accepted: int
    planned: int
    left: int


class SendingStopped(Refused):
    """Nothing may be sent from here now: another copy of the base may be sending, or a promise was found broken."""


@dataclass(frozen=True)
class Resting:
    """A destination that is left alone for a while, why, and how many times in a row."""

    name: str
    until: datetime
    says: str
    times: int
