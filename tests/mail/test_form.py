"""Whole messages, as they leave: any name, any language, nothing forged, both parts alike (H1, H3, H4, H5)."""

import re
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from html import unescape

import pytest
from django.test import override_settings
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.mail.newsletters import LANGUAGES, TRACK, Newsletter, newsletter, newsletters
from tifo.delivery.rules import seals
from tifo.delivery.rules.headers import CONTROL

HEADERS = [
    "From", "List-Id", "Feedback-ID", "List-Unsubscribe-Post", "To", "Subject", "Date", "Message-ID", "List-Unsubscribe",
    "X-Tifo-Key", "MIME-Version", "Content-Type", "Content-Language",
]  # fmt: skip
HREF = re.compile(r'href="([^"]+)"')
BRACKETED = re.compile(r"<(https?://[^>]+)>")
TAG = re.compile(r"\{\{|\{%|tifomark")  # two closing braces end a style's rule too

# names as people type them, and as somebody types them who wants to be another
NAMES = st.text(
    alphabet=st.one_of(
        st.characters(exclude_categories=("Cs",)),
        st.sampled_from(
            "\r\n\t\0\x1b\x7f\x85\u2028\u202e\u2066\u2069\u200f\u200d\u200b\ufeff=?<>&\"'@.,;:()\\{}%|"
        ),
        st.sampled_from("аеорсухіⅼ０ﬁßıİÅй한🏅👩\u200d🚒🇫🇷سلم"),
    ),
    max_size=200,
)


def opened(content: bytes) -> EmailMessage:
    message = message_from_bytes(content, policy=default)
    assert isinstance(message, EmailMessage)
    return message


def texts(message: EmailMessage) -> tuple[str, str]:
    text, html = message.iter_parts()
    return text.get_content(), html.get_content()


def shape_holds(sent: Newsletter) -> EmailMessage:
    """What is true of every message that leaves."""
    content = sent.parcel.content
    assert content.isascii()
    assert b"\0" not in content
    assert not re.search(rb"\r(?!\n)|(?<!\r)\n", content)
    lines = content.split(b"\r\n")
    assert max(map(len, lines)) <= 998
    head = content.partition(b"\r\n\r\n")[0]
    assert all(len(word) <= 75 for word in re.findall(rb"=\?[^ \r\n]+\?=", head))
    message = opened(content)
    assert message.keys() == HEADERS
    assert message.defects == []
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    return message


def same_links(message: EmailMessage) -> None:
    text, html = texts(message)
    hrefs = {unescape(href) for href in HREF.findall(html)}
    assert hrefs == set(BRACKETED.findall(text))
    assert any(href.startswith(f"{TRACK}/c/") for href in hrefs)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(first=NAMES, last=NAMES, language=st.sampled_from(LANGUAGES), tickets=st.integers(0, 1))
@example(first="x\r\nBcc: victim@example.org\r\n\r\nhello", last="", language="en", tickets=0)
@example(first='"', last="<victim@example.org>,", language="fr", tickets=0)
@example(
    first="=?utf-8?q?a=0D=0ABcc:_v@example.org?=", last="\u202egro.elpmaxe@mitciv", language="ar", tickets=1
)
@example(first="👩\u200d🚒" * 40, last="а" * 300, language="es", tickets=0)
@example(first="0", last="\xa00", language="en", tickets=0)
@example(first="{{ fan.email }}", last="{% load x %}", language="en", tickets=0)
def test_whatever_she_is_called_her_message_is_whole(
    first: str, last: str, language: str, tickets: int
) -> None:
    """H1, H3, H5: the intended headers once each, lines and words short enough, one recipient, the same links."""
    sent = newsletter(language, first, last, tickets=tickets)
    message = shape_holds(sent)
    (to,) = message["To"].addresses
    assert to.addr_spec == "fan1@mail.example"
    name = f"{first} {last}".strip()
    # as typed (the parser moves blanks between encoded words), or, where it can't stand in a header, not at all
    plain = "" if CONTROL.search(name) else "".join(name.split())
    assert "".join(to.display_name.split()) == plain
    assert len(message["From"].addresses) == 1
    assert message["From"].addresses[0].addr_spec == "news@valmera.example"
    same_links(message)
    assert not CONTROL.search(str(message["Subject"]))
    if not set("{}%") & set(first + last):
        assert not any(TAG.search(part) for part in (str(message["Subject"]), *texts(message)))


@pytest.mark.parametrize("number", range(2 * len(LANGUAGES)))
def test_the_demos_newsletters_are_whole_and_can_be_left(number: int) -> None:
    """H1, H3, H4: both headers of RFC 8058, and the same way out as a link that is seen, in both parts."""
    sent = list(newsletters())[number]
    message = shape_holds(sent)
    same_links(message)
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    way_out = message["List-Unsubscribe"].strip("<>")
    token = way_out.removeprefix(f"{TRACK}/u/")
    assert seals.read_unsubscribe_token(token) == (7, sent.parcel.key)
    text, html = texts(message)
    assert token in text
    assert token in html
    assert message["Content-Language"] == sent.language
    assert not any(TAG.search(part) for part in (str(message["Subject"]), text, html))


def test_the_return_path_stays_in_line_with_the_sender() -> None:
    """H2: what SPF looks at is the sender's own domain."""
    with override_settings(TIFO_RETURN_PATH="bounces+*@valmera.example"):
        sent = newsletter("en", "Anna", "Berg")
    assert re.fullmatch(r"bounces\+[0-9a-f]{48}@valmera\.example", sent.parcel.sender)
