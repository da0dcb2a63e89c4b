"""Leaving: one purpose, everything, the club, for ever; and taking all along (C7)."""

import io
import json
import zipfile

import pytest
from django.test import Client

from tests.delivery.world import Recorder, entered, newsletter, woven
from tests.fanclub.world import fill_in, joined, letters, mailed, said, settle, signed_in_as
from tifo.accounts.models import User
from tifo.accounts.public import audit_entries, grant_role
from tifo.consents.public import consents_of, ledger
from tifo.delivery.public import claim, counts, cross
from tifo.fanclub.models import Joining, Seat
from tifo.fans.public import fan_by_email, fans

pytestmark = pytest.mark.django_db


def test_the_page_behind_a_mails_token_unsubscribes_of_its_purpose_only() -> None:
    her = joined(Client(), "newsletter", "ticketing")
    token = mailed(her)
    for _ in range(2):
        page = Client().get("/unsubscribe/", {"t": token})
        assert page.status_code == 200
        assert "Lettre d’information" in page.content.decode()
    assert consents_of(her) == {"newsletter", "ticketing"}
    done = Client().post("/unsubscribe/", {"t": token, "what": "one"})
    assert done.status_code == 200
    assert "Tu ne reçois plus" in done.content.decode()
    assert consents_of(her) == {"ticketing"}
    entries = len(ledger(her))
    Client().post("/unsubscribe/", {"t": token, "what": "one"})
    assert len(ledger(her)) == entries


def test_or_of_everything_also_of_what_she_never_answered() -> None:
    her = joined(Client(), "newsletter", "ticketing")
    token = mailed(her)
    Client().post("/unsubscribe/", {"t": token, "what": "all"})
    assert set(said(her).values()) == {"withdrawn"}
    assert len(said(her)) == 5
    assert {entry.proof.get("by") for entry in ledger(her) if entry.act == "withdrawn"} == {"token of a mail"}


def test_signed_in_she_says_no_to_everything_from_her_choices() -> None:
    client = Client()
    her = joined(client, "newsletter")
    answer = client.post("/unsubscribe/", {"what": "all"})
    assert answer["Location"] == "/preferences/#consents"
    assert consents_of(her) == frozenset()


def test_a_bare_post_with_the_token_is_enough() -> None:
    """As mail programs do it (RFC 8058): no cookie, no form of ours before."""
    her = joined(Client(), "newsletter")
    token = mailed(her)
    bare = Client(enforce_csrf_checks=True)
    answer = bare.post(f"/unsubscribe/?t={token}", {"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert said(her) == {"newsletter": "withdrawn"}


def test_the_next_mailing_leaves_her_out() -> None:
    her = joined(Client(), "newsletter")
    token = mailed(her, "first")
    second = newsletter("second")
    entered(second, [her])
    Client().post("/unsubscribe/", {"t": token})
    transport = Recorder()
    cross(second, woven(claim(second, 0, owner="a")), transport)
    assert transport.recipients == []
    assert sum(counts(second).suppressed.values()) == 1


def test_without_a_token_the_page_says_how() -> None:
    page = Client().get("/unsubscribe/")
    assert page.status_code == 200
    assert "at the foot of any mail" in page.content.decode()
    assert Client().post("/unsubscribe/").status_code == 200


def test_she_leaves_the_club_and_keeps_the_rest() -> None:
    client = Client()
    her = joined(client, "newsletter")
    assert client.post("/me/leave/")["Location"] == "/preferences/#leave"
    assert fans([her])[her].member_since is None
    assert consents_of(her) == {"newsletter"}
    page = client.get("/preferences/").content.decode()
    assert "Tu as quitté le club" in page
    assert "/me/leave/" not in page
    assert client.post("/me/leave/").status_code == 302


def test_she_takes_everything_along() -> None:
    client = Client()
    her = joined(client, "newsletter")
    mailed(her)
    answer = client.post("/me/everything/")
    assert answer["Content-Type"] == "application/zip"
    assert "attachment" in answer["Content-Disposition"]
    assert "no-store" in answer["Cache-Control"]
    packed = zipfile.ZipFile(io.BytesIO(answer.content))
    known = json.loads(packed.read("everything.json"))
    assert known["fan"]["email"] == "lea@example.org"
    assert {one["purpose"] for one in known["consents"] if one["state"] == "given"} == {"newsletter"}
    assert len(known["messages"]) == 1
    assert "Léa" in packed.read("everything.html").decode()
    (entry,) = [one for one in audit_entries() if one.act == "registry.export"]
    assert entry.subject == f"fan:{her}"
    assert client.get("/me/everything/").status_code == 405


@pytest.mark.django_db(transaction=True)  # PostgreSQL delivers what is committed
def test_she_is_forgotten_once_she_typed_it() -> None:
    client = Client()
    her = joined(client, "newsletter")
    account = Seat.objects.get(fan_id=her).user_id
    assert client.post("/me/erase/", {"typed": "oui"})["Location"] == "/preferences/#leave"
    assert "Rien n’a été effacé" in client.get("/preferences/").content.decode()
    done = client.post("/me/erase/", {"typed": " Oubliez-moi"})
    assert done.status_code == 200
    assert "Nous avons tout oublié" in done.content.decode()
    fan = fans([her])[her]
    assert fan.erased_at is not None
    assert (fan.email, fan.first_name) == (None, None)
    assert fan_by_email("lea@example.org") is None
    assert signed_in_as(client) == ""
    user = User.objects.get(pk=account)
    assert (user.is_active, "lea" in user.email) == (False, False)
    settle()
    assert consents_of(her) == frozenset()
    assert not Seat.objects.exists()
    assert not Joining.objects.exists()
    assert client.get("/preferences/").status_code == 302


@pytest.mark.django_db(transaction=True)  # PostgreSQL delivers what is committed
def test_whoever_works_here_keeps_her_desk_when_she_is_forgotten_as_a_fan() -> None:
    client = Client()
    her = joined(client, "newsletter")
    account = Seat.objects.get(fan_id=her).user_id
    grant_role(account, "support")
    client.force_login(User.objects.get(pk=account))
    assert client.post("/me/erase/", {"typed": "oubliez-moi"}).status_code == 200
    settle()
    assert fans([her])[her].erased_at is not None
    assert User.objects.get(pk=account).is_active


def test_after_leaving_nothing_is_mailed_but_what_she_asks_for() -> None:
    her = joined(Client(), "newsletter")
    Client().post("/unsubscribe/", {"t": mailed(her), "what": "all"})
    fill_in(Client(), "newsletter")
    assert len(letters()) == 1
