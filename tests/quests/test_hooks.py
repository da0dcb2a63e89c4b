"""A tracker's service tells activities: signed, fresh, once; a fan is named by the code that she gave it."""

import base64
import hashlib
import hmac
import json
import time
from datetime import UTC, datetime
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.exceptions import ImproperlyConfigured
from django.test import Client

from tests.fanclub.world import joined
from tests.quests.world import simple
from tifo.points.public import balances
from tifo.quests.models import Activity, Play
from tifo.quests.public import held, open_quest, tracker_code
from tifo.quests.rules.told import secret_of, signature
from tifo.server import settings as house
from tifo.server.checks import check_settings

KEY = b"twenty-four bytes or more"
SECRET = "whsec_" + base64.b64encode(KEY).decode()
PLACE = "/hooks/activities/watch/"


@pytest.fixture
def fan(db: None, settings: LazySettings, client: Client) -> int:
    settings.TIFO_TRACKERS = {"watch": SECRET, "other": SECRET}
    number = joined(client, language="en")
    open_quest(simple("activity", "sports: [run]\ngoal: 12000\n"))
    return number


def body(fan: int, /, **other: object) -> bytes:
    said = {"id": "a-77", "fan": tracker_code("watch", fan), "quest": "activity", "sport": "run"}
    started = "2026-05-02T09:30:00+02:00"
    return json.dumps(said | {"started_at": started, "seconds": 3600, "metres": 12_000} | other).encode()


def tell(
    said: bytes, *, message: str = "m-1", late: int = 0, key: bytes = KEY, place: str = PLACE
) -> tuple[int, Any]:
    seconds = int(time.time()) - late
    mac = hmac.new(key, f"{message}.{seconds}.".encode() + said, hashlib.sha256).digest()
    answer = Client(enforce_csrf_checks=True).post(
        place,
        said,
        content_type="application/json",
        headers={
            "webhook-id": message,
            "webhook-timestamp": str(seconds),
            "webhook-signature": f"v1,c2hvcnQ= v1,{base64.b64encode(mac).decode()}",
        },
    )
    return answer.status_code, answer.json()


def test_the_signature_is_that_of_standard_webhooks() -> None:
    secret = secret_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    made = signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_twelve_kilometres_in_one_go_count_once(fan: int, client: Client) -> None:
    assert tell(body(fan, id="a-76", metres=11_999), message="m-0") == (
        200,
        {"state": "refused", "points": 0},
    )
    assert tell(body(fan)) == (200, {"state": "judged", "points": 7})
    assert tell(body(fan)) == (200, {"state": "judged", "points": 7})  # the same message
    assert tell(body(fan, id="a-78"), message="m-2") == (200, {"state": "judged", "points": 7})  # another run
    other = joined(Client(), language="en", email="omar@example.org")
    status, said = tell(body(other), message="m-3")
    assert (status, said["error"]) == (
        422,
        "This activity was handed in before; each counts once.",
    )
    assert balances([fan, other])[fan].points == 7
    activity = Activity.objects.get()
    assert (activity.metres, activity.seconds, activity.doubts) == (12_000, 3600, [])
    assert activity.started_at == datetime(2026, 5, 2, 7, 30, tzinfo=UTC)
    assert Play.objects.get(state="judged").tries == 2


def test_what_people_cannot_do_waits_for_a_person(fan: int) -> None:
    assert tell(body(fan, seconds=1200))[1] == {"state": "held", "points": 0}
    assert [one.doubts for one in held("activity")] == [("too-fast",)]


def test_what_nobody_vouches_for_changes_nothing(fan: int) -> None:
    cases: tuple[tuple[int, dict[str, Any]], ...] = (
        (401, {"key": b"another secret of 24 bytes"}),
        (401, {"late": 301}),
        (401, {"late": -301}),
        (401, {"message": ""}),
        (404, {"place": "/hooks/activities/nobody/"}),
        (422, {"place": "/hooks/activities/other/"}),  # her code was for another service
    )
    for status, sent in cases:
        assert tell(body(fan), **sent)[0] == status, sent
    assert Client().get(PLACE).status_code == 405
    assert Client().post(PLACE, b"{}", content_type="application/json").status_code == 401
    assert Play.objects.count() == 0


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"metres": 12.5}, "metres is a whole number from 0 to 2000000"),
        ({"metres": True}, "metres is a whole number from 0 to 2000000"),
        ({"seconds": 0}, "seconds is a whole number from 1 to 691200"),
        ({"sport": "chess"}, "sport is one of walk, run, ride, swim, other"),
        ({"id": ""}, "id is a text of 1 to 200 characters"),
        ({"fan": None}, "fan is a text of 1 to 200 characters"),
        (
            {"started_at": "2026-05-02T09:30"},
            "started_at is a moment with its zone, as 2026-07-26T19:30:00+02:00",
        ),
    ],
)
def test_what_cannot_be_read_is_named(fan: int, said: dict[str, object], why: str) -> None:
    assert tell(body(fan, **said)) == (400, {"error": why})
    assert tell(b"[" * 5_000)[0] == 400
    assert tell(b" " * 10_001)[0] == 413
    assert Play.objects.count() == 0


def test_she_finds_her_code_for_each_service(fan: int, client: Client) -> None:
    page = client.get("/quests/activity/").content.decode()
    assert [tracker_code(name, fan) in page for name in ("watch", "other", "third")] == [True, True, False]


def test_a_secret_that_is_none_is_refused_at_the_start() -> None:
    said = vars(house)
    check_settings(said)
    with pytest.raises(ImproperlyConfigured, match="TIFO_TRACKERS names 'watch'"):
        check_settings(said | {"TIFO_TRACKERS": {"watch": "short"}})
