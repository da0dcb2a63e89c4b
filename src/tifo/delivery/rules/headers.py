"""Headers of a message, built as bytes; a control character anywhere is refused (H1, H5).

Python's own `formataddr` (3.11.7) lets CR and LF through, so nothing here relies on the email package.
"""

import base64
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime

from tifo.kernel.public import Refused

# C0, DEL, C1, line and paragraph separators: none may stand in a header, whoever typed it
CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_SAFE_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")
_PLAIN = re.compile(r"[\x20-\x7e]*")
_WORD_BYTES = 42  # 42 bytes are 56 of base64: with =?utf-8?b?…?= 68 of the 75 allowed


class HeaderRefused(Refused):
    """A text that can't stand in a header."""


def _words(text: str) -> list[str]:
    """RFC 2047 encoded words, none over 75 characters, no character split."""
    whole = text.encode("utf-8", "surrogatepass")
    if len(whole) <= _WORD_BYTES:
        return [_word(whole)]
    words, piece = [], b""
    for character in text:
        encoded = character.encode("utf-8", "surrogatepass")
        if len(piece) + len(encoded) > _WORD_BYTES:
            words.append(piece)
            piece = b""
        piece += encoded
    words.append(piece)
    return [_word(word) for word in words]


def _word(data: bytes) -> str:
    return f"=?utf-8?b?{base64.b64encode(data).decode('ascii')}?="


def check_text(text: str, what: str) -> str:
    """`text` itself when it may stand in a header; raises HeaderRefused."""
    if CONTROL.search(text):
        raise HeaderRefused(f"{what} holds a control character or a line break: remove it.")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise HeaderRefused(f"{what} holds half a character: type it again.") from None
    return text


def encoded_text(text: str, what: str = "The text") -> str:
    """A header's free text: as it is when plain, else encoded words, one a line."""
    check_text(text, what)
    if _PLAIN.fullmatch(text) and "=?" not in text and len(text) < 900:
        return text
    return "\r\n ".join(_words(text))


def display_name(name: str) -> str:
    """A name as it may stand before <address>: an atom phrase, a quoted string, or encoded words."""
    check_text(name, "The name")
    name = name.strip()
    if not name:
        return ""
    if _SAFE_NAME.fullmatch(name) and "=?" not in name and len(name) <= 60:
        return name
    if _PLAIN.fullmatch(name) and "=?" not in name and len(name) <= 60:
        return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return "\r\n ".join(_words(name))


def mailbox(name: str, address: str) -> str:
    """`Name <address>`; the address must be plain, so that a name can't forge a second one."""
    if CONTROL.search(address) or not re.fullmatch(r"[!-;=?-~]+@[!-;=?-~]+", address):
        raise HeaderRefused("The address can't stand in a header.")
    shown = display_name(name)
    if not shown:
        return f"<{address}>" if len(address) < 900 else address
    return f"{shown}\r\n <{address}>" if len(shown) + len(address) > 70 else f"{shown} <{address}>"


def sender_parts(sender: str) -> tuple[str, str]:
    """(name, address) of `Name <address>`; raises HeaderRefused with the mend."""
    check_text(sender, "TIFO_SENDER")
    found = re.fullmatch(r"\s*(?:(.*?)\s*<([^<>]*)>|([^<>]*?))\s*", sender)
    name, address = (found[1] or "", found[2] or found[3] or "") if found else ("", "")
    if len(name) > 1 and name[0] == name[-1] == '"':
        name = re.sub(r"\\(.)", r"\1", name[1:-1])
    if not re.fullmatch(r"[!-;=?-~]+@[A-Za-z0-9.-]+", address):
        raise HeaderRefused(f"The sender {sender!r} has no address: write e.g. 'Name <news@example.org>'.")
    return name, address


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:40] or "news"


@dataclass(frozen=True)
class Envelope:
    """What all messages of a mailing share: the sender's address, and its headers ready to be joined."""

    sender: str
    domain: str
    fixed: bytes
    track_url: bytes


def envelope(
    *, sender: str, mailing_id: int, label: str, purpose: str, event: str, track_url: str
) -> Envelope:
    """Build once per mailing."""
    name, address = sender_parts(sender)
    domain = address.rpartition("@")[2]
    list_name = encoded_text(f"{event} {purpose}", "The event's name")
    fixed = (
        f"From: {mailbox(name, address)}\r\n"
        f"List-Id: {list_name}\r\n <{_slug(purpose)}.{_slug(event)}.{domain}>\r\n"
        f"Feedback-ID: {_slug(label)}-{mailing_id}:{_slug(purpose)}:mailing:{_slug(event)}\r\n"
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
    )
    check_text(track_url, "TIFO_TRACK_URL")
    return Envelope(address, domain, fixed.encode("ascii"), track_url.encode("ascii"))


def date_header(moment: datetime) -> bytes:
    """The Date line."""
    return b"Date: " + format_datetime(moment.astimezone(UTC)).encode("ascii") + b"\r\n"


def message_bytes(
    shared: Envelope,
    *,
    date: bytes,
    name: str,
    address: str,
    message_id: str,
    key: str,
    unsubscribe_token: str,
    subject: bytes,
    content: bytes,
) -> bytes:
    """A whole message. `key` and the tokens are ours, `subject` is encoded already, `content` begins with MIME
    headers. A name that can't stand in a header is left out; anything else that can't raises HeaderRefused."""
    try:
        to = mailbox(name, address)
    except HeaderRefused:
        to = mailbox("", address)
    if b"\n" in subject.replace(b"\r\n ", b"").replace(b"\r\n\t", b"") or b"\0" in subject:
        raise HeaderRefused("The subject holds a line break.")
    return b"".join(
        (
            shared.fixed,
            b"To: ",
            to.encode("ascii"),
            b"\r\nSubject: ",
            subject,
            b"\r\n",
            date,
            b"Message-ID: ",
            message_id.encode("ascii"),
            b"\r\nList-Unsubscribe: <",
            shared.track_url,
            b"/u/",
            unsubscribe_token.encode("ascii"),
            b">\r\nX-Tifo-Key: ",
            key.encode("ascii"),
            b"\r\n",
            content,
        )
    )
