"""Small things that the tests of the fan club are made of."""

import email
import email.policy
import re
import time
from datetime import date
from email.message import EmailMessage
from typing import Any

from django.db.models import Max
from django.test import Client

from tests.delivery.world import Recorder, entered, inbox, newsletter, transport_to, woven
from tifo.accounts.models import User
from tifo.consents.public import consent_states
from tifo.delivery.public import claim, cross, send_waiting_letters
from tifo.fans.public import fan_by_email
from tifo.kernel.models import OutboxEvent
from tifo.kernel.public import deliver_events, revisions

LEA: dict[str, Any] = {
    "email": "lea@example.org",
    "first_name": "Léa",
    "birth_date": "1996-05-01",
    "country": "FR",
    "language": "fr",
    "membership": "club",
}


def wordings(page: str) -> dict[str, str]:
    """The numbers of the wordings that this page shows, as its form sends them back."""
    return dict(re.findall(r'name="(notice-[\w-]+)" value="(\d+)"', page))


def fill_in(client: Client, *purposes: str, **more: Any) -> Any:
    """Fill in the form as it stands on the page; where that leads."""
    shown = wordings(client.get("/join/").content.decode())
    return client.post("/join/", {**shown, **LEA, "yes": list(purposes), **more})


def letters() -> list[EmailMessage]:
    """What waits in the queue of letters, as a mail server receives it."""
    with inbox() as (sink, url):
        send_waiting_letters(lambda: transport_to(url), keep=False)
    return [email.message_from_bytes(raw, policy=email.policy.default) for raw in sink.contents]


def words(letter: EmailMessage) -> str:
    """Its text."""
    body = letter.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def link_in(letter: EmailMessage) -> str:
    """Where its link leads, below our address."""
    return str(re.findall(r"https?://[^/\s]+(/\S+\?t=\S+)", words(letter))[0])


def press(client: Client, link: str) -> Any:
    """Open the page behind a letter's link and press its button."""
    where, _mark, token = link.partition("?t=")
    assert client.get(link).status_code == 200
    return client.post(where, {"t": token})


def joined(client: Client, *purposes: str, **more: Any) -> int:
    """Somebody who joined and confirmed, signed in here; her id."""
    fill_in(client, *purposes, **more)
    (letter,) = letters()
    assert press(client, link_in(letter))["Location"] == "/"
    fan = fan_by_email(more.get("email", LEA["email"]))
    assert fan is not None
    return fan.id


def signed_in_as(client: Client) -> str:
    """The address of the account that this browser is signed in with; empty for none."""
    user = User.objects.filter(pk=client.session.get("_auth_user_id", 0)).first()
    return user.email if user else ""


def said(fan_id: int) -> dict[str, str]:
    """What she answered, by purpose."""
    return {state.purpose: state.state for state in consent_states(fan_id)}


def mailed(fan_id: int, label: str = "news") -> str:
    """A newsletter went to her: its token."""
    mailing = newsletter(label)
    entered(mailing, [fan_id])
    (one,) = claim(mailing, 0, owner="test")
    cross(mailing, woven([one]), Recorder())
    return one.unsubscribe_token


def settle() -> None:
    """Let every reaction see every event that was committed before this.

    PostgreSQL gives out what is committed once no older transaction of the cluster is open; those of the tests
    running beside this one count among them.
    """
    newest = OutboxEvent.objects.aggregate(newest=Max("rev"))["newest"] or 0
    for _ in range(1000):
        reached = revisions.settled() >= newest
        while deliver_events():
            pass
        if reached:
            return
        time.sleep(0.02)
    raise AssertionError("older transactions stay open")


def born(years: int, today: date) -> str:
    """The date of birth of somebody who became that old today."""
    return today.replace(year=today.year - years).isoformat()
