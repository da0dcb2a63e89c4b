"""Joining from elsewhere: a link, a form on another site, a program; always by her own confirmation."""

import json
from typing import Any

import pytest
from django.test import Client

from tests.accounts.signing import staff, staff_client
from tests.fanclub.world import LEA, fill_in, letters, link_in, press, wordings
from tifo.accounts.public import audit_entries, make_api_key
from tifo.consents.public import ledger
from tifo.fanclub.models import Joining
from tifo.fanclub.public import close_source, open_source, sources
from tifo.fans.public import fan_by_email, fan_count
from tifo.kernel.public import Refused

pytestmark = pytest.mark.django_db
FORM = {"email": "lea@example.org", "first_name": "Léa"}


@pytest.fixture
def festival() -> str:
    open_source("city-festival", "City festival", "Summer", actor_id=None)
    return "city-festival"


def test_a_form_elsewhere_leads_to_ours_filled_in_and_keeps_nothing(festival: str) -> None:
    client = Client(enforce_csrf_checks=True)
    page = client.post("/join/from/city-festival/", FORM).content.decode()
    assert 'value="lea@example.org"' in page
    assert 'value="Léa"' in page
    assert 'name="source" value="city-festival"' in page
    assert (Joining.objects.count(), fan_count(), letters()) == (0, 0, [])
    assert 'action="/join/"' in page
    assert client.post("/join/", FORM).status_code == 403, "our own form keeps its guard"


def test_a_fan_carries_the_place_that_she_joined_from(festival: str) -> None:
    client = Client()
    fill_in(client, "newsletter", source=festival)
    (letter,) = letters()
    press(client, link_in(letter))
    fan = fan_by_email("lea@example.org")
    assert fan is not None
    assert fan.source == festival
    assert [entry.proof.get("from") for entry in ledger(fan.id)][:1] == [festival]
    assert [(one.code, one.asked, one.confirmed) for one in sources()] == [(festival, 1, 1)]


@pytest.mark.parametrize("code", ["unknown", "closed", "x" * 60])
def test_a_place_that_is_none_is_our_own_form(code: str) -> None:
    open_source("closed", "Over", actor_id=None)
    close_source("closed", actor_id=None)
    assert Client().get(f"/join/from/{code}/")["Location"] == "/join/"
    client = Client()
    fill_in(client, source=code[:40])
    (letter,) = letters()
    press(client, link_in(letter))
    fan = fan_by_email("lea@example.org")
    assert fan is not None
    assert fan.source == "fan-club"


@pytest.mark.parametrize("code", ["", "A", "a", "two words", "-x", "x" * 41, "é-b", "a/b"])
def test_a_code_that_can_stand_in_no_link_is_refused(code: str) -> None:
    with pytest.raises(Refused, match="small letters"):
        open_source(code, "A place", actor_id=None)


def test_v2_staff_opens_and_closes_a_place_and_the_trail_says_so() -> None:
    desk = staff_client("animator")
    said = {"name": "Poster", "code": "poster", "campaign": ""}
    for _twice in range(2):
        assert desk.post("/studio/club/sources/", said).status_code == 302
    page = desk.get("/studio/club/sources/").content.decode()
    assert "/join/from/poster/" in page
    assert desk.post("/studio/club/sources/", {**said, "code": "No"}).status_code == 422
    for _twice in range(2):
        desk.post("/studio/club/sources/poster/close/")
    acts = [entry.act for entry in audit_entries() if entry.act.startswith("fanclub.")]
    assert sorted(acts) == ["fanclub.close-source", "fanclub.open-source"]


def contact(**more: Any) -> dict[str, Any]:
    said = {name: LEA[name] for name in ("email", "first_name", "birth_date", "country", "language")}
    proof = {"form": "festival tablet", "moment": "2026-06-01T10:00Z"}
    return {"key": "1", "source": "city-festival", **said, "proof": proof, **more}


def call(body: dict[str, Any], role: str = "communicator") -> Any:
    key = make_api_key(staff(role).pk, "festival", [role])
    return Client().post(
        "/api/v1/contacts/",
        json.dumps(body),
        content_type="application/json",
        headers={"Authorization": f"Bearer {key}"},
    )


def test_a_program_asks_her_by_letter_and_its_proof_stands_in_the_ledger(festival: str) -> None:
    key = make_api_key(staff("communicator").pk, "festival", ["communicator"])
    held = (
        Client()
        .get("/api/v1/contacts/wordings?language=fr", headers={"Authorization": f"Bearer {key}"})
        .json()
    )
    notice = next(one for one in held if one["purpose"] == "newsletter")
    assert notice["notice"] == int(
        wordings(Client().get("/join/", headers={"Accept-Language": "fr"}).content.decode())[
            "notice-newsletter"
        ]
    )
    agreed = [{"purpose": "newsletter", "notice": notice["notice"]}]
    for _twice in range(2):
        answer = call(contact(agreed=agreed))
        assert (answer.status_code, answer.json()) == (202, {"state": "asked"})
    assert fan_count() == 0
    (letter,) = letters()
    press(Client(), link_in(letter))
    fan = fan_by_email("lea@example.org")
    assert fan is not None
    first = ledger(fan.id)[0]
    assert (first.proof["from"], first.proof["form"], first.proof["notice"]) == (
        festival,
        "join",
        notice["notice"],
    )
    assert first.proof["there.moment"] == "2026-06-01T10:00Z"


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"source": "unknown"}, "no open place"),
        ({"email": "no address"}, ""),
        ({"country": "XX"}, "no country"),
        ({"birth_date": "2020-01-01"}, "not old enough"),
        ({"agreed": [{"purpose": "newsletter", "notice": 99999}]}, "wording 99999"),
        ({"proof": {"who": "lea@example.org"}}, "names no person"),
        ({"proof": {"form": "x" * 301}}, "at most 20"),
        ({"key": ""}, ""),
    ],
)
def test_what_a_program_says_is_checked_whole(festival: str, more: dict[str, Any], says: str) -> None:
    answer = call(contact(**more))
    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert letters() == []


def test_a_program_mails_nobody_without_end_and_needs_the_role(festival: str) -> None:
    assert [call(contact(key=f"{number}")).status_code for number in range(4)] == [202, 202, 202, 422]
    assert len(letters()) == 3
    assert call(contact(), role="analyst").status_code == 403
