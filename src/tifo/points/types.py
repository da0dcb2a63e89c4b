"""What points give to others."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Currency = Literal["points", "status"]
CURRENCIES: tuple[Currency, ...] = ("points", "status")
"""points can be spent and expire; status only grows, and says which level she has."""

Kind = Literal["earn", "spend", "expire", "reverse", "forfeit"]
KINDS: tuple[Kind, ...] = ("earn", "spend", "expire", "reverse", "forfeit")


RESCORED = "rescored"
"""What a reversal is about that only makes room for another version of the rule."""


@dataclass(frozen=True)
class Rule:
    """What one kind of deed earns; never changed, another rate is another version.

    `points` and `status`: how many for each full `per` of `unit` (10 points per 1,000 metres: points=10, per=1000).
    `event_cap`, `day_cap`: the most points of one deed, and of one day (UTC); None: no bound.
    `life_days`: after so many days unspent points expire; None: never.
    """

    key: str
    unit: str
    points: int
    status: int = 0
    per: int = 1
    event_cap: int | None = None
    day_cap: int | None = None
    life_days: int | None = None


@dataclass(frozen=True)
class Earned:
    """What a deed brought. `capped`: a bound of the rule took some of it. `again`: it had been told before."""

    deed_id: int
    points: int
    status: int
    capped: bool
    again: bool


@dataclass(frozen=True)
class Balance:
    """What a fan has. `points` is below zero only after a reversal of points that she had spent."""

    points: int
    status: int


@dataclass(frozen=True)
class Way:
    """How far she is on the ladder: the level she has, the next one, and the status points it still takes."""

    level: "Level | None"
    next: "Level | None"
    missing: int


@dataclass(frozen=True)
class Line:
    """A line of a fan's history. `amount` is signed as she sees it; `about` names the deed, or what it was spent on.

    `effective_at`: when it counts from; `recorded_at`: when it was written.
    """

    transfer_id: int
    kind: Kind
    currency: Currency
    amount: int
    rule: str
    about: str
    note: str
    effective_at: datetime
    recorded_at: datetime
    expires_at: datetime | None
    reversed: bool


@dataclass(frozen=True)
class Level:
    """A step of the ladder: reached at `at_least` status points, lost only below `keeps_at` (not above it)."""

    rank: int
    key: str
    names: dict[str, str]
    at_least: int
    keeps_at: int

    def name(self, language: str) -> str:
        """Its name in `language`, else in English, else its key."""
        return (
            self.names.get(language)
            or self.names.get(language.split("-")[0])
            or self.names.get("en")
            or self.key
        )


Scope = Literal["all", "country", "age"]
SCOPES: tuple[Scope, ...] = ("all", "country", "age")
"""Among whom she stands: everybody on the boards, those of her country, those of her age."""


@dataclass(frozen=True)
class BadgeShown:
    """A badge, what it is for, and since when she has it (None: not yet)."""

    key: str
    name: str
    criteria: str
    given_at: datetime | None


@dataclass(frozen=True)
class BoardLine:
    """A place on a board; `name` is empty for who is not of age."""

    rank: int
    name: str
    country: str
    status: int
    hers: bool


@dataclass(frozen=True)
class BoardShown:
    """The first of a board, and her own place where she stands on it."""

    lines: tuple[BoardLine, ...]
    rank: int | None
    of: int
    stands: bool
    name: str
    band: tuple[int, int] | None
    country: str
