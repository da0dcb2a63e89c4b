"""Her points as she reads them, and the ledger of a fan as staff reads and mends it."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from tests.accounts.signing import staff_client
from tests.fanclub.world import joined
from tifo.accounts.public import audit_entries
from tifo.fans.public import create_fan
from tifo.kernel.public import Refused
from tifo.points.public import (
    Balance,
    Level,
    Rule,
    Way,
    balances,
    broken_promises,
    earn,
    history,
    name_cause,
    publish_rule,
    reverse,
    set_ladder,
    spend,
    take_back,
    way_up,
)
from tifo.points.web.shown import shown

pytestmark = pytest.mark.django_db
DAY = datetime(2026, 3, 1, 9, tzinfo=UTC)
BRONZE = Level(1, "bronze", {"en": "Bronze", "fr": "Bronze"}, at_least=10, keeps_at=10)
GOLD = Level(2, "gold", {"en": "Gold", "fr": "Or"}, at_least=50, keeps_at=40)


def played(fan_id: int) -> None:
    """She ran 12 km, answered a quiz, and bought a cap."""
    publish_rule(Rule("run", "metre", points=10, status=1, per=1000))
    publish_rule(Rule("quiz/judo", "answer", points=5))
    name_cause("quiz/judo", {"en": "The judo quiz", "fr": "Le quiz du judo"})
    name_cause("shop/cap", {"en": "A cap"})
    earn(fan_id, "run", "sunday", quantity=12_000, at=DAY)
    earn(fan_id, "quiz/judo", "play:1")
    spend(fan_id, 25, "order:1", about="shop/cap")


def text_of(page: bytes) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page.decode()).split())


def test_the_history_has_a_line_a_deed_named_in_her_language() -> None:
    fan = create_fan(source="test", email="lea@example.org")
    played(fan)
    rows = shown(history(fan), "fr")
    assert [(row.says, row.points, row.status) for row in rows] == [
        ("Spent: A cap", -25, 0),
        ("Le quiz du judo", 5, 0),
        ("Earned", 120, 12),
    ]
    assert (rows[2].at, rows[2].oldest) == (DAY, history(fan)[-1].transfer_id)


def test_what_is_taken_back_stands_crossed_out_with_the_reason(client: Client) -> None:
    fan = joined(client, language="en")
    played(fan)
    (run,) = (line for line in history(fan) if line.rule == "run" and line.currency == "points")
    reverse(run.transfer_id, note="this was a bicycle")
    page = client.get("/points/").content
    text = text_of(page)
    assert "-20 points" in text.replace("−", "-").replace("\N{LEFT-TO-RIGHT MARK}", "")
    assert "Corrected · this was a bicycle" in text
    assert "Below zero" in text


def test_she_sees_her_level_what_the_next_takes_and_what_expires(client: Client) -> None:
    fan = joined(client, language="en")
    set_ladder([BRONZE, GOLD])
    played(fan)
    publish_rule(Rule("gift", "x", points=7, life_days=30))
    earn(fan, "gift", "birthday")
    text = text_of(client.get("/points/").content)
    assert "107 points" in text
    assert "Your level: Bronze. 38 more status points, and you are Gold." in text
    assert "7 of your points expire on" in text
    assert way_up(fan) == Way(BRONZE, GOLD, 38)


def test_the_first_page_teaches_and_old_ones_follow(client: Client) -> None:
    fan = joined(client, language="en")
    assert "No points yet" in text_of(client.get("/points/").content)
    publish_rule(Rule("quiz", "answer", points=1))
    for number in range(41):
        earn(fan, "quiz", f"play:{number}")
    first = client.get("/points/").content.decode()
    assert first.count("Earned") == 40
    (older,) = re.findall(r'href="(\?before=\d+)"', first)
    assert client.get("/points/" + older).content.decode().count("Earned") == 1
    for odd in ("x", "-1", "9" * 40, "²"):
        assert client.get("/points/", {"before": odd}).status_code == 200


def test_a_cause_without_a_name_and_one_too_long_are_refused() -> None:
    for key, names in (
        ("", {"en": "x"}),
        ("k" * 121, {"en": "x"}),
        ("k", {"en": ""}),
        ("k", {"en": "x" * 201}),
    ):
        with pytest.raises(Refused):
            name_cause(key, names)


def test_v2_staff_takes_back_once_with_a_reason_and_the_trail_says_so() -> None:
    fan = create_fan(source="test", email="lea@example.org")
    played(fan)
    (quiz,) = (line for line in history(fan) if line.rule == "quiz/judo")
    desk = staff_client("support")
    way = f"/studio/points/{fan}/take-back/"
    desk.post(way, {"transfer": quiz.transfer_id, "note": " "})
    assert balances([fan])[fan] == Balance(100, 12)
    for _twice in range(2):
        assert desk.post(way, {"transfer": quiz.transfer_id, "note": "counted twice"}).status_code == 302
    assert balances([fan])[fan] == Balance(95, 12)
    (entry,) = audit_entries(act="points.reverse")
    assert entry.subject == f"transfer:{quiz.transfer_id}"
    page = text_of(desk.get(f"/studio/points/{fan}/").content)
    assert "The judo quiz · quiz/judo play:1" in page
    assert "counted twice" in page
    assert broken_promises() == []


def test_u2_an_entry_of_another_fan_is_none() -> None:
    fan, other = (create_fan(source="test", email=f"{name}@example.org") for name in ("lea", "omar"))
    publish_rule(Rule("gift", "x", points=3))
    earn(other, "gift", "birthday")
    played(fan)
    entry = history(fan)[-1].transfer_id
    desk = staff_client("support")
    for transfer in (str(entry), "0", "x", "9" * 30):
        answer = desk.post(f"/studio/points/{other}/take-back/", {"transfer": transfer, "note": "not hers"})
        assert answer.status_code == 404
    assert balances([fan, other]) == {fan: Balance(100, 12), other: Balance(3, 0)}
    assert desk.get("/studio/points/987654/").status_code == 404


def test_taking_back_says_the_reason_that_it_was_given_first() -> None:
    fan = create_fan(source="test", email="lea@example.org")
    played(fan)
    transfer = history(fan)[-1].transfer_id
    first = take_back(transfer, note="  a  bicycle ", actor_id=1)
    assert take_back(transfer, note="another reason", actor_id=2) == first
    assert [line.note for line in history(fan) if line.kind == "reverse"] == ["a bicycle"]
    assert DAY + timedelta(0) == history(fan)[0].effective_at
