"""A fan plays: what her browser shows and sends, what she earns, and what is learnt of her."""

import re

import pytest
from django.test import Client

from tests.fanclub.world import joined
from tests.quests.world import quiz, simple
from tifo.lake.public import refresh
from tifo.points.public import Balance, balances, history
from tifo.preferences.public import preferences_of
from tifo.quests.models import Pick, Play
from tifo.quests.public import open_quest

pytestmark = pytest.mark.django_db
ALL_RIGHT = {"q1": "ippon", "q2": ["osoto", "uchi"]}
PLACE = "/quests/judo-quiz/"


def text_of(page: bytes) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page.decode()).split())


def test_a_quiz_is_played_judged_paid_and_learnt_from_with_the_reason(client: Client) -> None:
    fan = joined(client, language="en")
    open_quest(quiz())
    assert "The judo quiz" in text_of(client.get("/quests/").content)
    page = client.get(PLACE)
    assert "5 points for each right answer." in text_of(page.content)
    assert "worth the whole fight" not in page.content.decode()
    answer = client.post(f"{PLACE}answer/", {**ALL_RIGHT, "learn": "yes"})
    assert (answer.status_code, answer["Location"]) == (302, PLACE)
    shown = text_of(client.get(PLACE).content)
    assert "10 points earned" in shown
    assert "2 of 2 right." in shown
    assert "Ippon is worth the whole fight." in shown
    assert balances([fan]) == {fan: Balance(10, 2)}
    assert {line.rule for line in history(fan)} == {"quest/judo-quiz"}
    assert "The judo quiz" in text_of(client.get("/points/").content)
    (taste,) = preferences_of(fan)
    assert (taste.topic.slug, [reason.source for reason in taste.reasons]) == ("judo", ["quiz"])
    assert "because you answered a quiz about Judo" in text_of(client.get("/preferences/").content)


def test_nothing_is_learnt_that_she_did_not_tick(client: Client) -> None:
    fan = joined(client, language="en")
    open_quest(quiz())
    page = client.get(PLACE).content.decode()
    assert 'name="learn" value="yes"' in page
    assert "checked" not in page
    client.post(f"{PLACE}answer/", ALL_RIGHT)
    assert Play.objects.get(fan_id=fan).quantity == 2
    assert preferences_of(fan) == []


def test_q1_the_first_answer_counts_however_often_it_is_sent(client: Client) -> None:
    fan = joined(client, language="en")
    open_quest(quiz())
    client.post(f"{PLACE}answer/", {"q1": "yuko", "q2": "osoto"})
    for _tap in range(3):
        assert client.post(f"{PLACE}answer/", ALL_RIGHT).status_code == 302
    play = Play.objects.get(fan_id=fan)
    assert (play.state, play.quantity, play.tries) == ("judged", 0, 1)
    assert set(Pick.objects.filter(play=play).values_list("question", "option")) == {
        ("1", "yuko"),
        ("2", "osoto"),
    }
    assert balances([fan]) == {}


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"q1": "ippon"},
        {"q1": "x", "q2": "osoto"},
        {"q1": ["ippon", "yuko"], "q2": "osoto"},
        {"q1": "ippon", "q2": ["osoto", "osoto"]},
        {"q1": "\u202e", "q2": "'"},
    ],
)
def test_what_was_not_offered_is_refused_in_words_and_changes_nothing(
    client: Client, sent: dict[str, object]
) -> None:
    fan = joined(client, language="en")
    open_quest(quiz())
    assert client.post(f"{PLACE}answer/", sent).status_code == 422
    assert not Play.objects.filter(fan_id=fan).exists()


def test_t7_looking_begins_and_answers_nothing(client: Client) -> None:
    joined(client, language="en")
    open_quest(quiz(more="seconds: 30"))
    for way in ("", "start/", "answer/"):
        client.get(PLACE + way, ALL_RIGHT)
    assert not Play.objects.exists()


def test_u2_what_is_not_for_her_looks_like_what_is_not_there(client: Client) -> None:
    joined(client, language="en")
    open_quest(quiz("secret", more="audience: 'country = \"DE\"'"))
    refresh()
    assert client.get("/quests/secret/").status_code == 404
    assert client.post("/quests/secret/answer/", ALL_RIGHT).status_code == 404
    assert not Play.objects.exists()
    gone = client.get("/quests/nothing/")
    assert gone.status_code == 404
    assert client.post("/quests/nothing/answer/", ALL_RIGHT).status_code == 404
    assert Client().get("/quests/secret/").status_code == 302


def test_a_code_may_be_tried_again_and_counts_once(client: Client) -> None:
    fan = joined(client, language="en")
    open_quest(simple("code", "codes: [LAKE-2026]"))
    client.post("/quests/code/answer/", {"code": "lake-2025"})
    assert "none of the codes" in text_of(client.get("/quests/code/").content)
    for _twice in range(2):
        client.post("/quests/code/answer/", {"code": " lake-2026 "})
    assert balances([fan]) == {fan: Balance(7, 0)}
