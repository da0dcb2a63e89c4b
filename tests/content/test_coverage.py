"""Who gets what: counted in one statement, and the same choice for one fan."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.content.made import COMPOSITION
from tifo.content.public import (
    Block,
    Composition,
    Slot,
    combination_for,
    coverage,
    fan_choices,
    found_fans,
    seen_as,
)
from tifo.fans.public import create_fan
from tifo.kernel.public import Refused, clock
from tifo.lake.public import refresh
from tifo.preferences.public import declare, ensure_topics
from tifo.spectators.public import import_programme

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def people() -> list[int]:
    ensure_topics(["judo", "surfing"])
    ids = [
        create_fan(source="test", email=f"fan{n}@example.org", first_name=f"F{n}", language=language)
        for n, language in enumerate(["fr", "fr", "en", "de", None])
    ]
    declare(ids[0], "judo", 0.9, source="test")
    declare(ids[1], "judo", 0.2, source="test")
    declare(ids[1], "surfing", 0.7, source="test")
    refresh()
    return ids


def plain(name: str, **more: object) -> Block:
    return Block(name, "markdown", {"en": f"{name} in English", "fr": f"{name} en français"}, **more)  # type: ignore[arg-type]


TASTES = Composition(
    subject={"en": "News", "fr": "Nouvelles"},
    slots=(
        Slot("first", ("judo-lovers", "all")),
        Slot("ranked", ("surfing", "judo"), ranked=True),
        Slot("some", ("judo-lovers",)),
        Slot("tickets", ("all",), repeat="tickets"),
    ),
    blocks=(
        plain("judo-lovers", when='likes("judo") >= 0.5'),
        plain("all"),
        plain("surfing", topics=("surfing",)),
        plain("judo", topics=("judo",)),
    ),
    fallback="en",
)


def test_every_fan_is_counted_once_per_slot(people: list[int]) -> None:
    covered = coverage(TASTES, "everyone()")
    assert covered.fans == len(people)
    for slot in TASTES.slots:
        assert sum(share.fans for share in covered.shares if share.slot == slot.name) == len(people)
    assert (covered.of("first", "judo-lovers"), covered.of("first", "all")) == (1, 4)
    assert (covered.of("some", "judo-lovers"), covered.empty("some")) == (1, 4)
    assert (covered.of("ranked", "judo"), covered.of("ranked", "surfing")) == (1, 4)
    assert covered.empty("tickets") == len(people)
    why = {share.why for share in covered.shares if share.slot == "some" and share.block is None}
    assert why == {'“judo-lovers” is for likes("judo") >= 0.5'}
    assert {share.why for share in covered.shares if share.slot == "tickets"} == {
        "1 fan holds no ticket",
        "2 fans hold no ticket",
    }


def test_languages_served_by_the_fall_back_are_told(people: list[int]) -> None:
    shares = [share for share in coverage(TASTES, "everyone()").shares if share.slot == "ranked"]
    assert {(share.language, share.served) for share in shares} == {
        ("fr", "fr"),
        ("en", "en"),
        ("de", "en"),
        ("", "en"),
    }
    assert coverage(TASTES, 'language = "fr"').fans == 2


def test_the_choice_for_one_is_the_choice_for_all(people: list[int]) -> None:
    counted: dict[tuple[str, str | None], int] = {}
    for fan_id in people:
        combination = combination_for(TASTES, fan_id)
        assert combination.language == ("fr" if fan_id in people[:2] else "en")
        for slot, name in zip(TASTES.slots, combination.blocks, strict=True):
            counted[slot.name, name] = counted.get((slot.name, name), 0) + 1
    covered = coverage(TASTES, "everyone()")
    assert counted == {
        key: covered.of(*key) for key in {(share.slot, share.block) for share in covered.shares}
    }
    with pytest.raises(Refused):
        combination_for(TASTES, 99_999)


def test_seeing_it_as_a_fan(people: list[int]) -> None:
    seen = seen_as(TASTES, fan_id=people[0])
    assert seen.subject == "Nouvelles"
    assert "judo-lovers en français" in seen.text
    assert "judo en français" in seen.html
    assert seen_as(COMPOSITION, language="ar").subject.startswith("أسبوعك")
    assert {choice.fan_id for choice in fan_choices(TASTES)} <= set(people)
    assert [choice.fan_id for choice in found_fans("fan3@example.org")] == [people[3]]


def test_tickets_fill_a_repeated_slot(people: list[int], tmp_path: Path) -> None:
    folder = tmp_path / "event"
    folder.mkdir()
    (folder / "venues.csv").write_text("venue_code,name,timezone,sports\nSTA,Stade,Europe/Paris,Judo\n")
    start = clock.now() + timedelta(days=3)
    (folder / "sessions.csv").write_text(
        "session_code,sport,sport_code,venue_code,starts_at,ends_at,medal_events,gender,programme\n"
        f"JUD01,Judo,JUD,STA,{start.isoformat()},{(start + timedelta(hours=2)).isoformat()},0,M,Finals\n"
    )
    (folder / "tickets.csv").write_text(
        "ticket_ref,session_code,holder_email,buyer_email,category,gate,block,row,seat,status\n"
        "T1,JUD01,fan0@example.org,fan1@example.org,A,C,1,2,3,valid\n"
        "T2,JUD01,fan2@example.org,fan1@example.org,A,C,1,2,4,cancelled\n"
    )
    import_programme(folder)
    refresh()
    covered = coverage(TASTES, "everyone()")
    assert covered.of("tickets", "all") == 1
    assert combination_for(TASTES, people[0]).blocks[3] == "all"
    assert combination_for(TASTES, people[2]).blocks[3] is None
    assert "Stade" in seen_as(TASTES, fan_id=people[0]).text


def test_an_unknown_block_is_refused() -> None:
    with pytest.raises(Refused, match="there is no block “x”"):
        coverage(replace(TASTES, slots=(Slot("a", ("x",)),)), "everyone()")
