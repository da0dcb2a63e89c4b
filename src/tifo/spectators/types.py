"""The values that go in and out of this context."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, NamedTuple

STATUSES = ("valid", "transferred", "resold", "used", "cancelled")
"""What may become of a ticket. All but `cancelled` open a gate, or did."""


@dataclass(frozen=True, slots=True)
class Venue:
    """A place. `timezone` is an IANA name; all times at the venue are told in it."""

    code: str
    name: str
    timezone: str


@dataclass(frozen=True, slots=True)
class Session:
    """Something to see: moments are aware and in UTC, `local_day` is the day at the venue."""

    code: str
    sport: str
    sport_code: str
    programme: str
    gender: str
    medal_events: int
    venue: str
    venue_code: str
    timezone: str
    starts_at: datetime
    ends_at: datetime
    local_day: date


@dataclass(frozen=True, slots=True)
class Gate:
    """A way into a venue. `opens_at` is the clock time at the venue on each day of competition."""

    code: str
    venue_code: str
    name: str
    opens_at: time | None
    step_free: bool | None


class HeldTicket(NamedTuple):
    """A ticket and the session it is for, flat, as a block that repeats per ticket reads it.

    Empty text: the ticketing said nothing. `code` is the session's; moments are aware and in UTC.
    """

    ref: str
    category: str
    gate: str
    block: str
    row: str
    seat: str
    status: str
    code: str
    sport: str
    sport_code: str
    programme: str
    venue: str
    venue_code: str
    timezone: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Ticket:
    """One ticket as a fan's page shows it: she holds it, she bought it, or both. Cancelled ones too."""

    held: bool
    bought: bool
    ticket: HeldTicket


def gettext_noop(text: str) -> str:
    """Marks a sentence for translation where it is written; screens translate it where it is shown."""
    return text


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in a file that must be mended: where it stands, what is wrong, and the mend.

    `says` and `mend` are sentences with %(name)s places for `values`, so that a screen can translate them.
    """

    file: str
    line: int
    says: str
    mend: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def reason(self) -> str:
        """What is wrong, in English."""
        return self.says % self.values

    def __str__(self) -> str:
        place = f"{self.file}, line {self.line}" if self.line else self.file
        return f"{place}: {self.reason}" + (f" ({self.mend % self.values})" if self.mend else "")


@dataclass(slots=True)
class FileReport:
    """What became of the rows of one file."""

    read: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    repeated: int = 0
    """Rows that repeat a reference of the same file (tickets): of each the last one counts."""


@dataclass(slots=True)
class ImportReport:
    """What an import did, or would do (`dry_run`). `errors` holds the first ones; the counts hold all."""

    dry_run: bool = False
    applied: bool = False
    files: dict[str, FileReport] = field(default_factory=dict)
    errors: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    holders_known: int = 0
    """Tickets of tickets.csv whose holder is a fan we know."""
    holders_unknown: int = 0
    """Tickets of tickets.csv with a holder's address that no fan has, or with none."""
    rejects_file: str | None = None

    @property
    def rejected(self) -> int:
        """Rows that were not taken, over all files."""
        return sum(report.rejected for report in self.files.values())

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        errors = [
            asdict(problem) | {"reason": problem.reason, "sentence": str(problem)} for problem in self.errors
        ]
        return asdict(self) | {
            "rejected": self.rejected,
            "errors": errors,
            "warnings": [str(note) for note in self.warnings],
            "notes": [asdict(note) for note in self.warnings],
        }


@dataclass(frozen=True, slots=True)
class Upload:
    """A file to import: the name that people know it by, and where it lies."""

    name: str
    path: Path
