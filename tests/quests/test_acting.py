"""Predictions are settled and corrected, activities handed in and looked at, files opened again; erasing forgets."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.accounts.signing import staff_client
from tests.fanclub.world import joined
from tests.quests.tracked import gpx, run
from tests.quests.world import RIGHT, prediction, quiz, simple
from tifo.accounts.public import audit_entries
from tifo.fans.public import create_fan
from tifo.kernel.public import Refused, clock
from tifo.points.public import balances, broken_promises
from tifo.quests.actions import forget_plays
from tifo.quests.cli import COMMANDS
from tifo.quests.models import Activity, Appeal, Pick, Play
from tifo.quests.public import appeal, held, listed, look_at, open_quest, pay_settled, settle, take_part
from tifo.quests.rules.kinds import hits

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
Clock = Callable[[datetime], None]


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Set the clock."""

    def set_to(moment: datetime) -> None:
        monkeypatch.setattr(clock, "now", lambda: moment)

    set_to(NOW)
    return set_to


def pay() -> None:
    while pay_settled():
        pass


def points(fans: list[int]) -> list[int]:
    has = balances(fans)
    return [has[fan].points if fan in has else 0 for fan in fans]


def test_a_correction_takes_back_and_earns_anew(at: Clock) -> None:
    fans = [create_fan(source="test", email=f"f{n}@example.org") for n in range(3)]
    open_quest(prediction(closes=NOW + timedelta(hours=1)))
    for fan, final in zip(fans, ("red", "blue", "white"), strict=True):
        take_part(fan, "final", {"1": ("white",), "2": ("red",)})
        take_part(fan, "final", {"1": (final,), "2": ("red",)})  # the last one counts
    assert points(fans) == [0, 0, 0]
    with pytest.raises(Refused, match="still open"):
        settle("final", {"1": ("red",), "2": ("red",)}, actor_id=None)
    at(NOW + timedelta(hours=2))
    assert settle("final", {"1": ("red",), "2": ("blue",)}, actor_id=None) == 1
    pay()
    assert points(fans) == [10, 0, 0]
    assert settle("final", {"1": ("blue", "white"), "2": ("red",)}, actor_id=None) == 2
    pay()
    assert points(fans) == [10, 20, 20]
    assert settle("final", {"1": ("white", "blue"), "2": ("red",)}, actor_id=None) == 2
    pay()
    assert points(fans) == [10, 20, 20]
    assert broken_promises() == []
    assert [json.loads(entry.detail)["number"] for entry in audit_entries(act="quests.settle")][::-1] == [
        1,
        2,
    ]
    with pytest.raises(Refused, match="which of its answers"):
        settle("final", {"1": ("green",), "2": ("red",)}, actor_id=None)


@settings(max_examples=15)
@given(data=st.data())
def test_what_sql_counts_is_what_the_rule_says(data: st.DataObject) -> None:
    colours = st.sampled_from(["red", "blue", "white"])
    answers = data.draw(st.lists(st.tuples(colours, colours), min_size=1, max_size=4))
    right = {key: tuple(sorted(data.draw(st.sets(colours, min_size=1)))) for key in ("1", "2")}
    with transaction.atomic():
        open_quest(prediction())
        fans = [create_fan(source="test", email=f"f{n}@example.org") for n in range(len(answers))]
        for fan, (first, second) in zip(fans, answers, strict=True):
            take_part(fan, "final", {"1": (first,), "2": (second,)})
        open_quest(prediction(closes=datetime(2021, 1, 1, tzinfo=UTC)))
        settle("final", right, actor_id=None)
        quantities = dict(Play.objects.values_list("fan_id", "quantity"))
        assert [quantities[fan] for fan in fans] == [hits({"1": (a,), "2": (b,)}, right) for a, b in answers]
        transaction.set_rollback(True)


def test_what_was_answered_keeps_its_meaning() -> None:
    fan = create_fan(source="test", email="lea@example.org")
    open_quest(quiz())
    open_quest(quiz().replace("right: ippon", "right: yuko"))
    open_quest(quiz())
    take_part(fan, "judo-quiz", RIGHT)
    with pytest.raises(Refused, match="can’t change any more"):
        open_quest(quiz().replace("right: ippon", "right: yuko"))
    open_quest(quiz().replace("The judo quiz", "Judo for all"))
    assert [one.title["en"] for one in listed()] == ["Judo for all"]


def test_an_erased_fan_leaves_nothing() -> None:
    fan = create_fan(source="test", email="lea@example.org")
    open_quest(quiz())
    take_part(fan, "judo-quiz", RIGHT)
    forget_plays(fan)
    assert (Play.objects.count(), Pick.objects.count()) == (0, 0)


ACTIVITY = "sports: [run]\ngoal: 2000\n"


def handed(client: Client, track: bytes, sport: str = "run") -> int:
    file = SimpleUploadedFile("run.gpx", track)
    return client.post("/quests/activity/answer/", {"sport": sport, "track": file}).status_code


def test_an_activity_counts_once_whoever_hands_it_in(client: Client) -> None:
    fan = joined(client, language="en")
    open_quest(simple("activity", ACTIVITY))
    assert handed(client, gpx(run(5))) == 302  # too short: she may hand in another
    assert points([fan]) == [0]
    assert handed(client, b"<gpx") == 422
    recorded = gpx(run(15))
    assert handed(client, recorded) == 302
    assert points([fan]) == [7]
    other = Client()
    other_fan = joined(other, language="en", email="omar@example.org")
    assert handed(other, recorded) == 422
    assert points([other_fan]) == [0]
    assert Activity.objects.count() == 1


def test_a_doubtful_one_is_held_until_a_person_decides(client: Client) -> None:
    fan = joined(client, language="en")
    open_quest(simple("activity", ACTIVITY))
    assert handed(client, gpx(run(15, speed=12.0))) == 302
    (waiting,) = held("activity")
    assert "too-fast" in waiting.doubts
    assert points([fan]) == [0]
    desk = staff_client("animator")
    assert "faster than people are" in desk.get("/studio/club/quests/activity/").content.decode()
    for _twice in range(2):
        desk.post(f"/studio/club/quests/activity/held/{waiting.play_id}/", {"act": "count"})
    assert points([fan]) == [7]
    with pytest.raises(Refused, match="decided this already"):
        look_at("activity", waiting.play_id, ok=False, actor_id=None)
    assert len(audit_entries(act="quests.look")) == 1


def test_a_calendar_is_done_when_its_doors_were_opened(client: Client) -> None:
    fan = joined(client, language="en")
    open_quest(quiz())
    open_quest(simple("calendar", "doors: [judo-quiz]"))
    client.post("/quests/calendar/answer/")
    assert points([fan]) == [0]
    take_part(fan, "judo-quiz", RIGHT)
    client.post("/quests/calendar/answer/")
    assert points([fan]) == [17]


def test_staff_opens_previews_and_settles(client: Client, at: Clock) -> None:
    desk = staff_client("animator")
    place = "/studio/club/quests/"
    assert "No quest yet" in desk.get(place).content.decode()
    source = prediction(closes=NOW + timedelta(hours=1))
    seen = desk.post(f"{place}new/", {"source": source, "act": "look"}).content.decode()
    assert "Qui gagne" in seen
    assert listed() == []
    wrong = desk.post(f"{place}new/", {"source": source.replace("points: 10", "pints: 10"), "act": "open"})
    assert wrong.status_code == 422
    assert "line 6, column 1" in wrong.content.decode()
    assert desk.post(f"{place}new/", {"source": source, "act": "open"})["Location"] == f"{place}final/"
    fan = create_fan(source="test", email="lea@example.org")
    take_part(fan, "final", {"1": ("red",), "2": ("blue",)})
    at(NOW + timedelta(hours=2))
    shown = re.sub(r"<[^>]+>|\s+", " ", desk.get(f"{place}final/").content.decode())
    assert re.search(r"Red +1 · 100\s?%", shown), "one of one said red"
    desk.post(f"{place}final/settle/", {"q1": "red", "q2": ["blue", "red"]})
    pay()
    assert points([fan]) == [20]
    assert [one.state for one in listed()] == ["settled"]


def test_the_command_line_checks_opens_and_lists(tmp_path: Path) -> None:
    file = tmp_path / "quest.yaml"
    file.write_text(quiz())
    call = CliRunner().invoke
    assert "is in order" in call(COMMANDS["quests check"], [str(file)]).output
    assert listed() == []
    assert call(COMMANDS["quests open"], [str(file)]).exit_code == 0
    assert (
        call(COMMANDS["quests list"], ["--json"]).output
        == '[{"name": "judo-quiz", "kind": "quiz", "state": "open", "plays": 0}]\n'
    )


def test_she_asks_for_a_second_look_once_and_is_answered(client: Client) -> None:
    fan = joined(client, language="en")
    open_quest(simple("activity", ACTIVITY))
    place, words = "/quests/activity/", "  I was on\n my bicycle, sorry "
    assert client.post(f"{place}appeal/", {"words": words}).status_code == 302
    assert Appeal.objects.count() == 0
    handed(client, gpx(run(15, speed=12.0)))
    (waiting,) = held("activity")
    desk, judge = staff_client("animator"), f"/studio/club/quests/activity/held/{waiting.play_id}/"
    desk.post(judge, {"act": "refuse"})
    assert "I don’t agree" in client.get(place).content.decode()
    client.post(f"{place}appeal/", {"words": "no"})
    assert Appeal.objects.count() == 0
    for _twice in range(2):
        client.post(f"{place}appeal/", {"words": words})
    assert [one.appeal for one in held("activity")] == ["I was on my bicycle, sorry"]
    assert "I was on my bicycle, sorry" in desk.get("/studio/club/quests/activity/").content.decode()
    desk.post(judge, {"act": "refuse"})  # an answer is owed
    assert len(held("activity")) == 1
    desk.post(judge, {"act": "refuse", "answer": "This one is for runners."})
    page = client.get(place).content.decode()
    assert ("This one is for runners." in page, "I don’t agree" in page) == (True, False)
    client.post(f"{place}appeal/", {"words": "But I ran"})
    assert (held("activity"), points([fan])) == ([], [0])
    said = [json.loads(entry.detail) for entry in audit_entries(act="quests.look")]
    assert said[::-1] == [{"counts": False}, {"counts": False, "appeal": True}]
    forget_plays(fan)
    assert Appeal.objects.count() == 0


def test_a_second_look_may_let_it_count(client: Client) -> None:
    fan = joined(client, language="en")
    open_quest(simple("activity", ACTIVITY))
    handed(client, gpx(run(15, speed=12.0)))
    (waiting,) = held("activity")
    look_at("activity", waiting.play_id, ok=False, actor_id=None)
    appeal(fan, "activity", "My watch lost its way")
    look_at("activity", waiting.play_id, ok=True, actor_id=None)
    assert points([fan]) == [7]
