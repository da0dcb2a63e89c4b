"""The figures of the house, each with its denominator."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from tifo.campaigns.public import OccurrenceView, Progress
from tifo.delivery.public import Returned


@dataclass(frozen=True)
class Span:
    """A count that can't be known exactly: `certain` people did it, at most `all` did; of `of`."""

    certain: int
    all: int
    of: int

    @property
    def certain_rate(self) -> float:
        """The lower bound as a share, 0 where nobody counts."""
        return self.certain / self.of if self.of else 0.0

    @property
    def all_rate(self) -> float:
        """The upper bound as a share, 0 where nobody counts."""
        return self.all / self.of if self.of else 0.0


@dataclass(frozen=True)
class Part:
    """A line of a breakdown: how many messages were accepted there, opened and clicked."""

    name: str
    planned: int
    accepted: int
    opened: Span
    clicked: Span
    unsubscribed: int


@dataclass(frozen=True)
class BlockFigures:
    """A block: how many accepted messages showed it, and in how many a link of it was followed."""

    slot: str
    block: str
    shown: int
    clicked: Span


@dataclass(frozen=True)
class CampaignReport:
    """What became of a sending. Opens and clicks are true as of `as_of`, the ledger's sums as of now."""

    occurrence: OccurrenceView
    progress: Progress
    as_of: datetime | None
    opened: Span
    clicked: Span
    tracked: int  # accepted messages whose reader allows tracking: only these can be named
    unsubscribed: int
    returned: Returned
    by_language: tuple[Part, ...] = ()
    by_country: tuple[Part, ...] = ()
    by_variant: tuple[Part, ...] = ()
    by_block: tuple[BlockFigures, ...] = ()
    by_hour: tuple[tuple[datetime, int, int], ...] = ()  # hour (UTC), certain opens, clicks

    @property
    def delivered(self) -> int:
        """Messages that a mail server took and that did not come back."""
        return self.progress.accepted - self.returned.came_back


@dataclass(frozen=True)
class Growth:
    """The base over time: per source how many there were at the end of each month (named by its first day);
    and how many members there are."""

    months: tuple[date, ...]
    by_source: Mapping[str, tuple[int, ...]]
    fans: int
    fans_this_week: int
    members: int
    members_this_week: int
    as_of: datetime | None


@dataclass(frozen=True)
class Club:
    """Members, and how many of them there are by language, by what they like and by what they agreed to."""

    members: int
    members_this_week: int
    ticket_holders: int
    by_language: Mapping[str, int]
    by_topic: Mapping[str, int]
    by_purpose: Mapping[str, int]
    as_of: datetime | None


@dataclass(frozen=True)
class Need:
    """Something that waits for a person."""

    text: str
    href: str
    signal: str
