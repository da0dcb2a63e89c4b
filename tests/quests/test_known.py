"""All that quests know of a fan goes into what she may ask for, with her photo."""

import io
import json
import zipfile

import pytest
from django.test import Client

from tests.accounts.signing import staff_client
from tests.fanclub.world import joined
from tests.quests.test_photos import hand_in, jpeg
from tests.quests.world import RIGHT, quiz, simple
from tifo.quests.public import found_team, invite, open_quest, take_part
from tifo.quests.queries import photo_place

pytestmark = pytest.mark.django_db


def test_everything_known_holds_what_she_played_and_her_photo(client: Client) -> None:
    fan = joined(client, language="en")
    other = joined(Client(), language="en", email="omar@example.org")
    open_quest(quiz())
    open_quest(simple("photo", ""))
    open_quest(simple("team", "counts: [judo-quiz]\ngoal: 50"))
    open_quest(simple("referral", ""))
    take_part(fan, "judo-quiz", RIGHT, may_learn=True)
    take_part(other, "judo-quiz", RIGHT)
    hand_in(client, jpeg(), show="yes")
    code = invite(fan, "referral")
    found_team(fan, "team", "The Lakes")
    sent = staff_client("data-protection").post(f"/studio/fans/{fan}/export/")
    with zipfile.ZipFile(io.BytesIO(sent.content)) as archive:
        known = json.loads(archive.read("everything.json"))
        readable = archive.read("everything.html").decode()
        (file,) = photo_place("x").parent.iterdir()
        assert archive.read("photos/photo.jpg") == file.read_bytes()
    plays = {one["quest"]: one for one in known["quests"]}
    assert [one["quest"] for one in known["quests"]] == ["judo-quiz", "photo", "referral", "team"]
    quiz_play = plays["judo-quiz"]
    assert (quiz_play["state"], quiz_play["points"], quiz_play["learnt"]) == ("judged", 10, True)
    assert {key: set(options) for key, options in quiz_play["answers"].items()} == {
        "1": {"ippon"},
        "2": {"osoto", "uchi"},
    }
    assert (plays["photo"]["photo"], plays["referral"]["link"]) == ("photos/photo.jpg", code)
    assert plays["team"]["team"]["name"] == "The Lakes"
    assert [one["amount"] for one in known["points"]] == [2, 10]
    assert "The judo quiz" in readable
    assert "The Lakes" in readable
