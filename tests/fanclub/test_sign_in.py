"""Signing in by a mailed code: known fans get an account, strangers get the same page and no mail."""

import re

import pytest
from allauth.account.models import EmailAddress
from django.test import Client

from tests.accounts.signing import staff
from tests.fanclub.world import joined, letters, signed_in_as
from tifo.accounts.models import User
from tifo.accounts.public import ensure_account
from tifo.fans.public import create_fan, update_fan

pytestmark = pytest.mark.django_db


def code_in(letter: object) -> str:
    return str(letter["Subject"]).split()[0]  # type: ignore[index]


def test_a_fan_we_know_signs_in_without_ever_having_had_an_account() -> None:
    create_fan(source="import:tickets", email="lea@example.org", first_name="Léa", language="fr")
    client = Client()
    asked = client.post("/sign-in/", {"email": "LEA@example.org"}, follow=True)
    assert asked.request["PATH_INFO"] == "/sign-in/code/"
    (letter,) = letters()
    assert letter["To"] == "lea@example.org"
    done = client.post("/sign-in/code/", {"code": code_in(letter)})
    assert done["Location"] == "/"
    assert signed_in_as(client) == "lea@example.org"
    assert "Bonjour, Léa" in client.get("/").content.decode()


def test_she_lands_where_she_wanted() -> None:
    create_fan(source="test", email="lea@example.org")
    client = Client()
    client.post("/sign-in/?next=/sessions/", {"email": "lea@example.org", "next": "/sessions/"})
    (letter,) = letters()
    done = client.post("/sign-in/code/", {"code": code_in(letter), "next": "/sessions/"})
    assert done["Location"] == "/sessions/"


def test_a_stranger_gets_the_same_page_and_no_account() -> None:
    create_fan(source="test", email="lea@example.org")
    pages = []
    for address in ("lea@example.org", "stranger@example.org"):
        answer = Client().post("/sign-in/", {"email": address}, follow=True)
        page = answer.content.decode().replace(address, "…")
        pages.append(re.sub(r'value="\w{64}"', "", page))
    assert pages[0] == pages[1]
    assert len(letters()) == 1
    assert not User.objects.filter(email="stranger@example.org").exists()


def test_an_address_that_she_gave_up_opens_nothing_of_hers() -> None:
    client = Client()
    her = joined(client, "newsletter")
    assert client.get("/preferences/").status_code == 200
    update_fan(her, email="lea.martin@example.org", by_herself=True)
    assert client.get("/preferences/")["Location"] == "/"
    other = create_fan(source="test", email="lea@example.org", first_name="Leah", by_herself=True)
    assert other != her
    assert "Leah" in client.get("/").content.decode()


def test_staff_who_is_no_fan_gets_no_account_twice() -> None:
    member = staff("support")
    before = User.objects.count()
    Client().post("/sign-in/", {"email": member.email})
    assert User.objects.count() == before


@pytest.mark.parametrize("address", ["", "lea", "lea@example.org\nBcc: x@example.org"])
def test_what_is_no_address_is_said(address: str) -> None:
    answer = Client().post("/sign-in/", {"email": address})
    assert answer.status_code == 200
    assert 'class="field wrong"' in answer.content.decode()
    assert letters() == []


@pytest.mark.parametrize("proved", [{}, {"verified": True, "primary": False}, {"verified": True}])
def test_only_a_proved_address_shows_a_fan(proved: dict[str, bool]) -> None:
    create_fan(source="test", email="lea@example.org", first_name="Léa")
    user = User.objects.get(pk=ensure_account("lea@example.org"))
    EmailAddress.objects.filter(user=user).update(**proved)
    client = Client()
    client.force_login(user)
    shown = client.get("/preferences/")
    assert shown.status_code == (200 if proved == {"verified": True} else 302)
    assert ("Léa" in client.get("/").content.decode()) == (proved == {"verified": True})
