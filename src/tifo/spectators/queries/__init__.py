"""Every read of this context."""

from tifo.spectators.queries.programme import (
    Filters,
    Places,
    SessionCount,
    first_and_last,
    gates_of,
    house_zone,
    programme,
    programme_days,
    session,
    session_people,
    sessions,
    sports,
    venue_counts,
    venues,
)
from tifo.spectators.queries.runs import Run, import_run, import_runs
from tifo.spectators.queries.tickets import tickets_held, tickets_of

__all__ = [
    "Filters",
    "Places",
    "Run",
    "SessionCount",
    "first_and_last",
    "gates_of",
    "house_zone",
    "import_run",
    "import_runs",
    "programme",
    "programme_days",
    "session",
    "session_people",
    "sessions",
    "sports",
    "tickets_held",
    "tickets_of",
    "venue_counts",
    "venues",
]
