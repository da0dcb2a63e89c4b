"""`tifo demo`: a made-up event in an empty base, ready to be sent."""

import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from tifo.accounts.public import create_staff
from tifo.campaigns.public import read_campaign_file, save_campaign
from tifo.content.public import save_blocks
from tifo.fans.public import fan_count
from tifo.kernel.public import Refused, clock, data_path, deliver_events
from tifo.lake.public import refresh
from tifo.preferences.public import Topic, save_topic
from tifo.registry.public import carry_out, look_at, read_as, take_up, targets_of
from tifo.server.demo.club import load_club, players
from tifo.server.demo.quests import load_quests
from tifo.server.demo.rewards import load_rewards
from tifo.server.demo.world import SEED, SPORTS, write_world
from tifo.spectators.public import import_programme

PASSWORD = "valmera-demo-2027"  # noqa: S105  printed at each start; the demo holds no real person
STAFF = (
    ("camille@valmera.example", "Camille Roy", ("communicator",)),
    ("amadou@valmera.example", "Amadou Sow", ("approver", "analyst")),
    ("irene@valmera.example", "Irène Vasseur", ("data-protection", "support")),
    (
        "admin@valmera.example",
        "Ada Lund",
        ("admin", "communicator", "approver", "animator", "analyst", "support", "data-protection"),
    ),
)
SETTINGS = {
    "TIFO_EVENT_NAME": "Valmera 2027",
    "TIFO_SENDER": "Valmera 2027 <news@valmera.example>",
    "TIFO_POSTAL_ADDRESS": "Valmera 2027, 3 Quai du Lac, 38000 Valmera",
    "TIFO_ACCENT": "#c2410c",
}
"""What the demo calls itself, where the settings say nothing."""

CAMPAIGN = Path(__file__).with_name("three-weeks-to-go.yaml")


def _be_the_event() -> None:
    """Keep the demo's name and colour beside its data, where the settings say nothing else."""
    path = data_path("tifo.env")
    if not path.exists():
        lines = [
            "# The demo's settings; the environment goes before them.",
            *(f"{k}={v}" for k, v in SETTINGS.items()),
        ]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def logins() -> Iterator[str]:
    """The staff of the demo, a line each."""
    for email, _, roles in STAFF:
        yield f"{email:<28} {PASSWORD}   {'everything' if 'admin' in roles else ', '.join(roles)}"


def _mark() -> Path:
    return data_path("demo.loaded")


def load(*, seed: int = SEED, today: date | None = None) -> bool:
    """Put the event into an empty base; False when it is there already. Refused in a base with other fans.

    Killed half-way and run again it goes on: each import resumes, and the mark is set last.
    """
    if _mark().exists():
        return False
    if fan_count() and not data_path("demo.begun").exists():
        raise Refused(
            "This base has fans already, so the demo is not loaded into it: choose another TIFO_DATA."
        )
    begun = data_path("demo.begun")
    if not begun.exists():
        begun.write_text((today or clock.now().date()).isoformat(), encoding="ascii")
    _be_the_event()
    first_day = date.fromisoformat(begun.read_text(encoding="ascii"))
    for email, name, roles in STAFF:
        create_staff(email, name, PASSWORD, roles)
    for sport, _, slug in SPORTS:
        save_topic(Topic(slug, "sport", {"en": sport, **SPORT_NAMES[slug]}))
    with tempfile.TemporaryDirectory() as folder:
        for source, file in write_world(Path(folder), seed=seed, today=first_day).items():
            look = look_at(file)
            run = take_up(file, source, read_as(look, targets_of(look, {}, leave_unknown=False)))
            carry_out(run, file, lambda *_: None)
        import_programme(Path(folder) / "programme")
    ready = read_campaign_file(CAMPAIGN.read_text(encoding="utf-8"))
    save_campaign(ready, by="Camille Roy")
    save_blocks("", ready.composition.blocks, by=None)  # so that the next campaign finds them in the library
    load_club(seed=seed, first_day=first_day)
    load_quests(players()[1:], seed=seed, first_day=first_day)  # Léa finds all of them still to do
    load_rewards(first_day)
    deliver_events()
    refresh()
    _mark().write_text("1", encoding="ascii")
    return True


SPORT_NAMES = {
    "judo": {"fr": "Judo", "es": "Judo", "ar": "الجودو"},
    "swimming": {"fr": "Natation", "es": "Natación", "ar": "السباحة"},
    "athletics": {"fr": "Athlétisme", "es": "Atletismo", "ar": "ألعاب القوى"},
    "basketball": {"fr": "Basketball", "es": "Baloncesto", "ar": "كرة السلة"},
    "climbing": {"fr": "Escalade", "es": "Escalada", "ar": "التسلق"},
    "fencing": {"fr": "Escrime", "es": "Esgrima", "ar": "المبارزة"},
    "rowing": {"fr": "Aviron", "es": "Remo", "ar": "التجديف"},
    "handball": {"fr": "Handball", "es": "Balonmano", "ar": "كرة اليد"},
    "cycling": {"fr": "Cyclisme", "es": "Ciclismo", "ar": "ركوب الدراجات"},
    "surfing": {"fr": "Surf", "es": "Surf", "ar": "ركوب الأمواج"},
}
