"""The values that go in and out of content."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

BlockKind = Literal["markdown", "mjml"]
ReviewState = Literal["draft", "reviewed"]


@dataclass(frozen=True, slots=True)
class Block:
    """A text in any number of languages, shown to the fans that `when` (an audience expression) fits.

    `fallback` is the language for fans whose own is missing; None: the composition's. `topics` are what a click
    in this block says about a fan's taste.
    """

    name: str
    kind: BlockKind
    texts: Mapping[str, str] = field(hash=False)
    when: str | None = None
    topics: tuple[str, ...] = ()
    fallback: str | None = None
    state: ReviewState = "draft"


@dataclass(frozen=True, slots=True)
class Slot:
    """A place of the message: the first candidate that fits is shown; `ranked`: the one she likes most.

    `repeat="tickets"` lays the block once per ticket of the fan.
    """

    name: str
    candidates: tuple[str, ...]
    repeat: Literal["tickets"] | None = None
    ranked: bool = False


@dataclass(frozen=True, slots=True)
class Composition:
    """What is said: a subject, ordered slots and their blocks. `fallback` must be a language of the subject."""

    subject: Mapping[str, str] = field(hash=False)
    slots: tuple[Slot, ...]
    blocks: tuple[Block, ...]
    fallback: str
    preheader: Mapping[str, str] = field(default_factory=dict, hash=False)

    def block(self, name: str) -> Block | None:
        """The block of this name, or None."""
        return next((block for block in self.blocks if block.name == name), None)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something about a composition: an error stops it, a warning can be passed knowingly.

    `line` (from 1) and `language` where it is about a line of a block's text.
    """

    level: Literal["error", "warning"]
    place: str
    text: str
    mend: str
    line: int = 0
    language: str = ""

    def __str__(self) -> str:
        return f"{self.place}: {self.text}; {self.mend}"


@dataclass(frozen=True, slots=True)
class Link:
    """A link of a composition; `index` is its number in tracked addresses."""

    index: int
    url: str
    block: str
    language: str
    topics: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MailingLook:
    """Who writes and where she is led. An empty `track_url` leaves the links as they are and shows no pixel.

    `why`: per language, the sentence of the footer that says why she gets this; missing: the house's own.
    `sports`: names of a sport of the programme per language; missing: as in the programme.
    """

    sender_name: str
    postal_address: str
    public_url: str
    track_url: str
    event_name: str
    accent: str
    why: Mapping[str, str] = field(default_factory=dict, hash=False)
    sports: Mapping[str, Mapping[str, str]] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Combination:
    """What many fans share: the served language, the variant, the chosen block of each slot (None: nothing)."""

    language: str
    variant: str
    blocks: tuple[str | None, ...]


class TicketHeld(Protocol):
    """What a repeated block reads of a ticket and its session."""

    @property
    def ref(self) -> str: ...
    @property
    def category(self) -> str | None: ...
    @property
    def gate(self) -> str | None: ...
    @property
    def block(self) -> str | None: ...
    @property
    def row(self) -> str | None: ...
    @property
    def seat(self) -> str | None: ...
    @property
    def code(self) -> str: ...
    @property
    def sport(self) -> str: ...
    @property
    def programme(self) -> str: ...
    @property
    def venue(self) -> str: ...
    @property
    def timezone(self) -> str: ...
    @property
    def starts_at(self) -> datetime: ...
    @property
    def ends_at(self) -> datetime | None: ...


@dataclass(frozen=True, slots=True)
class Personal:
    """What is hers alone. `fan` has first_name, last_name, country; the tokens are URL-safe."""

    fan: Mapping[str, object]
    tickets: Sequence[TicketHeld]
    link_token: str
    pixel: bool
    unsubscribe_token: str


@dataclass(frozen=True, slots=True)
class Woven:
    """A message: the value of its Subject header (folded), and its MIME headers and body (CRLF, ASCII).

    `wire_safe`: made of pieces none of which can break a line or begin one with a dot.
    """

    subject: bytes
    content: bytes
    wire_safe: bool = False


@dataclass(frozen=True, slots=True)
class Previewed:
    """A woven message as its reader's mail program decodes it. `size` in bytes as handed over."""

    subject: str
    html: str
    text: str
    size: int


@dataclass(frozen=True, slots=True)
class FanChoice:
    """A fan to see a message as. `holds`: whether she holds a ticket, None where it was not asked."""

    fan_id: int
    name: str
    language: str
    holds: bool | None


@dataclass(frozen=True, slots=True)
class SlotChoice:
    """A lake expression over the fan: the name of the block that `slot` shows her, or NULL."""

    slot: str
    sql: str
    params: Mapping[str, object] = field(hash=False)


@dataclass(frozen=True, slots=True)
class Share:
    """How many fans of one language get one block in one slot. block None: nothing; served: language of the text.

    `why` says it for those who get nothing; `examples` are up to three of the fans.
    """

    slot: str
    block: str | None
    language: str
    served: str
    fans: int
    why: str = ""
    examples: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Coverage:
    """Who gets what: counts over the whole audience, at the moment the lake was read."""

    fans: int
    as_of: datetime
    shares: tuple[Share, ...]
    combinations: int

    def of(self, slot: str, block: str | None) -> int:
        """Fans who get `block` in `slot`."""
        return sum(share.fans for share in self.shares if (share.slot, share.block) == (slot, block))

    def empty(self, slot: str) -> int:
        """Fans for whom `slot` stays empty."""
        return self.of(slot, None)

    @property
    def by_fallback(self) -> int:
        """Largest number of fans that one slot serves in another language than their own."""
        counts: dict[str, int] = {}
        for share in self.shares:
            if share.block and share.served.split("-")[0] != share.language.split("-")[0]:
                counts[share.slot] = counts.get(share.slot, 0) + share.fans
        return max(counts.values(), default=0)


@dataclass(frozen=True, slots=True)
class StoredText:
    """One language of a stored block and who reviewed it."""

    language: str
    source: str
    reviewed_by: str
    reviewed_at: datetime | None


@dataclass(frozen=True, slots=True)
class StoredBlock:
    """A block of the library with what is known about its making."""

    collection: str
    block: Block
    version: int
    changed_at: datetime
    changed_by: str
    texts: tuple[StoredText, ...]


@dataclass(frozen=True, slots=True)
class BlockVersion:
    """An earlier state of a block."""

    version: int
    block: Block
    saved_at: datetime
    saved_by: str
