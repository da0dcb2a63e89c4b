"""Small random worlds of fans, and what each of them should get, worked out one fan at a time in plain Python."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from hypothesis import strategies as st

from tests.spectators.files import write
from tifo.campaigns.actions import begin_due, plan_waiting, send_chunk
from tifo.campaigns.public import CampaignDefinition
from tifo.consents.public import give
from tifo.content.public import Block, Composition, Slot
from tifo.fans.public import create_fan, erase_fan
from tifo.kernel.public import clock, deliver_events
from tifo.lake.public import refresh
from tifo.preferences.public import declare, ensure_topics
from tifo.spectators.public import import_programme

TOPICS = ("judo", "surfing", "tennis")
SPORTS = {"JUD01": "Judo", "SRF01": "Surfing"}  # the first is to come, the second is over
LANGUAGES = ("en", "fr", "sr", "sr-Latn", "de", None)
ZONES = ("Europe/Paris", "Pacific/Tahiti", "Asia/Tokyo", "America/New_York", None)


@dataclass(frozen=True)
class Person:
    """A fan as the test knows her. `tickets`: (session, status)."""

    number: int
    language: str | None
    country: str | None
    timezone: str | None
    likes: tuple[tuple[str, float], ...]
    tickets: tuple[tuple[str, str], ...]
    newsletter: bool
    erased: bool

    @property
    def email(self) -> str:
        return f"fan{self.number}@example.org"

    def liking(self, topic: str) -> float:
        return dict(self.likes).get(topic, 0.0)

    def holds(self, session: str = "") -> bool:
        return any(status != "cancelled" and session in ("", code) for code, status in self.tickets)


QUESTIONS: dict[str, Callable[[Person], bool]] = {
    "everyone()": lambda _: True,
    'language in ("fr", "en")': lambda fan: fan.language in ("fr", "en"),
    'country = "FR"': lambda fan: fan.country == "FR",
    'not country = "FR"': lambda fan: fan.country != "FR",
    'likes("judo") >= 0.5': lambda fan: fan.liking("judo") >= 0.5,
    'likes("surfing") = 0': lambda fan: fan.liking("surfing") == 0,
    "not holds_ticket()": lambda fan: not fan.holds(),
    'holds_ticket(sport: "Judo")': lambda fan: fan.holds("JUD01"),
    "holds_ticket(when: upcoming)": lambda fan: fan.holds("JUD01"),
    'consents("newsletter") or holds_ticket()': lambda fan: fan.newsletter or fan.holds(),
}


def people(seed: int, count: int) -> list[Person]:
    """So many random people, the same for the same seed; each kind of value is met."""
    dice = random.Random(seed)
    return [
        Person(
            number=number,
            language=dice.choice(LANGUAGES),
            country=dice.choice(("FR", "GB", None)),
            timezone=dice.choice(ZONES),
            likes=tuple(
                (topic, dice.choice((0.0, 0.2, 0.5, 0.9))) for topic in TOPICS if dice.random() < 0.5
            ),
            tickets=tuple(
                (dice.choice(list(SPORTS)), dice.choice(("valid", "used", "cancelled")))
                for _ in range(dice.choice((0, 0, 1, 2)))
            ),
            newsletter=dice.random() < 0.7,
            erased=number % 11 == 7,
        )
        for number in range(count)
    ]


def _programme(folder: Path, persons: Sequence[Person]) -> None:
    now = clock.now()
    days = {"JUD01": now + timedelta(days=9), "SRF01": now - timedelta(days=9)}
    sessions = [
        f"{code},{sport},STA,{days[code].isoformat()},{(days[code] + timedelta(hours=2)).isoformat()}"
        for code, sport in SPORTS.items()
    ]
    held = [(person.email, *ticket) for person in persons for ticket in person.tickets]
    tickets = [f"T{number},{code},{email},{status}" for number, (email, code, status) in enumerate(held)]
    import_programme(
        write(
            folder / "event",
            venues="venue_code,name,timezone\nSTA,Stade,Europe/Paris\n",
            sessions="\n".join(["session_code,sport,venue_code,starts_at,ends_at", *sessions, ""]),
            tickets="\n".join(["ticket_ref,session_code,holder_email,status", *tickets, ""]),
        )
    )


def settle(persons: Sequence[Person], folder: Path) -> dict[int, Person]:
    """Put the people into the base and the lake: who stands under which id."""
    ensure_topics(TOPICS)
    ids = {}
    for person in persons:
        made = create_fan(
            source="tests",
            email=person.email,
            language=person.language,
            country=person.country,
            timezone=person.timezone,
        )
        ids[made] = person
        if person.newsletter:
            give(made, "newsletter", source="tests")
        for topic, score in person.likes:
            declare(made, topic, score)
    _programme(folder, persons)
    for made, person in ids.items():
        if person.erased:
            erase_fan(made)
    while deliver_events():
        pass
    refresh()
    return ids


def work() -> None:
    """What a worker does for campaigns, until nothing is left to do now."""
    while plan_waiting() or begin_due() or send_chunk():
        pass


SPOKEN = ("en", "fr", "sr")


@st.composite
def blocks(draw: st.DrawFn, number: int) -> Block:
    """A block with a text in its fall-back language and perhaps in others."""
    name = f"block-{number}"
    languages = {"en", *draw(st.lists(st.sampled_from(SPOKEN), max_size=2))}
    return Block(
        name=name,
        kind="markdown",
        texts={
            language: f"<{name}:{language}>".replace("<", "(").replace(">", ")") for language in languages
        },
        when=draw(st.none() | st.sampled_from(list(QUESTIONS))),
        topics=tuple(draw(st.lists(st.sampled_from(TOPICS), max_size=2, unique=True))),
        fallback=draw(st.none() | st.sampled_from(sorted(languages))),
    )


@st.composite
def definitions(draw: st.DrawFn) -> CampaignDefinition:
    """A campaign over such a world: slots that take the first that fits, ranked ones, and some repeated per ticket."""
    made = [draw(blocks(number)) for number in range(4)]
    names = [block.name for block in made]
    slots = tuple(
        Slot(
            name=f"slot-{number}",
            candidates=tuple(draw(st.lists(st.sampled_from(names), min_size=1, max_size=3, unique=True))),
            repeat=draw(st.sampled_from([None, None, "tickets"])),
            ranked=draw(st.booleans()),
        )
        for number in range(draw(st.integers(1, 3)))
    )
    subject = {
        language: f"Subject {language}" for language in {"en", *draw(st.lists(st.sampled_from(SPOKEN)))}
    }
    return CampaignDefinition(
        name="random",
        purpose="newsletter",
        audience=draw(st.sampled_from(list(QUESTIONS))),
        composition=Composition(subject=subject, slots=slots, blocks=tuple(made), fallback="en"),
    )


def _fits(block: Block, slot: Slot, fan: Person) -> bool:
    asked = QUESTIONS[block.when](fan) if block.when else True
    return asked and (slot.repeat is None or fan.holds())


def shown(composition: Composition, slot: Slot, fan: Person) -> str | None:
    """The block that this slot shows this fan: the first that fits, or of those the one that she likes most."""
    listed = [block for name in slot.candidates if (block := composition.block(name))]
    fitting = [block for block in listed if _fits(block, slot, fan)]
    if slot.ranked:
        fitting.sort(key=lambda block: -max(map(fan.liking, block.topics), default=0.0))
    return fitting[0].name if fitting else None


def language_of(composition: Composition, fan: Person) -> str:
    """Her language, or its base, when any text that may be shown is written in it."""
    written = set(composition.subject)
    for slot in composition.slots:
        for block in composition.blocks:
            if block.name in slot.candidates:
                written |= set(block.texts)
    hers = fan.language or composition.fallback
    return next((one for one in (hers, hers.split("-")[0]) if one in written), composition.fallback)


def expected(
    definition: CampaignDefinition, ids: dict[int, Person]
) -> dict[int, tuple[str, tuple[str | None, ...]]]:
    """What each fan of the audience should get: her language, and a block or None for each slot."""
    composition = definition.composition
    return {
        fan_id: (
            language_of(composition, fan),
            tuple(shown(composition, slot, fan) for slot in composition.slots),
        )
        for fan_id, fan in ids.items()
        if not fan.erased and QUESTIONS[definition.audience](fan)
    }
