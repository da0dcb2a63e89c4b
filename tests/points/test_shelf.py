"""Badges to take along, and boards that only those stand on who want to."""

import base64
import hashlib
import json
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.test import Client

from tests.fanclub.world import joined, settle
from tifo.fans.public import create_fan, erase_fan, join_club, leave_club, update_fan
from tifo.kernel.public import Refused
from tifo.points.models import BadgeGiven, Board
from tifo.points.public import (
    Level,
    Rule,
    badges_of,
    board,
    earn,
    give_badge,
    leave_boards,
    publish_rule,
    set_badge,
    set_ladder,
    stand_on_boards,
)

pytestmark = pytest.mark.django_db


def player(name: str, status: int, born: str | None = "1996-05-01", country: str = "FR") -> int:
    """A fan with so many status points who wants to stand on the boards as `name`."""
    fan = create_fan(source="test", email=f"{name}@example.org", country=country, birth_date=born)
    publish_rule(Rule("play", "x", points=0, status=1))
    earn(fan, "play", "all", quantity=status)
    stand_on_boards(fan, name)
    return fan


def opened(part: str) -> Any:
    return json.loads(base64.urlsafe_b64decode(part + "=="))


def raw(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "==")


def test_a_level_brings_its_badge_once_and_anybody_checks_the_file(client: Client) -> None:
    fan = joined(client, language="fr")
    set_badge("level-gold", {"en": "Gold", "fr": "Or"}, {"fr": "Dix points de statut."})
    set_ladder([Level(1, "gold", {"en": "Gold"}, at_least=10, keeps_at=10)])
    publish_rule(Rule("play", "x", points=0, status=1))
    assert client.get("/points/badges/level-gold.jwt").status_code == 404
    earn(fan, "play", "one", quantity=10)
    assert not give_badge(fan, "level-gold")
    token = client.get("/points/badges/level-gold.jwt").content.decode()
    head, said, mac = token.split(".")
    by = Client().get("/badges/issuer.json").json()
    assert opened(head) == {"alg": "EdDSA", "typ": "JWT", "jwk": by["jwk"]}
    key = Ed25519PublicKey.from_public_bytes(raw(by["jwk"]["x"]))
    key.verify(raw(mac), f"{head}.{said}".encode())
    with pytest.raises(InvalidSignature):
        key.verify(raw(mac), f"{head}.{said[:-2]}xx".encode())
    claims = opened(said)
    assert claims["type"] == ["VerifiableCredential", "OpenBadgeCredential"]
    assert (claims["iss"], claims["issuer"]["id"]) == (by["id"], by["id"])
    subject = claims["credentialSubject"]
    assert (subject["achievement"]["name"], subject["achievement"]["criteria"]["narrative"]) == (
        "Or",
        "Dix points de statut.",
    )
    (who,) = subject["identifier"]
    assert (
        who["identityHash"]
        == "sha256$" + hashlib.sha256(f"lea@example.org{who['salt']}".encode()).hexdigest()
    )
    assert b"lea@" not in raw(said)
    where = subject["achievement"]["id"].partition("//")[2].partition("/")[2]
    assert Client().get(f"/{where}").json()["name"] == "Gold"


def test_u2_a_badge_is_shown_to_its_fan_only(client: Client) -> None:
    joined(client)
    other = create_fan(source="test", email="omar@example.org")
    set_badge("first", {"en": "First"}, {})
    assert give_badge(other, "first")
    assert client.get("/points/badges/first.jwt").status_code == 404
    assert "Take the file along" not in client.get("/points/badges/").content.decode()
    assert [(one.key, one.given_at is None) for one in badges_of(other, "en")] == [("first", False)]


@pytest.mark.parametrize(
    ("key", "names"), [("", {"en": "x"}), ("A", {"en": "x"}), ("a", {}), ("a", {"en": ""})]
)
def test_a_badge_that_says_nothing_is_refused(key: str, names: dict[str, str]) -> None:
    with pytest.raises(Refused):
        set_badge(key, names, {})


def test_only_those_stand_on_a_board_who_want_to_best_first_and_equal_ones_together() -> None:
    ana, ben, cy = player("Ana", 50), player("Ben", 70), player("Cy", 50, country="BE")
    away = player("Di", 90)
    leave_boards(away)
    assert [(line.rank, line.name) for line in board(ana, "all").lines] == [(1, "Ben"), (2, "Ana"), (2, "Cy")]
    assert [line.name for line in board(ana, "country").lines] == ["Ben", "Ana"]
    assert (board(cy, "all").rank, board(cy, "country").rank, board(cy, "country").of) == (2, 1, 1)
    assert (board(away, "all").rank, board(away, "country").lines) == (None, ())
    assert board(ben, "all").lines[0].hers


def test_bands_of_age_hold_those_of_like_age() -> None:
    young, old = player("Ana", 5, born="2004-01-01"), player("Ben", 9, born="1950-01-01")
    unknown = player("Cy", 7, born=None)
    assert [line.name for line in board(young, "age").lines] == ["Ana"]
    assert [line.name for line in board(old, "age").lines] == ["Ben"]
    assert board(unknown, "age").lines == ()


def test_no_minor_is_named_whatever_was_known_of_her_age_before() -> None:
    child = player("Ana", 5, born="2012-01-01")
    unknown = player("Cy", 7, born=None)
    grown = player("Ben", 6)
    names = {line.rank: line.name for line in board(child, "all").lines}
    assert names == {1: "", 2: "Ben", 3: ""}
    Board.objects.filter(fan_id=child).update(name="Ana")  # however it came there
    assert [line.name for line in board(grown, "all").lines] == ["", "Ben", ""]
    assert Board.objects.get(fan_id=unknown).name == ""


@pytest.mark.parametrize("name", ["", "A", "x" * 31, "lea@example.org", "a/b", "a\u202eb", "<b>x</b>"])
def test_a_name_that_could_hide_something_is_refused(name: str) -> None:
    fan = create_fan(source="test", email="lea@example.org", birth_date="1996-05-01")
    with pytest.raises(Refused):
        stand_on_boards(fan, name)


def test_she_steps_on_and_off_by_one_press(client: Client) -> None:
    fan = joined(client, language="en")
    publish_rule(Rule("play", "x", points=0, status=1))
    earn(fan, "play", "all", quantity=3)
    assert "Do you want to stand here?" in client.get("/points/boards/").content.decode()
    client.post("/points/boards/stand/", {"name": "  Léa  L "})
    page = client.get("/points/boards/?by=country").content.decode()
    assert "Léa L" in page
    assert "Your place: 1 of 1." in page
    client.post("/points/boards/leave/")
    assert Board.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_boards_follow_what_is_known_and_forget_with_her() -> None:
    ana, ben = player("Ana", 5), player("Ben", 6)
    set_badge("first", {"en": "First"}, {})
    give_badge(ana, "first")
    update_fan(ana, country="BE")
    settle()
    assert Board.objects.get(fan_id=ana).country == "BE"
    erase_fan(ana)
    settle()
    assert (Board.objects.filter(fan_id=ana).count(), BadgeGiven.objects.filter(fan_id=ana).count()) == (0, 0)
    with pytest.raises(Refused, match="erased"):
        stand_on_boards(ana, "Ana")
    assert Board.objects.filter(fan_id=ben).exists()
    join_club(ben)
    leave_club(ben)
    settle()
    assert Board.objects.count() == 0
