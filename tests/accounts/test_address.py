"""Another address to sign in with: asked for, confirmed by mail, told to the old one."""

import re

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client

from tests.accounts.signing import PASSWORD, fan_account, staff
from tests.accounts.test_entrance import sign_in, signed_in
from tifo.accounts.models import AuditEntry, User

pytestmark = pytest.mark.django_db

PAGE = "/account/address/"


@pytest.fixture(autouse=True)
def _no_limits_left_over() -> None:
    cache.clear()


def desk_of(user: User) -> Client:
    """Somebody who signed in and has just shown her password again."""
    client = Client()
    sign_in(client, user)
    client.post("/account/confirm/", {"password": PASSWORD})
    return client


def link_for(client: Client, address: str) -> str:
    """Ask for `address`; the link that was mailed there."""
    mail.outbox.clear()
    client.post(PAGE, {"email": address, "action_add": ""})
    (letter,) = mail.outbox
    assert letter.to == [address.lower()]
    link = re.search(r"http://testserver(/account/address/\S+)", letter.body)
    assert link is not None
    return link[1]


def test_the_new_address_counts_once_its_link_was_followed() -> None:
    user = staff("analyst")
    old = user.email
    client, elsewhere = desk_of(user), desk_of(user)
    link = link_for(client, "New@Example.org")
    assert User.objects.get(pk=user.pk).email == old
    assert "new@example.org" in client.get(PAGE).content.decode()
    assert "new@example.org" in client.get(link).content.decode()
    assert User.objects.get(pk=user.pk).email == old, "looking changes nothing"
    assert client.post(link)["Location"] == "/account/"
    assert User.objects.get(pk=user.pk).email == "new@example.org"
    assert mail.outbox[-1].to == [old]
    assert AuditEntry.objects.latest("sequence").act == "accounts.change_address"
    assert client.get("/studio/components/").status_code == 200
    assert elsewhere.get("/studio/components/").status_code == 302, "other sessions end"
    assert "no longer counts" in client.get(link).content.decode()
    fresh = Client()
    fresh.post("/studio/sign-in/", {"login": "new@example.org", "password": PASSWORD})
    assert signed_in(fresh)


def test_an_address_of_another_account_is_refused() -> None:
    fan = fan_account()
    client = desk_of(staff("analyst"))
    mail.outbox.clear()
    page = client.post(PAGE, {"email": fan.email.upper(), "action_add": ""})
    assert "Another account signs in with this address already." in page.content.decode()
    assert mail.outbox == []


def test_an_address_taken_between_letter_and_link_stays_with_its_account() -> None:
    user = staff("analyst")
    client = desk_of(user)
    link = link_for(client, "later@example.org")
    taken = fan_account()
    User.objects.filter(pk=taken.pk).update(email="later@example.org")
    assert client.post(link)["Location"] == "/account/"
    assert "Another account signs in with this address by now." in client.get("/account/").content.decode()
    assert User.objects.get(pk=user.pk).email == user.email


def test_what_was_asked_for_can_be_taken_back() -> None:
    user = staff("analyst")
    client = desk_of(user)
    link = link_for(client, "wrong@example.org")
    client.post(PAGE, {"email": "wrong@example.org", "action_remove": ""})
    client.get(PAGE)  # says so once
    assert "wrong@example.org" not in client.get(PAGE).content.decode()
    assert "no longer counts" in Client().get(link).content.decode()


def test_it_asks_for_the_password_again() -> None:
    client = Client()
    sign_in(client, staff("analyst"))
    for answer in (client.get(PAGE), client.post(PAGE, {"email": "new@example.org", "action_add": ""})):
        assert answer["Location"].startswith("/account/confirm/")
