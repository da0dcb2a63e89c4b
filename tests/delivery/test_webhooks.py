"""Webhooks of mail services: heard under their signature only, kept before they are answered (C8, W1, W2)."""

import hashlib
import hmac
import json
from base64 import b64encode
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client, override_settings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.delivery.test_feedback import PATH, key_of, left, sent
from tests.delivery.world import entered, fan, fans, newsletter
from tifo.consents.public import heads
from tifo.delivery.actions import feedback as module
from tifo.delivery.adapters.signed import FRESH, signature
from tifo.delivery.models import Feedback, InboundCount, Suppression
from tifo.delivery.ports import Parcel
from tifo.delivery.public import inbound_counts, returned, suppressed_for
from tifo.kernel.public import clock

pytestmark = pytest.mark.django_db

KEYS = {"signed": "s3cret", "mailgun": "mailgun-key", "mailersend": "ms-secret", "postmark": "tifo:word"}
KINDS = ("hard", "complaint", "stop", "soft")


@pytest.fixture(autouse=True)
def _services() -> Iterator[None]:
    with override_settings(TIFO_RETURN_PATH=PATH, TIFO_WEBHOOKS=KEYS):
        yield


def message_id(parcel: Parcel) -> str:
    return parcel.content.partition(b"Message-ID: ")[2].split(b"\r\n")[0].decode()


Post = tuple[bytes, dict[str, str]]


def mailgun(parcel: Parcel, kind: str, at: datetime, number: int = 0) -> Post:
    """As documented by Mailgun: a signature beside the event."""
    token, stamp = (
        hashlib.sha256(f"{parcel.key}{kind}{number}".encode()).hexdigest()[:50],
        str(int(at.timestamp())),
    )
    event: dict[str, Any] = {
        "event": {"complaint": "complained", "stop": "unsubscribed"}.get(kind, "failed"),
        "timestamp": at.timestamp(),
        "recipient": parcel.recipient,
        "message": {"headers": {"message-id": message_id(parcel)[1:-1]}},
    }
    if kind in ("hard", "soft"):
        code, said = (550, "5.1.1 no such user") if kind == "hard" else (552, "5.2.2 mailbox full")
        event |= {
            "severity": "permanent",
            "reason": "bounce",
            "delivery-status": {"code": code, "message": f"{code} {said}"},
        }
    mac = hmac.digest(KEYS["mailgun"].encode(), f"{stamp}{token}".encode(), hashlib.sha256).hex()
    return json.dumps(
        {"signature": {"timestamp": stamp, "token": token, "signature": mac}, "event-data": event}
    ).encode(), {}


def mailersend(parcel: Parcel, kind: str, at: datetime, number: int = 0) -> Post:
    """As documented by MailerSend: a signature over the body, and an id of its own for the message."""
    body = json.dumps(
        {
            "type": "activity",
            "data": {
                "object": "activity",
                "id": hashlib.sha256(f"{parcel.key}{kind}{number}".encode()).hexdigest()[:24],
                "type": {
                    "hard": "hard_bounced",
                    "soft": "soft_bounced",
                    "complaint": "spam_complaint",
                    "stop": "unsubscribed",
                }[kind],
                "created_at": at.isoformat(),
                "email": {
                    "message": {"id": "62f114f8165fe0d8db0288e3"},
                    "recipient": {"email": parcel.recipient},
                },
                "morph": {
                    "object": "recipient_bounce",
                    "reason": "550 5.1.1 unknown user" if kind == "hard" else "452 4.2.2 over quota",
                }
                if kind in ("hard", "soft")
                else None,
            },
        }
    ).encode()
    return body, {"Signature": hmac.digest(KEYS["mailersend"].encode(), body, hashlib.sha256).hex()}


def postmark(parcel: Parcel, kind: str, at: datetime, number: int = 0) -> Post:
    """As documented by Postmark, which knows passwords only."""
    body: dict[str, Any] = {"MessageID": "883953f4-6105-42a2-a16a-77a8eac79483", "Tag": "", "Metadata": {}}
    if kind == "stop":
        body |= {
            "RecordType": "SubscriptionChange",
            "ChangedAt": at.isoformat(),
            "Recipient": parcel.recipient,
            "Origin": "Recipient",
            "SuppressSending": True,
            "SuppressionReason": "ManualSuppression",
        }
    else:
        named = {"hard": "HardBounce", "soft": "SoftBounce", "complaint": "SpamComplaint"}[kind]
        body |= {
            "RecordType": "SpamComplaint" if kind == "complaint" else "Bounce", "Type": named, "ID": parcel.key * 100 + KINDS.index(kind) * 10 + number,
            "Email": parcel.recipient, "BouncedAt": at.isoformat(), "Details": {"hard": "550 5.1.1 unknown", "soft": "552 5.2.2 full"}.get(kind, ""),
        }  # fmt: skip
    return json.dumps(body).encode(), {
        "Authorization": "Basic " + b64encode(KEYS["postmark"].encode()).decode()
    }


def signed(parcel: Parcel, kind: str, at: datetime, number: int = 0, **more: str) -> Post:
    """Our own."""
    event = {
        "id": f"{parcel.key}-{kind}-{number}",
        "kind": "bounce" if kind in ("hard", "soft") else kind,
        "status": {"hard": "5.1.1", "soft": "4.2.2"}.get(kind, ""),
        "message": message_id(parcel),
        **more,
    }
    body = json.dumps({"events": [event]}).encode()
    return body, {"X-Tifo-Signature": signature(KEYS["signed"], int(at.timestamp()), body)}


SERVICES: dict[str, Callable[..., Post]] = {
    "mailgun": mailgun,
    "mailersend": mailersend,
    "postmark": postmark,
    "signed": signed,
}
every_service = pytest.mark.parametrize("service", SERVICES)


def post(service: str, said: Post, **more: Any) -> int:
    body, headers = said
    client = Client(enforce_csrf_checks=True, **more)
    return client.post(
        f"/hooks/mail/{service}/", body, content_type="application/json", headers=headers
    ).status_code


@every_service
def test_a_service_is_heard_under_its_signature(service: str) -> None:
    """C8: bounce, complaint and STOP bar the next message; a soft bounce does not yet."""
    people = fans(4)
    mailing, parcels = sent(*people)
    for parcel, kind in zip(parcels, KINDS, strict=True):
        assert post(service, SERVICES[service](parcel, kind, clock.now())) == 200
    assert [suppressed_for(key_of(number)) for number in range(4)] == ["bounced", "complained", "", ""]
    assert heads([people[2]], "newsletter")[people[2]].state == "withdrawn"
    again = newsletter("next")
    entered(again, people)
    assert left(again) == ["fan3@example.org"]
    found = returned([mailing])[mailing]
    assert (found.hard, found.soft, found.complaints, found.stops) == (1, 1, 1, 1)


@every_service
def test_forged_and_old_ones_leave_a_count_only(service: str) -> None:
    """C8: 4xx, nothing stored but a counter."""
    _, (parcel,) = sent(fan(1))
    body, headers = SERVICES[service](parcel, "hard", clock.now())
    changed = body.replace(parcel.recipient.encode(), b"victim@example.org").replace(b'"hard"', b'"hart"')
    if service == "mailgun":
        changed = body.replace(b'"signature": "', b'"signature": "0')
    elif service == "signed":
        changed = body.replace(b"5.1.1", b"5.1.2")
    elif service == "postmark":
        headers = {"Authorization": "Basic " + b64encode(b"tifo:wrong").decode()}
    assert post(service, (changed, headers)) == 403
    assert post(service, (b"{}", {})) in (400, 403)
    assert post(service, (b"", {})) in (400, 403)
    late = clock.now() - timedelta(days=11)
    assert post(service, SERVICES[service](parcel, "hard", late)) == 400
    assert not Feedback.objects.exists()
    assert not Suppression.objects.exists()
    counted = inbound_counts()
    assert counted[service, "old"] == 1
    assert sum(counted.values()) == 4
    assert InboundCount.objects.count() <= 3


@every_service
def test_a_service_that_nobody_named_is_not_heard(service: str) -> None:
    _, (parcel,) = sent(fan(1))
    said = SERVICES[service](parcel, "hard", clock.now())
    with override_settings(TIFO_WEBHOOKS={**KEYS, service: ""}):
        assert post(service, said) == 404
    assert post("unknown", said) == 404
    assert Client().get(f"/hooks/mail/{service}/").status_code == 405
    assert not Feedback.objects.exists()


def test_signed_rubbish_is_refused() -> None:
    def own(body: bytes) -> int:
        return post(
            "signed", (body, {"X-Tifo-Signature": signature("s3cret", int(clock.now().timestamp()), body)})
        )

    for body in (
        b"",
        b"[]",
        b"{",
        b'{"events": 3}',
        b'{"events": [{}]}',
        b'{"events": [{"id": "1", "kind": "love"}]}',
        b"[" * 100_000,
    ):
        assert own(body) == 400
    assert own(json.dumps({"events": [{"id": str(n), "kind": "stop"} for n in range(1_001)]}).encode()) == 400
    assert own(b'{"events": []}') == 200
    assert post("signed", (b" " * 2_000_001, {})) == 413


def test_our_own_signature_holds_five_minutes() -> None:
    _, (parcel,) = sent(fan(1))
    said = signed(parcel, "hard", clock.now())
    with time_machine.travel(clock.now() + timedelta(seconds=FRESH + 5)):
        assert post("signed", said) == 400
    assert post("signed", said) == 200


def test_a_token_of_mailgun_counts_once_whatever_is_written_beside_it() -> None:
    """Its signature does not cover the event."""
    _, (first, second) = sent(fan(1), fan(2))
    body, headers = mailgun(first, "hard", clock.now())
    assert post("mailgun", (body, headers)) == 200
    other = body.replace(message_id(first)[1:-1].encode(), message_id(second)[1:-1].encode())
    assert post("mailgun", (other.replace(b"fan1@", b"fan2@"), headers)) == 200
    assert [suppressed_for(key_of(n)) for n in (1, 2)] == ["bounced", ""]


def test_a_message_id_with_another_ending_names_nothing() -> None:
    """Whoever holds a service's key may speak of an address; a wrong Message-ID falls back to it."""
    mailing, (parcel,) = sent(fan(1))
    mark = message_id(parcel)
    wrong = mark.replace(mark.split(".")[2][:8], "AAAAAAAA")
    assert post("signed", signed(parcel, "hard", clock.now(), message=wrong)) == 200
    assert inbound_counts() == {("signed", "stale"): 1}
    assert (
        post(
            "signed", signed(parcel, "hard", clock.now(), number=1, message=wrong, recipient=parcel.recipient)
        )
        == 200
    )
    assert returned([mailing])[mailing].hard == 1


@pytest.mark.parametrize("form", ["message-id", "key", "return path"])
def test_a_message_may_be_named_by_any_of_its_seals(form: str) -> None:
    mailing, (parcel,) = sent(fan(1))
    key = parcel.content.partition(b"X-Tifo-Key: ")[2][:39].decode()
    named = {"message-id": message_id(parcel), "key": key, "return path": parcel.sender}[form]
    assert post("signed", signed(parcel, "complaint", clock.now(), message=named)) == 200
    assert returned([mailing])[mailing].complaints == 1


@pytest.mark.django_db(transaction=True)
def test_w2_what_could_not_be_kept_is_not_acknowledged(monkeypatch: pytest.MonkeyPatch) -> None:
    """W2: 5xx, so that the service tries again; nothing is half kept."""
    _, (parcel,) = sent(fan(1))
    said = mailgun(parcel, "hard", clock.now())

    def full(*args: object) -> None:
        raise OSError("no space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(module, "announce", full)
        assert post("mailgun", said, raise_request_exception=False) == 500
    assert not Feedback.objects.exists()
    assert suppressed_for(key_of(1)) == ""
    durable: list[bool] = []
    with monkeypatch.context() as watched:
        real = module.sql.durable
        watched.setattr(
            module.sql, "durable", lambda: (durable.append(connection.in_atomic_block), real())[1]
        )
        assert post("mailgun", said) == 200
    assert durable == [True]  # its commit waits for the disk, whatever the server's default is
    assert suppressed_for(key_of(1)) == "bounced"


@pytest.mark.django_db(transaction=True)
def test_w1_replayed_reordered_and_late_webhooks_lead_to_the_same_state() -> None:
    """W1: of all services together, up to seven days late."""
    people = fans(4)
    _, parcels = sent(*people)
    start = clock.now()
    posts = [
        (service, say(parcel, kind, start))
        for service, say in SERVICES.items()
        for parcel, kind in zip(parcels, KINDS, strict=True)
        if service != "signed"
    ]

    def state() -> Any:
        kept = sorted((row.kind, row.message_id, bytes(row.digest)) for row in Feedback.objects.all())
        return kept, sorted((bytes(one.destination_key), one.reason) for one in Suppression.objects.all())

    for service, said in posts:
        assert post(service, said) == 200
    expected = state()
    assert len(expected[0]) == len(posts)

    @settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.permutations(posts), st.lists(st.sampled_from(posts), max_size=6), st.integers(0, 7))
    def any_order(order: Any, again: Any, days: int) -> None:
        Feedback.objects.all().delete()
        Suppression.objects.all().delete()
        with time_machine.travel(start + timedelta(days=days), tick=False):
            for service, said in [*order, *again]:
                assert post(service, said) == 200
        assert state() == expected

    any_order()
