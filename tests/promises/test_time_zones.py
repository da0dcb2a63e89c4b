"""A session is found and told by the clock at its venue, wherever its fan lives and whatever the clock does there."""

from datetime import UTC, date, datetime, timedelta
from itertools import product
from pathlib import Path

import duckdb
import pytest

from tests.audiences.world import WORDS, ZONES, World, fill
from tests.content.made import LOOK, Held, combination, parts, personal
from tests.promises.world import settle
from tests.spectators.files import write
from tifo.audiences.public import sample
from tifo.audiences.rules.check import check
from tifo.audiences.rules.evaluate import evaluate
from tifo.audiences.rules.parse import read
from tifo.audiences.rules.statements import statement
from tifo.content.rules.loom import Loom
from tifo.content.rules.moments import written
from tifo.content.types import Block, Composition, Slot
from tifo.fans.public import create_fan
from tifo.kernel.public import clock
from tifo.spectators.public import import_programme, session

VENUES = """venue_code,name,timezone
STA,Stade de France,Europe/Paris
TAH,Teahupo'o,Pacific/Tahiti
KIR,Christmas Island,Pacific/Kiritimati
"""
SESSIONS = """session_code,sport,venue_code,starts_at,ends_at
ATH01,Athletics,STA,2027-07-28T10:00:00,2027-07-28T13:00:00
SRF01,Surfing,TAH,2027-07-27T18:00:00,2027-07-27T20:00:00
SRF02,Surfing,TAH,2027-07-28T07:00:00,2027-07-28T09:00:00
SWM01,Swimming,KIR,2027-07-28T09:00:00,2027-07-28T11:00:00
"""
TICKETS = """ticket_ref,session_code,holder_email,status
T1,ATH01,paris@lac.example,valid
T2,SRF01,evening@lac.example,valid
T3,SRF02,morning@lac.example,valid
T4,SWM01,island@lac.example,valid
"""
PEOPLE = ("paris", "evening", "morning", "island")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("now", "word", "who"),
    [
        # 03:00 of the 28th in UTC: in Paris five in the morning, in Tahiti still the 27th, on Kiritimati 17:00
        ("2027-07-28T03:00+00:00", "today", {"paris", "evening", "island"}),
        ("2027-07-28T03:00+00:00", "tomorrow", {"morning"}),
        # 23:00 of the 27th in UTC: the 28th in Paris and on Kiritimati, the 27th in Tahiti
        ("2027-07-27T23:00+00:00", "today", {"paris", "evening", "island"}),
        # 12:00 of the 27th in UTC: on Kiritimati it is the 28th already
        ("2027-07-27T12:00+00:00", "today", {"evening", "island"}),
        ("2027-07-27T12:00+00:00", "tomorrow", {"paris", "morning"}),
        ("2027-07-29T09:59+00:00", "yesterday", {"paris", "evening", "island"}),
        ("2027-07-29T10:00+00:00", "yesterday", {"paris", "morning"}),
        ("2027-07-28T03:00+00:00", "2027-07-28", {"paris", "morning", "island"}),
    ],
)
def test_today_is_that_of_the_clock_at_the_venue(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, now: str, word: str, who: set[str]
) -> None:
    fans = {create_fan(source="tests", email=f"{name}@lac.example"): name for name in PEOPLE}
    import_programme(write(tmp_path / "event", venues=VENUES, sessions=SESSIONS, tickets=TICKETS))
    settle()
    moment = datetime.fromisoformat(now)
    monkeypatch.setattr(clock, "now", lambda: moment)
    assert {fans[fan] for fan in sample(f"holds_ticket(day: {word})", 10)} == who


@pytest.mark.django_db(transaction=True)
def test_a_venue_that_moves_to_another_zone_has_another_today(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fan = create_fan(source="tests", email="evening@lac.example")
    import_programme(write(tmp_path / "event", venues=VENUES, sessions=SESSIONS, tickets=TICKETS))
    settle()
    moved = VENUES.replace("Pacific/Tahiti", "Pacific/Honolulu")  # no session gets another day by that
    import_programme(write(tmp_path / "moved", venues=moved))
    settle()
    moment = datetime(2027, 7, 28, 3, 0, tzinfo=UTC)
    monkeypatch.setattr(clock, "now", lambda: moment)
    assert sample("holds_ticket(day: today)", 10) == [fan]


@pytest.mark.django_db
def test_the_day_the_clock_changes(tmp_path: Path) -> None:
    """01:30 to 03:30 on the last Sunday of March is an hour; in October the hour after two comes twice."""
    sessions = """session_code,sport,venue_code,starts_at,ends_at
SPRING,Athletics,STA,2027-03-28T01:30:00,2027-03-28T03:30:00
AUTUMN,Athletics,STA,2027-10-31T02:30:00+02:00,2027-10-31T02:30:00+01:00
"""
    import_programme(write(tmp_path / "event", venues=VENUES, sessions=sessions))
    for code in ("SPRING", "AUTUMN"):
        found = session(code)
        assert found is not None
        assert found.ends_at - found.starts_at == timedelta(hours=1)
    spring = session("SPRING")
    assert spring is not None
    said = written(spring.starts_at, spring.ends_at, "Europe/Paris", "en")
    assert ("1:30" in said.starts_at, "3:30" in said.ends_at) == (True, True)


TILE = "{{ session.code }}: {{ session.starts_at }}"
BOTH = Composition(
    subject={"en": "Your sessions", "fr": "Tes sessions"},
    slots=(Slot("practical", ("mine",), repeat="tickets"),),
    blocks=(Block("mine", "markdown", {"en": TILE, "fr": TILE}),),
    fallback="en",
)


@pytest.mark.parametrize(
    ("language", "paris", "tahiti"),
    [
        ("en", "Wednesday, July 28, 2027, 10:00 AM", "Tuesday, July 27, 2027, 6:00 PM"),
        ("fr", "mercredi 28 juillet 2027, 10:00", "mardi 27 juillet 2027, 18:00"),
    ],
)
def test_paris_and_tahiti_in_one_mail(language: str, paris: str, tahiti: str) -> None:
    tickets = (
        Held(
            code="ATH01",
            starts_at=datetime(2027, 7, 28, 8, 0, tzinfo=UTC),
            ends_at=datetime(2027, 7, 28, 11, 0, tzinfo=UTC),
        ),
        Held(
            code="SRF01",
            timezone="Pacific/Tahiti",
            starts_at=datetime(2027, 7, 28, 4, 0, tzinfo=UTC),
            ends_at=datetime(2027, 7, 28, 6, 0, tzinfo=UTC),
        ),
    )
    made = combination(language, blocks=("mine",))
    for part in parts(Loom(BOTH, LOOK).weave(made, personal(tickets=tickets))):
        plain = part.replace("\u202f", " ").replace("\xa0", " ")
        assert f"ATH01: {paris}" in plain
        assert f"SRF01: {tahiti}" in plain


NOON = datetime(2024, 7, 27, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize("hours", [-12, -11, -3, 0, 3, 9, 11])
@pytest.mark.parametrize("word", ["today", "tomorrow", "yesterday", "2 days ago", "2024-07-27"])
def test_s1_both_ways_of_asking_know_the_same_day_everywhere(word: str, hours: int) -> None:
    now = NOON + timedelta(hours=hours)
    days = [date(2024, 7, day) for day in range(23, 31)]
    zones = (*ZONES, None)
    tickets = [
        {"ticket_id": number, "fan_id": number, "status": "valid", "local_day": day, "timezone": zone}
        for number, (day, zone) in enumerate(product(days, zones), 1)
    ]
    world: World = {"fan": [{"fan_id": one["fan_id"], "erased": False} for one in tickets], "ticket": tickets}
    text = f"holds_ticket(day: {word})"
    expression = check(text, read(text), WORDS)
    made = statement(expression, now)
    with duckdb.connect() as connection:
        fill(connection, world)
        selected = {row[0] for row in connection.execute(made.sql, made.params).fetchall()}
    wanted = {one["fan_id"] for one in tickets if evaluate(expression, world, one["fan_id"], now)}
    assert selected == wanted
    assert len(wanted) == len(zones)  # in each zone exactly one day is the one that is meant
