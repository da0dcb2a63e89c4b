"""Letters: service mail, at least once, under one Message-ID (M14)."""

import email
import email.policy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.mail import EmailMultiAlternatives
from django.test import override_settings

from tests.delivery.world import Recorder, fan, inbox, transport_to
from tifo.delivery.models import Letter
from tifo.delivery.public import (
    Outcome,
    Verdict,
    send_letter,
    send_letters,
    send_waiting_letters,
    sent_to,
    suppress,
)
from tifo.fans.public import destination_key
from tifo.kernel.public import Refused

pytestmark = pytest.mark.django_db


def parsed(raw: bytes) -> Any:
    return email.message_from_bytes(raw, policy=email.policy.default)


def test_a_letter_arrives_with_both_parts() -> None:
    her = fan(1, first_name="Zoë")
    send_letter("welcome", fan_id=her, subject="Ça y est !", text="Héllo", html="<p>Héllo</p>", language="fr")
    with inbox() as (sink, url):
        assert send_waiting_letters(lambda: transport_to(url), keep=False) == 1
    message = parsed(sink.contents[0])
    assert message["Subject"] == "Ça y est !"
    assert message["To"] == "Zoë <fan1@example.org>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Content-Language"] == "fr"
    assert message.get_body(("plain",)).get_content().strip() == "Héllo"
    assert message.get_body(("html",)).get_content().strip() == "<p>Héllo</p>"
    letter = Letter.objects.get()
    assert (letter.state, letter.address, bytes(letter.content)) == ("accepted", "", b"")
    assert [(one.label, one.state) for one in sent_to(her)] == [("welcome", "accepted")]


def test_in_doubt_a_letter_goes_again_with_the_same_message_id() -> None:
    """M14: a service letter goes again from doubt, as the same message."""
    send_letter("code", address="fan@example.org", subject="Code", text="123456")
    transport = Recorder(lambda _: Outcome(Verdict.UNKNOWN, "body", 0, "silence"))
    assert send_letters(transport, owner="a") == {"planned": 1}
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=5), tick=False):
        transport.answer = lambda _: Outcome(Verdict.ACCEPTED, "body", 250, "ok")
        assert send_letters(transport, owner="a") == {"accepted": 1}
    first, second = (parsed(parcel.content)["Message-ID"] for parcel in transport.parcels)
    assert first == second


def test_a_letter_of_a_dead_sender_goes_again() -> None:
    """M14: also when the sender died instead of saying that it doubts."""
    send_letter("code", address="fan@example.org", subject="Code", text="123456")

    def dies(parcels: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        send_letters(Recorder(before=dies), owner="dead")
    transport = Recorder()
    assert send_letters(transport, owner="b") == {}
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=11), tick=False):
        assert send_letters(transport, owner="b") == {"accepted": 1}
    assert len(transport.parcels) == 1


def test_a_refused_letter_ends_and_an_old_one_expires() -> None:
    send_letter("code", address="fan@example.org", subject="Code", text="1")
    gone = Recorder(lambda _: Outcome(Verdict.REFUSED, "RCPT", 550, "5.1.1 no"))
    assert send_letters(gone, owner="a") == {"refused": 1}
    send_letter("code", address="fan@example.org", subject="Code", text="2")
    assert send_letters(Recorder(), owner="a") == {"suppressed": 1}
    send_letter("code", address="other@example.org", subject="Code", text="3")
    with time_machine.travel(datetime.now(UTC) + timedelta(days=2), tick=False):
        assert send_letters(Recorder(), owner="a") == {}
    assert list(Letter.objects.order_by("id").values_list("state", flat=True)) == [
        "refused",
        "suppressed",
        "expired",
    ]


def test_a_complaint_about_news_keeps_no_code_from_her() -> None:
    suppress(destination_key("email", "fan@example.org"), "complained")
    send_letter("code", address="fan@example.org", subject="Code", text="1")
    assert send_letters(Recorder(), owner="a") == {"accepted": 1}


def test_what_can_not_be_a_header_is_refused() -> None:
    with pytest.raises(Refused):
        send_letter("x", address="fan@example.org", subject="a\r\nBcc: b@example.org", text="x")
    with pytest.raises(Refused):
        send_letter("x", address="fan@example.org\r\nBcc: b@example.org", subject="a", text="x")
    with pytest.raises(Refused):
        send_letter("x", fan_id=fan(1, email=None, external_id="A1"), subject="a", text="x")
    assert not Letter.objects.exists()


@override_settings(EMAIL_BACKEND="tifo.delivery.adapters.django_mail.LetterBackend")
def test_djangos_mails_become_letters() -> None:
    mail = EmailMultiAlternatives("Your code", "123456", to=["a@example.org"], bcc=["b@example.org"])
    mail.attach_alternative("<b>123456</b>", "text/html")
    assert mail.send() == 1
    transport = Recorder()
    assert send_letters(transport, owner="a") == {"accepted": 2}
    assert sorted(transport.recipients) == ["a@example.org", "b@example.org"]
    assert b"b@example.org" not in transport.parcels[0].content
    assert transport.parcels[0].content.count(b"\n") == transport.parcels[0].content.count(b"\r\n")
    message = parsed(transport.parcels[0].content)
    assert message["Subject"] == "Your code"
    assert message["Message-ID"]


def test_letters_go_in_windows_until_none_is_left() -> None:
    for number in range(120):
        send_letter("code", address=f"fan{number}@example.org", subject="Code", text="1")
    transport = Recorder()
    assert send_waiting_letters(lambda: transport, keep=False) == 120
    assert len(set(transport.recipients)) == 120
