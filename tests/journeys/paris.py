"""Paris 2024 as a world to send to: its real programme and made fans with tickets for it.

The world's books are its own; nothing is asked of tifo. The sessions file tells all times in that of Paris, also those of
Tahiti: what a fan must read is the time of the venue's zone.
"""

import csv
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

_HERE = Path(__file__).resolve().parent
FULL = _HERE.parents[1].parent / "shared" / "data" / "paris2024"
EXTRACT = _HERE / "data" / "paris2024"

SENT_IN = {"fr": "fr", "en": "en", "es": "es", "ar": "ar", "de": "en", "ja": "en"}
"""The language that a fan reads: the one she is served in."""

CAMPAIGN = "your-sessions"
AUDIENCE = 'consents("newsletter")'
GREETING = {"en": "See you there", "fr": "On se voit là-bas", "es": "Nos vemos allí", "ar": "نراك هناك"}
LAST_SEATS = {
    "en": "The last seats",
    "fr": "Les dernières places",
    "es": "Las últimas entradas",
    "ar": "آخر المقاعد",
}
READY = {
    "en": "Your tickets are ready",
    "fr": "Tes billets sont prêts",
    "es": "Tus entradas están listas",
    "ar": "تذاكرك جاهزة",
}
SUBJECT = {"en": "Your sessions", "fr": "Tes sessions", "es": "Tus sesiones", "ar": "جلساتك"}
NO_GATE = {"en": "on your ticket", "fr": "sur ton billet", "es": "en tu entrada", "ar": "على تذكرتك"}
_NAMES = ("Léa", "Jack", "Lucía", "ليلى", "Zoë", "O'Neill", "Noé", "Ana")
_ZONES = ("Europe/Paris", "Asia/Tokyo", "America/Los_Angeles", "Pacific/Tahiti", "")
"""Fans live elsewhere than where they go: a session is told in the zone of its venue."""


@dataclass(frozen=True)
class Held:
    """A ticket as the world's books have it. `local` is the wall time at the venue."""

    ref: str
    session: str
    sport: str
    venue: str
    gate: str
    local: datetime


@dataclass
class Made:
    """A made fan. `wants`: yes, no, or nothing said about the newsletter."""

    address: str
    first_name: str
    language: str
    zone: str
    wants: str
    held: list[Held] = field(default_factory=list)


class World:
    """The same seed, the same world."""

    def __init__(self, fans: int, *, programme: Path | None = None, seed: int = 2024) -> None:
        self.programme = programme or (FULL if FULL.exists() else EXTRACT)
        self._chance = random.Random(seed)
        self.fans = {made.address: made for made in self._people(fans)}
        self._tickets: list[tuple[str, ...]] = []
        self._sell()

    def _people(self, fans: int) -> Iterator[Made]:
        for number in range(fans):
            yield Made(
                f"fan{number}@lac.example",
                self._chance.choice(_NAMES) if number % 11 else "",
                self._chance.choice(("fr", "fr", "en", "en", "es", "ar", "de", "ja")),
                self._chance.choice(_ZONES),
                self._chance.choice(("yes",) * 8 + ("no", "")),
            )

    def _sell(self) -> None:
        venues = {row["venue_code"]: row for row in _rows(self.programme / "venues.csv")}
        sessions = list(_rows(self.programme / "sessions.csv"))
        everybody = list(self.fans.values())
        for number in range(len(everybody) * 3 // 2):
            session = self._chance.choice(sessions)
            venue = venues[session["venue_code"]]
            buyer, holder = self._chance.choice(everybody), self._chance.choice(everybody)
            status = "cancelled" if number % 40 == 7 else ("transferred" if number % 9 == 0 else "valid")
            gate = f"{self._chance.choice('ABCD')}{self._chance.randint(1, 9)}" if number % 5 else ""
            named = f"stranger{number}@plaza.example" if number % 13 == 0 else holder.address
            ref = f"T{number:07}"
            self._tickets.append((ref, session["session_code"], named, buyer.address, "B", gate, status))
            if status != "cancelled" and named == holder.address:
                holder.held.append(
                    Held(
                        ref,
                        session["session_code"],
                        session["sport"],
                        venue["name"],
                        gate,
                        datetime.fromisoformat(session["starts_at"]).astimezone(ZoneInfo(venue["timezone"])),
                    )
                )
        for made in everybody:
            made.held.sort(key=lambda ticket: (ticket.local, ticket.session, ticket.ref))

    @property
    def recipients(self) -> dict[str, Made]:
        """Those whom a newsletter may reach."""
        return {address: made for address, made in self.fans.items() if made.wants == "yes"}

    def write(self, folder: Path) -> tuple[Path, Path, Path]:
        """(people, programme, campaign) as files for the command line."""
        people, programme, campaign = folder / "people.csv", folder / "programme", folder / "sessions.yaml"
        programme.mkdir()
        for name in ("venues.csv", "sessions.csv"):
            (programme / name).write_bytes((self.programme / name).read_bytes())
        with people.open("w", newline="", encoding="utf-8") as file:
            write = csv.writer(file)
            write.writerow(("email", "first_name", "language", "timezone", "joined_at", "consent:newsletter"))
            said = {"yes": "2024-05-04T10:00:00Z", "no": "no", "": ""}
            for made in self.fans.values():
                write.writerow(
                    (
                        made.address,
                        made.first_name,
                        made.language,
                        made.zone,
                        "2024-05-01",
                        said[made.wants],
                    )
                )
        with (programme / "tickets.csv").open("w", newline="", encoding="utf-8") as file:
            write = csv.writer(file)
            write.writerow(
                ("ticket_ref", "session_code", "holder_email", "buyer_email", "category", "gate", "status")
            )
            write.writerows(self._tickets)
        campaign.write_text(campaign_file(), encoding="utf-8")
        return people, programme, campaign


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        yield from csv.DictReader(file)


def campaign_file() -> str:
    """Trunk, ticketing (the first that fits), practical (once per ticket), in four languages."""
    per_session = (
        "[{{ ticket.ref }}] {{ session.code }} | {{ session.sport }} | {{ session.venue }} | "
        '{{ session.starts_at }} | gate={{ ticket.gate | "%s" }}'
    )
    link = "[{0}](https://tickets.example/{1})"
    blocks = {
        "hello": {language: f"# {text}" for language, text in GREETING.items()},
        "last-seats": {
            language: f"## {text}\n\n{link.format(text, language)}" for language, text in LAST_SEATS.items()
        },
        "ready": {language: f"## {text}" for language, text in READY.items()},
        "my-session": {language: per_session % NO_GATE[language] for language in GREETING},
    }
    return json.dumps(
        {
            "campaign": CAMPAIGN,
            "purpose": "newsletter",
            "fallback": "en",
            "audience": AUDIENCE,
            "subject": {
                language: f'{text}, {{{{ fan.first_name | "fan" }}}}' for language, text in SUBJECT.items()
            },
            "slots": [
                {"slot": "trunk", "blocks": ["hello"]},
                {"slot": "ticketing", "blocks": ["last-seats", "ready"]},
                {"slot": "practical", "repeat": "tickets", "blocks": ["my-session"]},
            ],
            "blocks": {
                name: {"markdown": texts, **({"when": "not holds_ticket()"} if name == "last-seats" else {})}
                for name, texts in blocks.items()
            },
        },
        ensure_ascii=False,
    )
