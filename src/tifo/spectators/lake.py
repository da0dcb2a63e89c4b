"""What spectators gives to the lake: sessions and tickets, and the words about them."""

from collections.abc import Collection

from tifo.lake.public import NOW, Argument, Choice, Column, Kind, LakeTable, Relation, declare, publish_table
from tifo.spectators.models import Session, Venue

SESSION = publish_table(
    LakeTable(
        name="session",
        key=("session_id",),
        columns=(
            Column("session_id", Kind.NUMBER, integer=True),
            Column("session_code", Kind.TEXT),
            Column("venue_code", Kind.TEXT),
            Column("sport", Kind.TEXT),
            Column("sport_code", Kind.TEXT),
            Column("starts_at", Kind.MOMENT),
            Column("ends_at", Kind.MOMENT),
            Column("local_day", Kind.DATE),
            Column("medal_events", Kind.NUMBER, integer=True),
        ),
        truth=(
            "SELECT t.id, t.code, v.code, t.sport, t.sport_code, t.starts_at, t.ends_at, t.local_day, t.medal_events "
            "FROM spectators_session t JOIN spectators_venue v ON v.id = t.venue_id"
        ),
    )
)

TICKET = publish_table(
    LakeTable(
        name="ticket",
        key=("ticket_id",),
        columns=(
            Column("ticket_id", Kind.NUMBER, integer=True),
            Column("fan_id", Kind.NUMBER, integer=True),
            Column("buyer_fan_id", Kind.NUMBER, integer=True),
            Column("session_code", Kind.TEXT),
            Column("venue_code", Kind.TEXT),
            Column("sport", Kind.TEXT),
            Column("sport_code", Kind.TEXT),
            Column("category", Kind.TEXT),
            Column("gate", Kind.TEXT),
            Column("status", Kind.TEXT),
            Column("starts_at", Kind.MOMENT),
            Column("local_day", Kind.DATE),
            Column("timezone", Kind.TEXT),
        ),
        truth=(
            "SELECT t.id, t.fan_id, t.buyer_fan_id, s.code, v.code, s.sport, s.sport_code, t.category, t.gate, "
            "t.status, s.starts_at, s.local_day, v.timezone FROM spectators_ticket t "
            "JOIN spectators_session s ON s.id = t.session_id JOIN spectators_venue v ON v.id = s.venue_id"
        ),
    )
)


def _venues() -> Collection[str]:
    return set(Venue.objects.values_list("code", flat=True))


def _zones() -> Collection[str]:
    return set(Venue.objects.values_list("timezone", flat=True).distinct())


def _sports() -> Collection[str]:
    return set(Session.objects.values_list("sport", flat=True).distinct())


def _sessions() -> Collection[str]:
    return set(Session.objects.values_list("code", flat=True))


_ARGUMENTS = (
    Argument("venue", Kind.TEXT, "venue_code", values=_venues, help="code of the venue"),
    Argument(
        "day",
        Kind.DATE,
        "local_day",
        compare="on_day",
        zone="timezone",
        zones=_zones,
        help="day of the session at the venue; `today` is that of the clock there",
    ),
    Argument("sport", Kind.TEXT, "sport", values=_sports, help="name of the sport as in the programme"),
    Argument("session", Kind.TEXT, "session_code", values=_sessions, help="code of the session"),
    Argument("category", Kind.TEXT, "category", help="category of the ticket"),
    Argument("gate", Kind.TEXT, "gate", help="gate on the ticket"),
    Choice(
        "when",
        {
            "upcoming": (("starts_at", ">", NOW),),
            "past": (("starts_at", "<=", NOW),),
            "any": (),
        },
        default="any",
        help="sessions that are still to start, have started, or all",
    ),
)

_NOT_CANCELLED = (("status", "!=", "cancelled"),)

HOLDS_TICKET = declare(
    Relation(
        name="holds_ticket",
        table="ticket",
        measure="exists",
        fixed=_NOT_CANCELLED,
        arguments=_ARGUMENTS,
        help="holds a ticket that is not cancelled; past sessions count too unless `when: upcoming` is said",
    )
)

TICKETS = declare(
    Relation(
        name="tickets",
        table="ticket",
        measure="count",
        fixed=_NOT_CANCELLED,
        arguments=_ARGUMENTS,
        help="number of tickets held that are not cancelled",
    )
)

SESSIONS_HELD = declare(
    Relation(
        name="sessions_held",
        table="ticket",
        measure="count",
        fixed=_NOT_CANCELLED,
        arguments=_ARGUMENTS,
        distinct="session_code",
        help="number of different sessions that a ticket is held for",
    )
)
