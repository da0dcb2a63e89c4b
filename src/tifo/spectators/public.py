"""The door of spectators."""

from tifo.spectators.actions import FILES, forget_fan, import_files, import_programme, link_fans
from tifo.spectators.events import TicketsChanged
from tifo.spectators.queries import (
    first_and_last,
    gates_of,
    house_zone,
    session,
    sessions,
    sports,
    tickets_held,
    tickets_of,
    venues,
)
from tifo.spectators.types import (
    STATUSES,
    FileReport,
    Gate,
    HeldTicket,
    ImportReport,
    Problem,
    Session,
    Ticket,
    Upload,
    Venue,
)

__all__ = [
    "FILES",
    "STATUSES",
    "FileReport",
    "Gate",
    "HeldTicket",
    "ImportReport",
    "Problem",
    "Session",
    "Ticket",
    "TicketsChanged",
    "Upload",
    "Venue",
    "first_and_last",
    "forget_fan",
    "gates_of",
    "house_zone",
    "import_files",
    "import_programme",
    "link_fans",
    "session",
    "sessions",
    "sports",
    "tickets_held",
    "tickets_of",
    "venues",
]
