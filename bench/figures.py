"""A line of the table."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Aim:
    """What is wanted of a figure, in words, and whether it is so."""

    words: str
    holds: bool


@dataclass(frozen=True)
class Figure:
    """`limit`: the same figure of the thing that bounds it, measured in the same run; `megabytes`: peak memory;
    `seconds` and `disk_megabytes`: how long the step took that it is of, all around it included, and what the base took
    on the disk after it."""

    step: str
    fans: int
    figure: float
    unit: str
    limit: float | None = None
    limit_name: str = ""
    megabytes: float | None = None
    aim: Aim | None = None
    seconds: float | None = None
    disk_megabytes: float | None = None

    @property
    def ratio(self) -> float | None:
        """The figure as a part of the limit."""
        return self.figure / self.limit if self.limit else None

    def plain(self) -> dict[str, Any]:
        """As last.json keeps it."""
        known = asdict(self)
        known["aim"] = self.aim.words if self.aim else ""
        known["holds"] = self.aim.holds if self.aim else None
        return {**known, "ratio": self.ratio}


Say = Callable[[Figure], None]


def at_least(limit: float, figure: float, words: str) -> Aim:
    """The more the better."""
    return Aim(words, figure >= limit)


def at_most(limit: float, figure: float, words: str) -> Aim:
    """The less the better."""
    return Aim(words, figure <= limit)
