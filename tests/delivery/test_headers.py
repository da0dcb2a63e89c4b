"""Headers: exactly those intended, whatever somebody's name is (H1, H4, H5)."""

import email
import email.policy
from email.headerregistry import AddressHeader
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.delivery.world import CONTENT, Recorder, entered, fan, newsletter, woven
from tifo.delivery.public import claim, cross
from tifo.delivery.rules import headers, seals
from tifo.kernel.public import Refused

SHARED = headers.envelope(
    sender="Les Jeux, l’été <news@tifo.example>",
    mailing_id=7,
    label="The week: of judo!",
    purpose="newsletter",
    event="Équipe & Cie",
    track_url="https://t.example.org",
)
INTENDED = [
    "From", "List-Id", "Feedback-ID", "List-Unsubscribe-Post", "To", "Subject", "Date", "Message-ID",
    "List-Unsubscribe", "X-Tifo-Key", "MIME-Version", "Content-Type",
]  # fmt: skip


def built(name: str, address: str = "fan@example.org", subject: str = "News") -> bytes:
    return headers.message_bytes(
        SHARED,
        date=b"Date: Thu, 01 Jan 2026 00:00:00 +0000\r\n",
        name=name,
        address=address,
        message_id="<7.9.abc@tifo.example>",
        key="key",
        unsubscribe_token="token",
        subject=headers.encoded_text(subject).encode("ascii"),
        content=CONTENT,
    )


def parsed(raw: bytes) -> Any:
    return email.message_from_bytes(raw, policy=email.policy.default)


def shape_holds(raw: bytes) -> None:
    """No bare CR or LF, no long line, no long encoded word, exactly the intended headers."""
    assert raw.count(b"\r\n") == raw.count(b"\n") == raw.count(b"\r")
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    head = raw.split(b"\r\n\r\n")[0]
    assert head.isascii()
    assert all(len(word) <= 75 for word in head.split() if word.startswith(b"=?"))
    assert [name for name, _ in email.message_from_bytes(raw).items()] == INTENDED


NASTY = st.text(st.characters(codec="utf-8"), max_size=120)


@settings(deadline=None)
@given(name=NASTY)
def test_any_name_survives_or_is_left_out_and_never_adds_anything(name: str) -> None:
    raw = built(name)
    shape_holds(raw)
    to: AddressHeader = parsed(raw)["To"]
    assert [address.addr_spec for address in to.addresses] == ["fan@example.org"]
    shown = to.addresses[0].display_name
    expected = "" if headers.CONTROL.search(name) else name.strip()
    assert "".join(shown.split()) == "".join(expected.split())


@settings(deadline=None)
@given(subject=NASTY)
def test_any_subject_survives_or_is_refused(subject: str) -> None:
    if headers.CONTROL.search(subject):
        with pytest.raises(headers.HeaderRefused):
            built("", subject=subject)
        return
    raw = built("", subject=subject)
    shape_holds(raw)
    assert str(parsed(raw)["Subject"]).split() == subject.split()


@pytest.mark.parametrize(
    "name",
    [
        "Evil\r\nBcc: a@b.example",
        "x\ny",
        "x\ry",
        "x\0y",
        "x\x85y",
        "x\u2028y",
        "x\u2029y",
    ],
)
def test_line_breaks_of_every_kind_are_refused(name: str) -> None:
    with pytest.raises(Refused):
        headers.mailbox(name, "fan@example.org")
    with pytest.raises(Refused):
        headers.mailbox("", f"fan@example.org{name}")
    with pytest.raises(Refused):
        headers.sender_parts(f"{name} <news@tifo.example>")
    assert parsed(built(name))["To"] == "fan@example.org"


@pytest.mark.parametrize(
    "name",
    [
        'Ann "the" \\ Fan, <evil@example.net>',
        "evil@example.net, Ann",
        "ليلى‏ حسن",
        "Zoë\u200bFan\u202egnp.exe",
        "👩‍👩‍👧 Fan",
        "аnn (Cyrillic a)",
        "=?utf-8?q?forged?=",
        "a" * 200,
    ],
)
def test_names_round_trip_and_forge_no_second_address(name: str) -> None:
    raw = built(name)
    shape_holds(raw)
    (address,) = parsed(raw)["To"].addresses
    # Python's own parser puts a blank between encoded words of a phrase; RFC 2047 does not
    assert address.display_name.replace(" ", "") == name.replace(" ", "")
    assert address.addr_spec == "fan@example.org"


def test_what_stands_in_the_headers() -> None:
    message = parsed(built("Zoë", subject="C’est parti, l’été !"))
    assert str(message["From"]) == '"Les Jeux, l’été" <news@tifo.example>'
    assert str(message["Subject"]) == "C’est parti, l’été !"
    assert message["List-Unsubscribe"] == "<https://t.example.org/u/token>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert str(message["List-Id"]).split()[-1] == "<newsletter.quipe-cie.tifo.example>"
    assert message["Feedback-ID"] == "the-week-of-judo-7:newsletter:mailing:quipe-cie"
    assert message["X-Tifo-Key"] == "key"


@pytest.mark.django_db
def test_a_message_keeps_its_key_and_id_from_try_to_try() -> None:
    mailing = newsletter()
    entered(mailing, [fan(1, first_name="Zoë", last_name="Ünal")])
    (claimed,) = claim(mailing, 0, owner="a")
    transport = Recorder()
    cross(mailing, woven([claimed]), transport)
    raw = transport.parcels[0].content
    message = parsed(raw)
    assert seals.read_message_key(message["X-Tifo-Key"]) == (mailing, claimed.message_id)
    assert message["Message-ID"] == seals.message_id_header(
        mailing, claimed.message_id, message["X-Tifo-Key"], "tifo.example"
    )
    assert str(message["To"]) == "Zoë Ünal <fan1@example.org>"
    assert raw.endswith(CONTENT[CONTENT.index(b"\r\n\r\n") :])
