"""What an offer is, as its file or the studio says it, and what rewards give to others."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

FORMAT = "tifo-draw/1"
METHODS = ("draw", "ranking", "jury", "first-come", "window", "instant-win")
AT_ONCE = ("first-come", "window", "instant-win")
"""Methods that answer when she enters; the others rank everybody once entries have closed."""
INPUTS = ("points", "status")
"""What an entry's facts can be: her balances in points."""
OPERATORS = (">=", "<=", "==")
NO_STRATA = "all"
REVIEWED = ("duplicate", "automated", "against-rules")
"""Why a person takes an entry out before the freeze."""


class State(StrEnum):
    """Where an offer stands."""

    DRAFT = "draft"
    OPEN = "open"
    FROZEN = "frozen"
    DRAWN = "drawn"
    CLOSED = "closed"


class AwardState(StrEnum):
    """Where an award stands. `offered`: she has to claim it until its deadline."""

    OFFERED = "offered"
    CLAIMED = "claimed"
    FORFEITED = "forfeited"


@dataclass(frozen=True)
class Stratum:
    """A part of the entries with places of its own. Empty `genders` and `countries`: anybody; who fits several chooses."""

    key: str
    places: int
    names: Mapping[str, str] = field(default_factory=dict)
    genders: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()


@dataclass(frozen=True)
class Input:
    """A fact about an entry, published as the greatest of `bands` that is not above it."""

    key: str
    bands: tuple[int, ...]


@dataclass(frozen=True)
class Bound:
    """What an input has to be: `points >= 1000`."""

    key: str
    operator: str
    value: int

    def __str__(self) -> str:
        return f"{self.key} {self.operator} {self.value}"


@dataclass(frozen=True)
class More:
    """More tickets by an input: (at least, more) pairs, rising; the last one reached counts."""

    key: str
    steps: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Weights:
    """tickets = min(cap, 1 + what each input adds)."""

    cap: int
    add: tuple[More, ...]


@dataclass(frozen=True)
class Party:
    """Somebody who keeps a secret of 32 bytes; `commitment` is its SHA-256 in hexadecimal."""

    name: str
    commitment: str


@dataclass(frozen=True)
class Fallback:
    """What decides, declared beforehand, if the beacon's round can't be had `after` seconds past its time."""

    after: int
    parties: tuple[Party, ...]


@dataclass(frozen=True)
class Randomness:
    """Where the draw's randomness comes from: a round of drand, or secrets that parties committed to."""

    source: str = "drand"
    margin: int = 1800
    parties: tuple[Party, ...] = ()
    fallback: Fallback | None = None


@dataclass(frozen=True)
class OfferDefinition:
    """An offer, as its file says it. `age`: years that she must have at the claim; `claim_days`: 0 if nothing has to
    be claimed; `price`: points that an award costs, where the answer comes at once; `jurisdiction`: the country whose law it keeps
    to, empty where none is named."""

    name: str
    titles: Mapping[str, str]
    terms: Mapping[str, str]
    opens_at: datetime
    closes_at: datetime
    strata: tuple[Stratum, ...]
    method: str = "draw"
    leads: Mapping[str, str] = field(default_factory=dict)
    questions: Mapping[str, str] = field(default_factory=dict)
    criteria: tuple[str, ...] = ()
    cutoff_at: datetime | None = None
    audience: str = ""
    excluded: Mapping[str, str] = field(default_factory=dict)
    inputs: tuple[Input, ...] = ()
    eligible: tuple[Bound, ...] = ()
    weights: Weights | None = None
    randomness: Randomness = field(default_factory=Randomness)
    age: int = 0
    claim_days: int = 14
    price: int = 0
    jurisdiction: str = ""

    @property
    def places(self) -> int:
        return sum(stratum.places for stratum in self.strata)


@dataclass(frozen=True)
class OfferView:
    """An offer and where it stands."""

    name: str
    state: State
    definition: OfferDefinition
    version: int
    rules_hash: str
    entries: int = 0
    root: str = ""
    round: int | None = None
    drawable_at: datetime | None = None
    frozen_entries: int = 0


@dataclass(frozen=True)
class OpenOffer:
    """An offer on somebody's first page."""

    name: str
    title: str
    lead: str
    href: str
    closes_at: datetime
    points: int | None
    entered: bool


@dataclass(frozen=True)
class Why:
    """A bound that does not hold for her: what she had at the instant that counts, and what it takes."""

    key: str
    operator: str
    needed: int
    had: int
    at: datetime | None


@dataclass(frozen=True)
class Mine:
    """How an offer stands for one fan. `reason`: why her entry does not take part (a name; empty if it does);
    `why`: the bounds that she misses; `award`: its state, None without one."""

    entered: bool = False
    stratum: str = ""
    weight: int = 1
    reason: str = ""
    why: tuple[Why, ...] = ()
    rank: int | None = None
    of: int | None = None
    places: int = 0
    award: AwardState | None = None
    deadline: datetime | None = None
    code: str = ""
    receipt: bool = False


@dataclass(frozen=True)
class Doubt:
    """Fans to look at. `because`: "person" and "mailbox" (they may be one), or "hasty" (`most` deeds in a minute)."""

    because: str
    fan_ids: tuple[int, ...]
    most: int = 0


@dataclass(frozen=True)
class RuledOut:
    """An entry that a person took out."""

    fan_id: int
    reason: str


@dataclass(frozen=True)
class AwardView:
    """A place that was offered."""

    fan_id: int
    stratum: str
    rank: int
    state: AwardState
    deadline: datetime | None
    reason: str


@dataclass(frozen=True)
class Answer:
    """An answer for the jury; nobody is named."""

    entry_id: int
    text: str


@dataclass(frozen=True)
class StockView:
    """Where the places of a stratum are."""

    stratum: str
    initial: int
    available: int
    pending: int
    posted: int
