"""Is this message exactly that fan's? Told from the world's books and Babel, never from tifo."""

import email
import re
from email.header import decode_header, make_header
from email.message import Message
from html import unescape

from babel.dates import format_date, format_time

from tests.journeys.paris import GREETING, LAST_SEATS, NO_GATE, READY, SENT_IN, SUBJECT, Held, Made

_LINE = re.compile(
    r"^\[(?P<ref>T\d+)\] (?P<code>\S+) \| (?P<sport>.+?) \| (?P<venue>.+?) \| (?P<starts>.+) \| gate=(?P<gate>.+?)\s*$",
    re.MULTILINE,
)
_TICKET = re.compile(r"\bT\d{7}\b")
_TAG = re.compile(r"<[^>]*>")
_STYLE = re.compile(r"<(style|head)\b.*?</\1>", re.DOTALL)
_ISOLATES = dict.fromkeys(map(ord, "\u2068\u2069"))
_BLANKS = dict.fromkeys(map(ord, "\u202f\xa0"), " ")


def judge(raw: bytes, made: Made) -> list[str]:
    """What is wrong with this message for this fan; empty when it is exactly hers."""
    mail = email.message_from_bytes(raw)
    wrong = _head_faults(mail, made)
    if wrong:
        return wrong
    text, html = (_decoded(part) for part in list(mail.walk())[1:])
    page = unescape(_TAG.sub("\n", _STYLE.sub("", html)))
    return [
        f"{name}: {fault}"
        for name, said in (("text", text), ("page", page))
        for fault in (*_tile_faults(said, made), *_block_faults(said, made))
    ]


def _head_faults(mail: Message, made: Made) -> list[str]:
    language = SENT_IN[made.language]
    subject = str(make_header(decode_header(str(mail["Subject"]))))
    faults = [
        f"{name} is {found!r}, not {expected!r}"
        for name, found, expected in (
            ("To", str(mail["To"]).rpartition("<")[2].rstrip(">"), made.address),
            ("Content-Language", mail["Content-Language"], language),
            ("Subject", subject, f"{SUBJECT[language]}, {made.first_name or 'fan'}"),
            ("List-Unsubscribe-Post", mail["List-Unsubscribe-Post"], "List-Unsubscribe=One-Click"),
            ("parts", [part.get_content_type() for part in mail.walk()][1:], ["text/plain", "text/html"]),
        )
        if found != expected
    ]
    if not re.search(r"<https?://[^>]+/u/[\w.~-]{20,}>", str(mail["List-Unsubscribe"])):
        faults.append(f"List-Unsubscribe is {mail['List-Unsubscribe']!r}")
    return faults


def _decoded(part: Message) -> str:
    content = part.get_payload(decode=True)
    return content.decode("utf-8").replace("\r\n", "\n") if isinstance(content, bytes) else ""


def _tile_faults(said: str, made: Made) -> list[str]:
    """A tile per ticket, hers alone, in the order of time."""
    lines = list(_LINE.finditer(said.translate(_ISOLATES)))
    expected = [ticket.ref for ticket in made.held]
    if (found := [line["ref"] for line in lines]) != expected:
        return [f"shows {found}, not {expected}"]
    if strange := set(_TICKET.findall(said)) - set(expected):
        return [f"tells of {sorted(strange)} beside her own"]
    faults = [
        fault for line, held in zip(lines, made.held, strict=True) for fault in _line_faults(line, held, made)
    ]
    if SENT_IN[made.language] == "ar":  # a Latin value would turn the line around it over
        faults += [
            f"{ref} stands bare in right-to-left text" for ref in expected if f"\u2068{ref}\u2069" not in said
        ]
    return faults


def _line_faults(line: re.Match[str], held: Held, made: Made) -> list[str]:
    language = SENT_IN[made.language]
    faults = [
        f"{held.ref}: {line[name]!r} instead of {expected!r}"
        for name, expected in (
            ("code", held.session),
            ("sport", held.sport),
            ("venue", held.venue),
            ("gate", held.gate or NO_GATE[language]),
        )
        if line[name] != expected
    ]
    clock = held.local.timetz().replace(tzinfo=None)
    starts = line["starts"].translate(_BLANKS)
    for piece in (
        format_date(held.local.date(), "full", language),
        format_time(clock, "short", locale=language),
    ):
        if piece.translate(_BLANKS) not in starts:
            faults.append(f"{held.ref}: {piece!r} is not in {starts!r}")
    return faults


def _block_faults(said: str, made: Made) -> list[str]:
    """The trunk for everybody; the offer for those without a ticket only."""
    language = SENT_IN[made.language]
    offered, other = (READY, LAST_SEATS) if made.held else (LAST_SEATS, READY)
    faults = [f"lacks {phrase!r}" for phrase in (GREETING[language], offered[language]) if phrase not in said]
    for others in (other, *({name: text} for name, text in GREETING.items() if name != language)):
        faults += [f"holds {text!r}" for text in others.values() if text in said]
    return faults
