"""An invented event: Valmera 2027, ten sports in eight venues, and 5,000 people who care. Same seed, same world."""

import csv
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from tifo.server.demo.names import LANGUAGES

SEED = 2027
FANS = 5_000
TICKETS = 12_000
SESSIONS = 40
FIRST_FAN = "lea.moreau@lac.example"
"""Léa, in every world of the demo: she reads French, holds two tickets and likes judo."""

SPORTS = (
    ("Judo", "JUD", "judo"),
    ("Swimming", "SWM", "swimming"),
    ("Athletics", "ATH", "athletics"),
    ("Basketball", "BKB", "basketball"),
    ("Climbing", "CLB", "climbing"),
    ("Fencing", "FEN", "fencing"),
    ("Rowing", "ROW", "rowing"),
    ("Handball", "HBL", "handball"),
    ("Cycling", "CRD", "cycling"),
    ("Surfing", "SRF", "surfing"),
)

VENUES = (
    ("LAC", "Lakeside Arena", "Europe/Paris", ("JUD", "FEN"), ("A", "B", "C")),
    ("BAS", "Basin of Valmera", "Europe/Paris", ("SWM",), ("N", "S")),
    ("STV", "Valmera Stadium", "Europe/Paris", ("ATH",), ("A", "B", "C", "D")),
    ("HAL", "Market Hall", "Europe/Paris", ("BKB", "HBL"), ("1", "2", "3")),
    ("MUR", "The Wall", "Europe/Paris", ("CLB",), ("E", "W")),
    ("RIV", "River Course", "Europe/Paris", ("ROW",), ("L", "R")),
    ("COL", "Col des Trois Dames", "Europe/Paris", ("CRD",), ("K1", "K2")),
    ("TEA", "Teahupoʻo Shore", "Pacific/Tahiti", ("SRF",), ("P",)),
)

PARTS = (
    "Qualification, women",
    "Qualification, men",
    "Semi-finals, women",
    "Semi-finals, men",
    "Finals, women",
    "Finals, men",
)
SOURCES = (("website", 46), ("ticket shop", 30), ("school tour", 14), ("city festival", 10))
CATEGORIES = (("A", 2), ("B", 4), ("C", 6), ("D", 3))


def _share(rng: random.Random, shares: Sequence[tuple[str, int]]) -> str:
    return rng.choices([name for name, _ in shares], [weight for _, weight in shares])[0]


def _ascii(text: str) -> str:
    table = str.maketrans("éèêëàâäáãåçîïíôöóõûüúñßøæ", "eeeeaaaaaaciiioooouuunsoa")
    kept = text.lower().translate(table)
    return "".join(letter for letter in kept if letter.isascii() and letter.isalnum()) or "fan"


@dataclass(frozen=True)
class Fan:
    """A person of the world, as a row of the import file."""

    email: str
    source: str
    row: dict[str, str]


def fans(seed: int, today: date) -> list[Fan]:
    """Everybody, in the order in which they came; `today` is the day of the last arrival."""
    rng = random.Random(seed)  # noqa: S311  an invented world, the same each time
    return [_fan(rng, number, today) for number in range(FANS)]


def _joined(rng: random.Random, number: int, today: date) -> datetime:
    """Growth over fourteen months, faster towards the event."""
    age = (1 - number / FANS) ** 1.6 * 420
    return datetime.combine(
        today - timedelta(days=age + 1), time(rng.randrange(6, 23), rng.randrange(60)), UTC
    )


def _fan(rng: random.Random, number: int, today: date) -> Fan:
    language = rng.choices(LANGUAGES, [kind.share for kind in LANGUAGES])[0]
    first, last = rng.choice(language.first_names), rng.choice(language.last_names)
    country, zone = rng.choice(language.places)
    address = (
        f"{_ascii(first)}.{_ascii(last)}.{number}@{rng.choice(('lac', 'riviere', 'mail', 'plaza'))}.example"
    )
    if number == 0:
        language, first, last, country, zone, address = (
            LANGUAGES[0],
            "Léa",
            "Moreau",
            "FR",
            "Europe/Paris",
            FIRST_FAN,
        )
    joined = _joined(rng, number, today)
    member = number == 0 or rng.random() < 0.62
    row = {
        "email": address,
        "first_name": first if number == 0 or rng.random() < 0.93 else "",
        "last_name": last,
        "birth_date": str(
            date(today.year - rng.randrange(16, 78), rng.randrange(1, 13), rng.randrange(1, 29))
        ),
        "gender": rng.choice(("female", "male", "female", "male", "")),
        "language": language.code,
        "country": country,
        "timezone": zone,
        "external_id": f"V{number:06d}",
        "joined_at": joined.isoformat(),
        "club_member": "yes" if member else "no",
    }
    row |= _consents(rng, joined, sure=number == 0)
    row |= _tastes(rng, likes_judo=number == 0)
    return Fan(address, _share(rng, SOURCES), row)


def _consents(rng: random.Random, joined: datetime, *, sure: bool) -> dict[str, str]:
    given = {"newsletter": 0.86, "ticketing": 0.7, "tracking": 0.55, "partner-offers": 0.24, "research": 0.31}
    said = {}
    for purpose, chance in given.items():
        draw = rng.random()
        if draw < chance or (sure and purpose in ("newsletter", "ticketing", "tracking")):
            said[f"consent:{purpose}"] = joined.isoformat()
        else:
            said[f"consent:{purpose}"] = "no" if draw > 0.985 else ""
    return said


def _tastes(rng: random.Random, *, likes_judo: bool) -> dict[str, str]:
    popular = [9, 8, 8, 6, 5, 3, 3, 4, 4, 4]
    liked = set(rng.choices(range(len(SPORTS)), popular, k=rng.randrange(0, 4)))
    if likes_judo:
        liked.add(0)
    return {
        f"likes:{slug}": f"{max(0.3, min(1.0, rng.gauss(0.75, 0.18))):.2f}" if number in liked else ""
        for number, (_, _, slug) in enumerate(SPORTS)
    }


@dataclass(frozen=True)
class Session:
    """A session of the programme."""

    code: str
    sport: str
    sport_code: str
    venue: str
    starts_at: datetime
    ends_at: datetime
    programme: str


def sessions(seed: int, first_day: date) -> list[Session]:
    """Forty sessions over ten days, four for each sport, in the hours of their venue."""
    rng = random.Random(seed + 1)  # noqa: S311
    made = []
    for number, (sport, code, _) in enumerate(SPORTS):
        venue = next(entry for entry in VENUES if code in entry[3])
        for turn in range(SESSIONS // len(SPORTS)):
            day = first_day + timedelta(days=(number + turn * 3) % 10)
            hour = (10, 14, 17, 20)[(number + turn) % 4]
            starts = datetime.combine(day, time(hour, rng.choice((0, 15, 30))), ZoneInfo(venue[2]))
            programme = PARTS[min(turn + rng.randrange(3), 5)]
            made.append(
                Session(
                    f"{code}{turn + 1:02d}-{venue[0]}",
                    sport,
                    code,
                    venue[0],
                    starts,
                    starts + timedelta(hours=3),
                    programme,
                )
            )
    return sorted(made, key=lambda session: (session.starts_at, session.code))


def tickets(seed: int, people: Sequence[Fan], programme: Sequence[Session]) -> Iterator[dict[str, str]]:
    """Twelve thousand tickets: most holders are fans, some are unknown to us, some bought for others."""
    rng = random.Random(seed + 2)  # noqa: S311
    gates = {venue[0]: venue[4] for venue in VENUES}
    holders = [person.email for person in people if rng.random() < 0.72]
    for number in range(TICKETS):
        session = rng.choice(programme)
        buyer = rng.choice(holders)
        holder = buyer if rng.random() < 0.8 else rng.choice(holders)
        if rng.random() < 0.06:
            holder = ""
        elif rng.random() < 0.04:
            holder = f"friend.{number}@elsewhere.example"
        if number < 2:
            buyer = holder = FIRST_FAN
            session = [entry for entry in programme if entry.sport_code == "JUD"][number]
        yield {
            "ticket_ref": f"VAL-{number:06d}",
            "session_code": session.code,
            "holder_email": holder,
            "buyer_email": buyer,
            "category": _share(rng, CATEGORIES),
            "gate": rng.choice(gates[session.venue]),
            "block": str(rng.randrange(100, 130)),
            "row": str(rng.randrange(1, 40)),
            "seat": str(rng.randrange(1, 60)),
            "status": "valid"
            if number < 2
            else rng.choices(("valid", "transferred", "cancelled"), (93, 4, 3))[0],
        }


def _write(path: Path, rows: Sequence[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def write_world(folder: Path, *, seed: int, today: date) -> dict[str, Path]:
    """The files of the world, as an organiser would have them; the people's files by their source."""
    people = fans(seed, today)
    programme = sessions(seed, today + timedelta(days=21))
    spectators = folder / "programme"
    spectators.mkdir(parents=True, exist_ok=True)
    sports = {code: sport for sport, code, _ in SPORTS}
    _write(
        spectators / "venues.csv",
        [
            {
                "venue_code": code,
                "name": name,
                "timezone": zone,
                "sports": "|".join(sports[sport] for sport in offered),
            }
            for code, name, zone, offered, _ in VENUES
        ],
    )
    _write(
        spectators / "sessions.csv",
        [
            {
                "session_code": session.code,
                "sport": session.sport,
                "sport_code": session.sport_code,
                "venue_code": session.venue,
                "starts_at": session.starts_at.isoformat(),
                "ends_at": session.ends_at.isoformat(),
                "medal_events": "1"
                if "Finals" in session.programme and "Semi" not in session.programme
                else "0",
                "gender": "W" if session.programme.endswith("women") else "M",
                "programme": session.programme,
            }
            for session in programme
        ],
    )
    _write(spectators / "tickets.csv", list(tickets(seed, people, programme)))
    _write(
        spectators / "gates.csv",
        [
            {
                "gate_code": gate,
                "venue_code": code,
                "name": f"Gate {gate}",
                "opens_at": "",
                "step_free": "yes" if gate == gates[0] else "no",
            }
            for code, _, _, _, gates in VENUES
            for gate in gates
        ],
    )
    files = {}
    for source, _ in SOURCES:
        files[source] = folder / f"people-{source.replace(' ', '-')}.csv"
        _write(files[source], [person.row for person in people if person.source == source])
    return files
