"""What the lake knows of tickets, and what the words about them answer."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.spectators.files import SESSIONS, TICKETS, whole, write
from tifo.audiences.public import AudienceError, count, sample
from tifo.fans.public import create_fan, erase_fan
from tifo.kernel.public import clock, deliver_events
from tifo.lake.public import reading, refresh
from tifo.preferences.public import declare
from tifo.spectators.public import import_programme

pytestmark = pytest.mark.django_db(transaction=True)


def asked(text: str) -> list[int]:
    """Who fits, in the lake as it is now."""
    while deliver_events():
        pass
    refresh()
    found = sorted(sample(text, 100))
    assert count(text).count == len(found)
    return found


@pytest.fixture
def lea() -> int:
    return create_fan(source="test", email="lea@example.org", language="fr")


@pytest.fixture
def omar() -> int:
    return create_fan(source="test", email="omar@example.org", language="ar")


def test_the_words_answer_what_tickets_say(lea: int, omar: int, tmp_path: Path) -> None:
    nobody = create_fan(source="test", email="nobody@example.org")
    import_programme(whole(tmp_path / "event"))
    assert asked("holds_ticket()") == [lea, omar]
    assert asked("not holds_ticket()") == [nobody]
    assert asked('holds_ticket(venue: "STA")') == [lea, omar]
    assert asked('holds_ticket(session: "ATH02-STA")') == [lea]
    assert asked('holds_ticket(sport: "Athletics", category: "B")') == [omar]
    assert asked('holds_ticket(category: "C")') == []  # cancelled
    assert asked("holds_ticket(when: upcoming)") == []
    assert asked("holds_ticket(when: past)") == [lea, omar]
    assert asked("holds_ticket(day: 2024-08-02)") == [lea, omar]
    assert asked('holds_ticket(gate: "K")') == [omar]
    assert asked("tickets() = 2") == [lea]
    assert asked('sessions_held(venue: "STA") >= 1') == [lea, omar]


def test_upcoming_is_told_by_the_clock(lea: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import_programme(whole(tmp_path / "event"))
    noon = datetime(2024, 8, 2, 10, 0, tzinfo=UTC)
    monkeypatch.setattr(clock, "now", lambda: noon)
    assert asked('holds_ticket(when: upcoming, session: "ATH02-STA")') == [lea]
    assert asked('holds_ticket(when: upcoming, session: "ATH01-STA")') == []


def test_the_lake_follows_every_change(lea: int, omar: int, tmp_path: Path) -> None:
    folder = whole(tmp_path / "event")
    import_programme(folder)
    assert asked('holds_ticket(session: "ATH02-STA")') == [lea]
    import_programme(write(tmp_path / "later", tickets=TICKETS.replace("12,4,7,valid", "12,4,7,cancelled")))
    assert asked('holds_ticket(session: "ATH02-STA")') == []
    assert asked("holds_ticket()") == [omar]
    moved = SESSIONS.replace("2024-08-02T10", "2024-08-05T10").replace("2024-08-02T13", "2024-08-05T13")
    import_programme(write(tmp_path / "moved", sessions=moved))
    assert asked("holds_ticket(day: 2024-08-02)") == []
    assert asked("holds_ticket(day: 2024-08-05)") == [omar]
    erase_fan(omar)
    assert asked("holds_ticket()") == []


def test_a_later_fan_and_her_ticket_meet_in_the_lake(tmp_path: Path) -> None:
    import_programme(whole(tmp_path / "event"))
    assert asked("holds_ticket()") == []
    lea = create_fan(source="test", email="lea@example.org")
    assert asked("holds_ticket()") == [lea]


def test_the_local_day_of_tahiti(tmp_path: Path) -> None:
    import_programme(whole(tmp_path / "event"))
    refresh()
    with reading() as reader:
        rows = reader.sql("SELECT session_code, local_day, starts_at FROM session ORDER BY 1").to_pylist()
    surf = rows[-1]
    assert (surf["session_code"], str(surf["local_day"])) == ("SRF01-TAH", "2024-07-27")
    assert surf["starts_at"].replace(tzinfo=UTC) == datetime(2024, 7, 28, 2, 0, tzinfo=UTC)


def test_a_word_with_a_typo_points_at_it(tmp_path: Path) -> None:
    import_programme(whole(tmp_path / "event"))
    with pytest.raises(AudienceError) as told:
        count('holds_ticket(sport: "Athletic")')
    assert told.value.column == 21


def test_likes_and_declared(lea: int, omar: int, tmp_path: Path) -> None:
    import_programme(whole(tmp_path / "event"))
    declare(lea, "athletics", 0.7)
    declare(omar, "surfing", 0.0)
    assert asked('likes("athletics") >= 0.6') == [lea]
    assert asked('likes("athletics") = 0') == [omar]
    assert asked('declared("surfing")') == [omar]
    declare(lea, "athletics", None)
    assert asked('likes("athletics") >= 0.6') == []
    assert asked('declared("athletics")') == []
