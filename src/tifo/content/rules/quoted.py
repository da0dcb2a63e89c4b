"""Bytes of a mail: quoted-printable that can be cut anywhere, encoded header words, harmless values.

A soft line break before and after each personal value puts it at the start of a line, so its encoding does not
depend on what stands around it: fragments and values are encoded once and only joined per fan.
"""

import binascii
import re
import unicodedata
from functools import lru_cache
from html import escape

SOFT = b"=\r\n"
_LONGEST_LINE = 75  # plus the "=" of a soft break: 76, the limit of RFC 2045
LONGEST_VALUE = 200
"""A personal value is cut to this many characters."""

_TABLE = [f"={byte:02X}".encode() for byte in range(256)]
for _byte in range(33, 127):
    if _byte != ord("="):
        _TABLE[_byte] = bytes([_byte])
_TABLE[ord(" ")] = b" "
_TABLE[ord("\t")] = b"\t"

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ,:/_-]{0,70}")
_SPACES = re.compile(r"\s+")
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")
_INVISIBLE_KEPT = frozenset("\u200b\u200c\u200d\u2060")


def harmless(value: object) -> str:
    """A personal value as one line: no control or private characters, no direction overrides, bounded.

    Joiners stay: Persian names and family emoji need them.
    """
    text = str(value)
    if text.isascii() and text.isprintable():
        return " ".join(text[:LONGEST_VALUE].split())
    text = _SPACES.sub(" ", text[: LONGEST_VALUE * 2])
    kept = [
        sign
        for sign in text
        if sign in _INVISIBLE_KEPT
        or (
            sign not in _BIDI
            and unicodedata.category(sign) not in ("Cc", "Cf", "Cs", "Co")
            and not _nonchar(sign)
        )
    ]
    return " ".join("".join(kept).split())[:LONGEST_VALUE].rstrip()


def _nonchar(sign: str) -> bool:
    code = ord(sign)
    return code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF


def _opposes(text: str, *, rtl: bool) -> bool:
    wanted = ("L",) if rtl else ("R", "AL")
    return any(unicodedata.bidirectional(sign) in wanted for sign in text)


def isolated(text: str, *, rtl: bool) -> str:
    """The value, fenced by direction isolates when it runs against the text around it."""
    if text.isascii() and not rtl:
        return text
    return f"\u2068{text}\u2069" if _opposes(text, rtl=rtl) else text


def quoted(text: str) -> bytes:
    """`text` (lines ended by \\n) as quoted-printable with CRLF and lines of at most 76 bytes.

    It must be put at the start of a line; what follows on the same line comes after SOFT.
    """
    out: list[bytes] = []
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for number, line in enumerate(lines):
        if number:
            out.append(b"\r\n")
        _quote_line(line, out, ends=number < len(lines) - 1)
    return b"".join(out)


def _quote_line(line: str, out: list[bytes], *, ends: bool) -> None:
    width = 0
    data = line.encode("utf-8", "replace")
    last = len(data) - 1
    for position, byte in enumerate(data):
        code = _TABLE[byte]
        if width + len(code) > _LONGEST_LINE:
            out.append(SOFT)
            width = 0
        if width == 0 and byte in (0x2E, 0x46):  # "." would be stuffed, "From " be mangled by mailboxes
            code = f"={byte:02X}".encode()
        elif position == last and ends and byte in (0x20, 0x09):  # a trailing space would be cut off
            code = f"={byte:02X}".encode()
            if width + 3 > _LONGEST_LINE:
                out.append(SOFT)
                width = 0
        out.append(code)
        width += len(code)


def wire_safe(data: bytes) -> bool:
    """Whether these bytes may stand anywhere in a message as they are: line ends are whole CRLF, and no line, the
    first included, begins with a dot. Safe bytes joined are safe, so nobody need look through each message.
    """
    paired = data.replace(b"\r\n", b"  ")
    return not (b"\r" in paired or b"\n" in paired or data.startswith(b".") or b"\r\n." in data)


@lru_cache(maxsize=65_536)
def value_bytes(text: str, html: bool, rtl: bool) -> bytes:
    """A harmless value, escaped for its part and encoded; it stands between two soft breaks."""
    if not rtl and _PLAIN.fullmatch(text) and text[0] != "F":
        return text.encode("ascii")
    text = isolated(text, rtl=rtl)
    return quoted(escape(text) if html else text)


def header_words(text: str, *, first: int = 66) -> bytes:
    """A header value: as it is when short ASCII, folded when long, else RFC 2047 words of at most 75 bytes.

    `first`: bytes that fit on the first line after the header's name.
    """
    text = " ".join(text.split())
    if text.isascii() and text.isprintable() and "=?" not in text:
        if len(text) <= first:
            return text.encode("ascii")
        words = text.split(" ")
        if max(map(len, words)) <= 60:
            return _folded(words, first)
    data = text.encode("utf-8", "replace")
    words_out: list[bytes] = []
    start, room = 0, (first - 12) // 4 * 3
    while start < len(data):
        end = min(start + room, len(data))
        while end < len(data) and data[end] & 0xC0 == 0x80:  # never cut a character in two
            end -= 1
        words_out.append(b"=?utf-8?b?" + binascii.b2a_base64(data[start:end], newline=False) + b"?=")
        start, room = end, 45
    return b"\r\n ".join(words_out)


def _folded(words: list[str], first: int) -> bytes:
    lines, line, room = [], "", first
    for word in words:
        longer = f"{line} {word}" if line else word
        if len(longer) > room:
            lines.append(line)
            line, room = word, 75
        else:
            line = longer
    lines.append(line)
    return "\r\n ".join(lines).encode("ascii")
