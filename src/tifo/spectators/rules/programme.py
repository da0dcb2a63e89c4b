"""What a row of venues.csv, sessions.csv or gates.csv must say."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo, available_timezones

from tifo.spectators.types import Problem, gettext_noop

VENUE_COLUMNS = ("venue_code", "name", "timezone", "sports")
VENUE_REQUIRED = ("venue_code", "name", "timezone")
SESSION_COLUMNS = (
    "session_code", "sport", "sport_code", "venue_code", "starts_at", "ends_at", "medal_events", "gender", "programme",
)  # fmt: skip
SESSION_REQUIRED = ("session_code", "sport", "venue_code", "starts_at", "ends_at")
GATE_COLUMNS = ("gate_code", "venue_code", "name", "opens_at", "step_free")
GATE_REQUIRED = ("gate_code", "venue_code")

CODE_LENGTH = 32
SESSION_CODE_LENGTH = 64
NAME_LENGTH = 200
SPORT_LENGTH = 100

Cells = Mapping[str, str]
"""The cells of a row by column, trimmed; a column that the file lacks is empty."""


class Wrong(Exception):  # noqa: N818  what it names stands in a row
    """A cell can't be taken."""

    def __init__(self, says: str, mend: str = "", **values: object) -> None:
        super().__init__(says % values)
        self.says, self.mend, self.values = says, mend, values

    def problem(self, file: str, line: int) -> Problem:
        """The same, with its place."""
        return Problem(file, line, self.says, self.mend, self.values)


@dataclass(frozen=True, slots=True)
class VenueRow:
    """A row of venues.csv. Its `sports` are known from the sessions, so they are not kept."""

    code: str
    name: str
    timezone: str


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A row of sessions.csv, moments in UTC."""

    code: str
    venue_code: str
    sport: str
    sport_code: str
    programme: str
    gender: str
    medal_events: int
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class GateRow:
    """A row of gates.csv."""

    code: str
    venue_code: str
    name: str
    opens_at: time | None
    step_free: bool | None


def _text(cells: Cells, column: str, most: int, *, needed: bool = True) -> str:
    value = cells[column]
    if needed and not value:
        raise Wrong(gettext_noop("%(column)s is empty"), gettext_noop("write it"), column=column)
    if len(value) > most:
        raise Wrong(
            gettext_noop("%(column)s is longer than %(most)s characters"),
            gettext_noop("shorten it"),
            column=column,
            most=most,
        )
    return value


def read_venue(cells: Cells) -> VenueRow:
    """Raises Wrong."""
    zone = _text(cells, "timezone", 64)
    if zone not in available_timezones():
        raise Wrong(
            gettext_noop("%(zone)s is not a time zone"),
            gettext_noop("write an IANA name such as Europe/Paris"),
            zone=zone,
        )
    return VenueRow(_text(cells, "venue_code", CODE_LENGTH), _text(cells, "name", NAME_LENGTH), zone)


def _moment(cells: Cells, column: str, zone: str) -> datetime:
    """A moment with its offset, or as the clock at the venue shows it."""
    text = _text(cells, column, 40)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise Wrong(
            gettext_noop("%(column)s %(text)s is not a moment"),
            gettext_noop("write it like 2024-07-24T15:00:00+02:00"),
            column=column,
            text=text,
        ) from error
    if moment.tzinfo is not None:
        return moment.astimezone(UTC)
    local = moment.replace(tzinfo=ZoneInfo(zone))
    if local.utcoffset() != local.replace(fold=1).utcoffset():
        raise Wrong(
            gettext_noop("the clock in %(zone)s shows %(text)s twice or never"),
            gettext_noop("add the offset, like 2024-07-24T15:00:00+02:00"),
            zone=zone,
            text=text,
        )
    return local.astimezone(UTC)


def _whole_number(cells: Cells, column: str) -> int:
    text = cells[column]
    if not text:
        return 0
    if not (text.isascii() and text.isdigit() and len(text) < 6):
        raise Wrong(
            gettext_noop("%(column)s %(text)s is not a whole number"),
            gettext_noop("write 0 where there is none"),
            column=column,
            text=text[:20],
        )
    return int(text)


def read_session(cells: Cells, zone_of: Callable[[str], str | None]) -> SessionRow:
    """Raises Wrong. `zone_of` gives the zone of a venue, None where there is no such venue."""
    code = _text(cells, "session_code", SESSION_CODE_LENGTH)
    venue = _text(cells, "venue_code", CODE_LENGTH)
    zone = zone_of(venue)
    if zone is None:
        raise Wrong(
            gettext_noop("no venue has the code %(code)s"),
            gettext_noop("add it to venues.csv, or correct the code"),
            code=venue,
        )
    sport = _text(cells, "sport", SPORT_LENGTH)
    starts_at, ends_at = _moment(cells, "starts_at", zone), _moment(cells, "ends_at", zone)
    if ends_at <= starts_at:
        raise Wrong(
            gettext_noop("it ends at %(ends)s, before it starts at %(starts)s"),
            gettext_noop("correct one of them"),
            starts=cells["starts_at"],
            ends=cells["ends_at"],
        )
    return SessionRow(
        code,
        venue,
        sport,
        _text(cells, "sport_code", CODE_LENGTH, needed=False) or sport[:CODE_LENGTH],
        cells["programme"],
        _text(cells, "gender", CODE_LENGTH, needed=False),
        _whole_number(cells, "medal_events"),
        starts_at,
        ends_at,
    )


YES, NO = ("yes", "true", "1", "y"), ("no", "false", "0", "n")


def read_gate(cells: Cells, zone_of: Callable[[str], str | None]) -> GateRow:
    """Raises Wrong."""
    code = _text(cells, "gate_code", CODE_LENGTH)
    venue = _text(cells, "venue_code", CODE_LENGTH)
    if zone_of(venue) is None:
        raise Wrong(
            gettext_noop("no venue has the code %(code)s"),
            gettext_noop("add it to venues.csv, or correct the code"),
            code=venue,
        )
    opens_at = None
    if text := cells["opens_at"]:
        try:
            opens_at = time.fromisoformat(text.zfill(5))
        except ValueError:
            opens_at = None
        if opens_at is None or opens_at.tzinfo is not None:
            raise Wrong(
                gettext_noop("opens_at %(text)s is not a time of the day"),
                gettext_noop("write the clock time at the venue, like 07:30"),
                text=text[:20],
            )
    word = cells["step_free"].lower()
    if word and word not in YES + NO:
        raise Wrong(
            gettext_noop("step_free %(text)s is neither yes nor no"),
            gettext_noop("write yes or no"),
            text=word[:20],
        )
    return GateRow(
        code,
        venue,
        _text(cells, "name", NAME_LENGTH, needed=False),
        opens_at,
        (word in YES) if word else None,
    )
