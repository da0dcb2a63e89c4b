"""The values of campaigns."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal

from tifo.audiences.public import Reason
from tifo.content.public import Composition, Problem
from tifo.kernel.public import Refused, marked

CampaignFileError = marked.MarkedError
"""A campaign file that can't be read; `line` and `column` count from 1."""


class StaleEdit(Refused):
    """Somebody changed the campaign since this person looked at it."""


@dataclass(frozen=True)
class Ramp:
    """How a sending leaves. `steps`: the shares in per cent, rising, of all that have left after each step; the rest
    is one more. No steps: all of it leaves at once. `watch`: minutes that each is watched before the next leaves."""

    steps: tuple[float, ...] = ()
    watch: int = 0


NO_RAMP = Ramp()


@dataclass(frozen=True)
class CampaignDefinition:
    """All that a campaign file says: who gets it, by which right, and what it is made of. Without `ramp` the house's
    rule holds."""

    name: str
    purpose: str
    audience: str
    composition: Composition
    ramp: Ramp | None = None


class Stage(StrEnum):
    """Where an occurrence stands. Ended ones never move again, but for a finished one some of
    whose messages turned out as never handed over."""

    PLANNING = "planning"
    AWAITING_APPROVAL = "awaiting-approval"
    SCHEDULED = "scheduled"
    MISSED = "missed"  # its start passed its grace window; a person must start it
    SENDING = "sending"
    PAUSED = "paused"
    HALTED = (
        "halted"  # by itself: too many complained, or too much came back; who may approve says how it goes on
    )
    CANCELLED = "cancelled"
    FINISHED = "finished"
    FAILED = "failed"  # it could not be planned; nothing was sent

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to it."""
        return self in (Stage.CANCELLED, Stage.FINISHED, Stage.FAILED)


@dataclass(frozen=True)
class Timing:
    """When the messages are due. `at`: the moment (None: at once); with `own_zone` its wall time (in UTC's
    reading of `at`) counts in each fan's own time zone. `zone`: the zone in which people wrote it, for showing."""

    at: datetime | None = None
    own_zone: bool = False
    zone: str = ""


@dataclass(frozen=True)
class CampaignView:
    """A campaign as lists and pages show it."""

    name: str
    purpose: str
    definition: CampaignDefinition
    fingerprint: str
    changed_at: datetime
    changed_by: str
    timing: Timing = Timing()
    occurrences: tuple["OccurrenceView", ...] = ()


@dataclass(frozen=True)
class OccurrenceView:
    """One sending of a campaign."""

    id: int
    campaign: str
    number: int
    stage: Stage
    fingerprint: str
    audience_count: int
    audience_hash: str
    timing: Timing
    starts_at: datetime | None
    ends_at: datetime | None
    created_at: datetime
    created_by: str
    started_by: int | None
    approved_by: str
    approved_at: datetime | None
    finished_at: datetime | None
    mailing_id: int | None
    error: str


@dataclass(frozen=True)
class Progress:
    """How far a sending is: at every instant planned = accepted + refused + unknown + suppressed + expired
    + cancelled + open (M12)."""

    stage: Stage
    planned: int
    accepted: int = 0
    refused: int = 0
    unknown: int = 0
    suppressed: Mapping[str, int] = field(default_factory=dict)
    expired: int = 0
    cancelled: int = 0
    open: int = 0

    @property
    def suppressed_total(self) -> int:
        """Messages that were not sent for a reason known beforehand."""
        return sum(self.suppressed.values())

    @property
    def settled(self) -> int:
        """Messages with nothing more to do."""
        return self.planned - self.open


@dataclass(frozen=True)
class Rate:
    """One thing that a sending is watched for: so many of so many, the bounds of the true rate, and the limit that
    the lower one must not pass."""

    signal: str
    count: int
    of: int
    low: float
    high: float
    limit: float

    @property
    def too_high(self) -> bool:
        """Whether the rate is over the limit beyond doubt."""
        return self.low > self.limit


@dataclass(frozen=True)
class StepView:
    """A step of a sending: how many fans, when it was let go, and until when it is watched (once it has left)."""

    number: int
    rows: int
    released_at: datetime | None
    watched_until: datetime | None


@dataclass(frozen=True)
class RampForeseen:
    """How many fans each step would have (none: all at once), the minutes between, and whether it would be watched."""

    sizes: tuple[int, ...]
    watch: int
    watched: bool


@dataclass(frozen=True)
class Watched:
    """A sending that is watched: its steps (none: it leaves at once), its rates, and why it halted if it did."""

    steps: tuple[StepView, ...]
    step: int
    rates: tuple[Rate, ...]
    halted_at: datetime | None
    halted_for: tuple[Rate, ...]

    @property
    def watched_until(self) -> datetime | None:
        """Until when the step that left last is watched; None where it has not left, or nothing comes after it."""
        here = next((step for step in self.steps if step.number == self.step), None)
        return here.watched_until if here and self.step + 1 < len(self.steps) else None


@dataclass(frozen=True)
class CheckResult:
    """What was found before sending: errors stop it, warnings can be passed knowingly."""

    problems: tuple[Problem, ...]
    audience_count: int | None

    def of(self, level: Literal["error", "warning"]) -> tuple[Problem, ...]:
        """The problems of one level."""
        return tuple(problem for problem in self.problems if problem.level == level)


@dataclass(frozen=True)
class Foresight:
    """Who would get a campaign now: the audience, and who in it gets nothing for a reason known beforehand."""

    audience: int
    no_address: int
    no_consent: int
    as_of: datetime

    @property
    def kept_out(self) -> int:
        """Fans of the audience who get nothing."""
        return self.no_address + self.no_consent

    @property
    def recipients(self) -> int:
        """Fans who get it."""
        return self.audience - self.kept_out


@dataclass(frozen=True)
class Span:
    """From the first due moment to the last, each with a zone in which it falls; `zones`: how many there are.

    `at_once`: fans for whom the hour has passed already, so that they get it as soon as it begins.
    """

    first: datetime
    last: datetime
    first_zone: str
    last_zone: str
    zones: int
    at_once: int


@dataclass(frozen=True)
class CandidateReason:
    """A block of a slot for one fan: whether it is what she gets, whether it fits, how much she likes its topics
    (None where the slot does not rank), and the parts of its question (None where it asks nothing)."""

    block: str
    shown: bool
    fits: bool
    liked: float | None
    reason: Reason | None


@dataclass(frozen=True)
class SlotReason:
    """Why a slot shows a fan what it shows. `tickets`: how many she holds, where it is repeated per ticket."""

    slot: str
    shown: str | None
    ranked: bool
    tickets: int | None
    candidates: tuple[CandidateReason, ...]
