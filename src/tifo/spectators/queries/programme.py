"""Venues, sessions and gates, with how many come."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, F, Max, Min, Q, QuerySet

from tifo.fans.public import fans
from tifo.spectators import models
from tifo.spectators.types import Gate, Session, Venue


def venues() -> list[Venue]:
    """All of them, by name."""
    return [Venue(v.code, v.name, v.timezone) for v in models.Venue.objects.order_by("name")]


def house_zone() -> str:
    """The time zone of most venues: in which the house thinks."""
    zones = Counter(venue.timezone for venue in venues())
    return zones.most_common(1)[0][0] if zones else "UTC"


def _value(row: models.Session) -> Session:
    return Session(
        row.code,
        row.sport,
        row.sport_code,
        row.programme,
        row.gender,
        row.medal_events,
        row.venue.name,
        row.venue.code,
        row.venue.timezone,
        row.starts_at,
        row.ends_at,
        row.local_day,
    )


def sessions(codes: Collection[str] | None = None) -> list[Session]:
    """All sessions, or those with these codes, in the order of their start."""
    rows = models.Session.objects.select_related("venue").order_by("starts_at", "code")
    return [_value(row) for row in (rows if codes is None else rows.filter(code__in=codes))]


def first_and_last() -> tuple[Session, Session] | None:
    """The sessions with which the event begins and ends; None while there are none."""
    rows = models.Session.objects.select_related("venue")
    first, last = rows.order_by("starts_at", "code").first(), rows.order_by("-starts_at", "code").first()
    return (_value(first), _value(last)) if first and last else None


def session(code: str) -> Session | None:
    """One session."""
    row = models.Session.objects.select_related("venue").filter(code=code).first()
    return None if row is None else _value(row)


def sports() -> list[tuple[str, str]]:
    """(code, name) of each sport in the programme, by name."""
    return list(
        models.Session.objects.order_by("sport", "sport_code").values_list("sport_code", "sport").distinct()
    )


def gates_of(venue_code: str) -> list[Gate]:
    """The gates of a venue, by code."""
    rows = models.Gate.objects.filter(venue__code=venue_code).order_by("code")
    return [Gate(g.code, venue_code, g.name, g.opens_at, g.step_free) for g in rows]


@dataclass(frozen=True, slots=True)
class Filters:
    """What part of the programme is asked for; empty means all."""

    day: date | None = None
    venue: str = ""
    sport: str = ""

    def apply(self, rows: "QuerySet[models.Session]") -> "QuerySet[models.Session]":
        """Narrow a query of sessions."""
        if self.day:
            rows = rows.filter(local_day=self.day)
        if self.venue:
            rows = rows.filter(venue__code=self.venue)
        if self.sport:
            rows = rows.filter(sport_code=self.sport)
        return rows


@dataclass(frozen=True, slots=True)
class SessionCount:
    """A session with its tickets that are not cancelled, and for how many of them the holder is a fan."""

    session: Session
    tickets: int
    known: int


_VALID = ~Q(tickets__status="cancelled")


def programme(filters: Filters) -> list[SessionCount]:
    """The sessions asked for, in the order of their start, with how many come."""
    rows = filters.apply(models.Session.objects.select_related("venue")).annotate(
        held=Count("tickets", filter=_VALID),
        known=Count("tickets", filter=_VALID & Q(tickets__fan_id__isnull=False)),
    )
    return [SessionCount(_value(row), row.held, row.known) for row in rows.order_by("starts_at", "code")]


def programme_days(filters: Filters) -> list[tuple[date, int]]:
    """Each day of competition (at the venue) with its number of sessions, whatever day is asked for."""
    rows = Filters(None, filters.venue, filters.sport).apply(models.Session.objects.all())
    return list(rows.order_by("local_day").values_list("local_day").annotate(Count("id")))


@dataclass(frozen=True, slots=True)
class Places:
    """A part of a session's tickets, not cancelled: those of a gate, or of a language."""

    name: str
    tickets: int
    known: int


def session_people(code: str) -> tuple[list[Places], list[tuple[str, int]]]:
    """Of a session's tickets that are not cancelled: (by gate, known holders by language, most first)."""
    tickets = models.Ticket.objects.filter(session__code=code).exclude(status="cancelled")
    gates = [
        Places(gate, count, known)
        for gate, count, known in tickets.order_by("gate")
        .values_list("gate")
        .annotate(Count("id"), Count("fan_id"))
    ]
    linked = tickets.filter(fan_id__isnull=False).values_list("fan_id", flat=True).distinct()
    holders = [fan_id for fan_id in linked if fan_id is not None]
    languages: Counter[str] = Counter()
    for start in range(0, len(holders), 5_000):
        for fan in fans(holders[start : start + 5_000]).values():
            languages[fan.language or ""] += 1
    return gates, languages.most_common()


@dataclass(frozen=True, slots=True)
class VenueCount:
    """A venue with what happens there: days at the venue, first and last."""

    venue: Venue
    sessions: int
    first: date | None
    last: date | None
    gates: int


def venue_counts() -> list[VenueCount]:
    """All venues, by name, with their sessions."""
    rows = models.Venue.objects.annotate(
        count=Count("sessions", distinct=True),
        first=Min("sessions__local_day"),
        last=Max("sessions__local_day"),
        ways_in=Count("gates", distinct=True),
    ).order_by(F("name").asc())
    return [VenueCount(Venue(v.code, v.name, v.timezone), v.count, v.first, v.last, v.ways_in) for v in rows]
