"""The mosaic: compiled once per combination, cut at the personal marks, joined per fan.

A combination is what many fans share (language, variant, chosen blocks). Its MIME body is rendered, sanitised and
encoded once; weaving a message is a join of byte fragments with a few encoded values.
"""

import hashlib
import re
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from html import escape

import mrml

from tifo.content.rules import frame
from tifo.content.rules.compose import block_language, fingerprint, links, rendered, served
from tifo.content.rules.moments import Written, written
from tifo.content.rules.pattern import Pattern
from tifo.content.rules.quoted import SOFT, harmless, header_words, quoted, value_bytes
from tifo.content.rules.render import Button, Piece, Picture, Rendered, Sections, Url, Words
from tifo.content.rules.tags import MARK, TagUse, mark, split
from tifo.content.rules.wording import Wording, locale_of, wording
from tifo.content.types import Combination, Composition, MailingLook, Personal, TicketHeld, Woven

_KEPT = 512  # combinations held ready; more are compiled again when met again
_LINK, _UNSUBSCRIBE, _PIXEL = 0, 1, 2


@lru_cache(maxsize=65_536)
def _personal(value: str, html: bool, rtl: bool) -> bytes:
    return value_bytes(harmless(value), html, rtl)


@dataclass(frozen=True, slots=True)
class _Field:
    """A personal value in one part; `fallback` is encoded already."""

    key: str
    html: bool
    fallback: bytes


class _Values:
    """The places of one pattern pair (HTML and text): tokens first, then fields as they are met."""

    def __init__(self, rtl: bool) -> None:
        self.fields: list[_Field] = []
        self.rtl = rtl
        self._known: dict[tuple[str, str, bool], int] = {}

    def place(self, key: str, fallback: str, *, html: bool) -> str:
        """The final mark of a field."""
        known = (key, fallback, html)
        if known not in self._known:
            self._known[known] = len(self.fields) + 3
            self.fields.append(_Field(key, html, _personal(fallback, html, self.rtl)))
        return mark(self._known[known])


_FAN = {"fan.first_name": "first_name", "fan.last_name": "last_name", "fan.language": "language", "fan.country": "country"}
_TICKET: dict[str, Callable[[TicketHeld, Written], object]] = {
    "session.code": lambda ticket, _when: ticket.code,
    "session.sport": lambda ticket, _when: ticket.sport,
    "session.programme": lambda ticket, _when: ticket.programme,
    "session.venue": lambda ticket, _when: ticket.venue,
    "session.starts_at": lambda _ticket, when: when.starts_at,
    "session.ends_at": lambda _ticket, when: when.ends_at,
    "ticket.ref": lambda ticket, _when: ticket.ref,
    "ticket.category": lambda ticket, _when: ticket.category,
    "ticket.gate": lambda ticket, _when: ticket.gate,
    "ticket.block": lambda ticket, _when: ticket.block,
    "ticket.row": lambda ticket, _when: ticket.row,
    "ticket.seat": lambda ticket, _when: ticket.seat,
    "frame.time": lambda _ticket, when: when.time,
    "frame.date": lambda _ticket, when: when.date,
    "frame.around": lambda _ticket, when: when.around,
}
_PLACES = ("gate", "block", "row", "seat")


class _Repeat:
    """A tile laid once per ticket, with the encoded labels of gate, block, row and seat."""

    def __init__(self, html: str, text: str, values: _Values, words: Wording) -> None:
        self.html, self.text = Pattern(html), Pattern(text)
        self.fields = values.fields
        self.language, self.rtl = words.language, words.rtl
        self.cells: list[tuple[str, bytes, bytes, bytes]] = []
        for name in _PLACES:
            before, after = frame.place_cell(words[name], "", rtl=words.rtl)
            self.cells.append((name, quoted(before) + SOFT, SOFT + quoted(after) + SOFT, quoted(f"{words[name]} ") + SOFT))

    def weave(self, ticket: TicketHeld, fan: Mapping[str, object], tokens: list[bytes]) -> tuple[bytes, bytes]:
        when = written(ticket.starts_at, ticket.ends_at, ticket.timezone, self.language)
        values = tokens.copy()
        for field in self.fields:
            if field.key == "frame.places":
                values.append(self._places(ticket, html=field.html))
                continue
            reader = _TICKET.get(field.key)
            value = reader(ticket, when) if reader else fan.get(_FAN[field.key])
            values.append((_personal(str(value), field.html, self.rtl) if value else b"") or field.fallback)
        return self.html.join(values), self.text.join(values)

    def _places(self, ticket: TicketHeld, *, html: bool) -> bytes:
        out: list[bytes] = []
        for name, before, after, label in self.cells:
            value = getattr(ticket, name)  # one of four fixed names
            encoded = _personal(str(value), html, self.rtl) if value else b""
            if not encoded:
                continue
            if html:
                out += (before, encoded, after)
            else:
                out += (b"=C2=B7 =\r\n" if out else b"", label, encoded, SOFT, b" =\r\n")
        return b"".join(out)


@dataclass(frozen=True, slots=True)
class _Compiled:
    subject: list[str | tuple[str, str]]
    content: Pattern
    fields: list[_Field]
    repeats: list[_Repeat]
    pixel: bytes
    language: str
    rtl: bool


class Loom:
    """Weaves the messages of one mailing. Not for sharing between threads."""

    def __init__(self, composition: Composition, mailing: MailingLook) -> None:
        self.composition, self.mailing = composition, mailing
        self._index = {(link.block, link.language, link.url): link.index for link in links(composition)}
        self._identity = fingerprint(composition)
        self._compiled: OrderedDict[Combination, _Compiled] = OrderedDict()

    def weave(self, combination: Combination, personal: Personal) -> Woven:
        """One message: the same values give the same bytes."""
        compiled = self._compiled.get(combination) or self._compile(combination)
        fan = personal.fan
        tokens = [
            personal.link_token.encode("ascii"),
            personal.unsubscribe_token.encode("ascii"),
            compiled.pixel.replace(b"<token>", personal.link_token.encode("ascii")) if personal.pixel else b"",
        ]
        values = tokens.copy()
        for field in compiled.fields:
            value = fan.get(_FAN[field.key])
            values.append((_personal(str(value), field.html, compiled.rtl) if value else b"") or field.fallback)
        for repeat in compiled.repeats:
            laid = [repeat.weave(ticket, fan, tokens) for ticket in personal.tickets]
            values.append(SOFT.join([html for html, _text in laid]))
            values.append(SOFT.join([text for _html, text in laid]))
        return Woven(self._subject(compiled, fan), compiled.content.join(values))

    @staticmethod
    def _subject(compiled: _Compiled, fan: Mapping[str, object]) -> bytes:
        words = [
            part if isinstance(part, str) else harmless(fan.get(part[0]) or "") or part[1] for part in compiled.subject
        ]
        return header_words("".join(words))

    def _compile(self, combination: Combination) -> _Compiled:
        if len(combination.blocks) != len(self.composition.slots):
            raise ValueError(f"{len(combination.blocks)} blocks for {len(self.composition.slots)} slots")
        compiled = _Weave(self.composition, self.mailing, combination, self._index, self._identity).compile()
        self._compiled[combination] = compiled
        if len(self._compiled) > _KEPT:
            self._compiled.popitem(last=False)
        return compiled


class _Weave:
    """The making of one combination."""

    def __init__(
        self,
        composition: Composition,
        mailing: MailingLook,
        combination: Combination,
        index: Mapping[tuple[str, str, str], int],
        identity: str,
    ) -> None:
        self.composition, self.mailing, self.combination = composition, mailing, combination
        self.index = index
        self.words = wording(combination.language)
        self.outer = _Values(self.words.rtl)
        key = f"{identity}\0{combination.language}\0{combination.variant}\0{combination.blocks}"
        self.boundary = "=_tifo_" + hashlib.sha256(key.encode()).hexdigest()[:32]
        self.statics: list[tuple[str, str]] = []  # (in HTML, in text) of each provisional mark

    def note(self, html: str, text: str) -> str:
        """A provisional mark that is replaced in the finished HTML and text."""
        self.statics.append((html, text))
        return mark(len(self.statics) - 1)

    def settle(self, text: str, *, html: bool) -> str:
        """The text with its provisional marks replaced by addresses and final marks."""
        return MARK.sub(lambda found: self.statics[int(found.group(1))][0 if html else 1], text)

    def compile(self) -> _Compiled:
        tiles: list[frame.Tile] = []
        texts: list[str] = []
        repeats: list[tuple[str, str, _Values, str]] = []
        for slot, name in zip(self.composition.slots, self.combination.blocks, strict=True):
            block = self.composition.block(name) if name is not None else None
            language = block and block_language(self.composition, block, self.combination.language)
            if block is None or not language:
                continue
            made = rendered(block, language, slot)
            values = _Values(self.words.rtl) if slot.repeat else self.outer
            pieces, text = self._bind(made, block.name, language, values)
            ticket, fence = None, ("", "")
            if slot.repeat:
                ticket, head = self._ticket(values)
                fence = (f"tifofence{len(repeats)}a", f"tifofence{len(repeats)}b")
                text = f"{head}\n{text}" if text else head
                repeats.append((fence[0], fence[1], values, text))
                text = fence[0]
            direction = str(locale_of(language).text_direction)
            tiles.append(frame.Tile(pieces, language, direction, ticket, fence))
            texts.append(text)
        pixel = mark(_PIXEL)
        footer = frame.Footer(*self._footer_links(), self._why(), self.note(pixel, ""))
        source = frame.newsletter(tiles, self.mailing, self.words, preheader=self._preheader(texts), footer=footer)
        html = _shortened(mrml.to_html(source).content)
        text = self._text(texts, footer)
        woven: list[_Repeat] = []
        for start, end, values, tile_text in repeats:
            place = 3 + len(self.outer.fields) + 2 * len(woven)
            before, _, rest = html.partition(start)
            tile, _, after = rest.partition(end)
            html = f"{before}{self.note(mark(place), '')}{after}"
            text = text.replace(start, self.note("", mark(place + 1)))
            woven.append(
                _Repeat(self.settle(tile, html=True), self.settle(tile_text + "\n\n", html=False), values, self.words)
            )
        return _Compiled(
            subject=self._subject(),
            content=self._content(self.settle(text, html=False), self.settle(html, html=True)),
            fields=self.outer.fields,
            repeats=woven,
            pixel=self._pixel(),
            language=self.words.language,
            rtl=self.words.rtl,
        )

    def _bind(self, made: Rendered, block: str, language: str, values: _Values) -> tuple[list[Piece], str]:
        """The pieces and the text with marks of this combination instead of the text's own."""
        local: list[str] = []
        for value in made.marks:
            if isinstance(value, TagUse):
                local.append(self._field(value, values))
            else:
                local.append(self._address(value, block, language))

        def bound(text: str) -> str:
            return MARK.sub(lambda found: local[int(found.group(1))], text)

        pieces: list[Piece] = []
        for piece in made.pieces:
            if isinstance(piece, Words):
                pieces.append(Words(bound(piece.html)))
            elif isinstance(piece, Sections):
                pieces.append(Sections(bound(piece.mjml)))
            elif isinstance(piece, Button):
                pieces.append(Button(bound(piece.label), bound(piece.href)))
            elif isinstance(piece, Picture):
                pieces.append(replace(piece, source=bound(piece.source), alt=bound(piece.alt), href=bound(piece.href)))
        return pieces, bound(made.text)

    def _field(self, use: TagUse, values: _Values) -> str:
        fallback = use.fallback
        if use.name == "fan.language":
            fallback = self.combination.language
        return self.note(
            values.place(use.name, fallback, html=True),
            values.place(use.name, fallback, html=False),
        )

    def _address(self, url: Url, block: str, language: str) -> str:
        if not url.tracked or not self.mailing.track_url:
            return self.note(escape(url.address), url.address)
        index = self.index[(block, language, url.address)]
        return self.note(*(2 * (f"{self.mailing.track_url}/c/{mark(_LINK)}/{index}",)))

    def _ticket(self, values: _Values) -> tuple[frame.TicketMarks, str]:
        def field(key: str) -> str:
            return self.note(values.place(key, "", html=True), values.place(key, "", html=False))

        sport, venue = field("session.sport"), field("session.venue")
        time, date, around, places = (field(f"frame.{key}") for key in ("time", "date", "around", "places"))
        head = f"{time}  {date}\n{sport} · {venue}\n{around}\n{places}\n"
        return frame.TicketMarks(sport, venue, time, date, around, places), head

    def _footer_links(self) -> tuple[str, str]:
        base = self.mailing.track_url or self.mailing.public_url
        token = mark(_UNSUBSCRIBE)
        preferences = f"{self.mailing.public_url}/preferences/?t={token}"
        unsubscribe = f"{base}/u/{token}"
        return self.note(preferences, preferences), self.note(unsubscribe, unsubscribe)

    def _why(self) -> str:
        why = self.mailing.why
        language = self.words.language
        return why.get(language) or why.get(language.split("-")[0]) or self.words["why"] % {"event": self.mailing.event_name}

    def _pixel(self) -> bytes:
        if not self.mailing.track_url:
            return b""
        before, after = f'<img src="{escape(self.mailing.track_url)}/o/', '.gif" width="1" height="1" alt="" style="display:block;border:0">'
        return quoted(before) + SOFT + b"<token>" + SOFT + quoted(after)

    def _preheader(self, texts: list[str]) -> str:
        source = self._served(self.composition.preheader)
        if source:
            parts, _faults = split(source, per_ticket=False)
            return "".join(escape(part) if isinstance(part, str) else self._field(part, self.outer) for part in parts)
        for text in texts:
            lines = [line for line in text.splitlines() if line.strip() and "<" not in line and not line.startswith("tifofence")]
            if lines:
                return escape(lines[min(1, len(lines) - 1)])
        return ""

    def _subject(self) -> list[str | tuple[str, str]]:
        parts, _faults = split(self._served(self.composition.subject) or "", per_ticket=False)
        return [
            harmless_text(part) if isinstance(part, str) else (_FAN[part.name], harmless(part.fallback) or self.combination.language)
            for part in parts
        ]

    def _served(self, texts: Mapping[str, str]) -> str:
        language = served(texts, self.combination.language, self.composition.fallback)
        return texts[language] if language else ""

    def _text(self, texts: list[str], footer: frame.Footer) -> str:
        event = self.mailing.event_name
        lines = [f"{event}\n{'=' * min(len(event), 60)}", *texts]
        lines.append(
            f"-- \n{self.mailing.sender_name}\n{footer.why}\n"
            f"{self.words['preferences']} <{footer.preferences}>\n{self.words['unsubscribe']} <{footer.unsubscribe}>\n"
            f"{self.mailing.postal_address}\n"
        )
        return "\n\n".join(line for line in lines if line)

    def _content(self, text: str, html: str) -> Pattern:
        head = (
            f'MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary="{self.boundary}"\r\n'
            f"Content-Language: {_language_tag(self.words.language)}\r\n\r\n"
        )
        return _Alternatives(head, self.boundary, text, html).pattern


class _Alternatives:
    """Both parts as one pattern: the raw lines between them are no quoted-printable."""

    def __init__(self, head: str, boundary: str, text: str, html: str) -> None:
        def part(kind: str) -> bytes:
            return (
                f"--{boundary}\r\nContent-Type: text/{kind}; charset=utf-8\r\n"
                "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
            ).encode("ascii")

        first = Pattern(text, head=head.encode("ascii") + part("plain"))
        second = Pattern(html, head=b"\r\n" + part("html"))
        self.pattern = Pattern.chained(first, second, f"\r\n--{boundary}--\r\n".encode("ascii"))


def harmless_text(text: str) -> str:
    """A communicator's words for a header: whatever white space there is becomes a space."""
    return re.sub(r"[\s\x00-\x1f\x7f]+", " ", text)


def _language_tag(language: str) -> str:
    return re.sub(r"[^A-Za-z0-9-]", "", language.replace("_", "-")) or "en"


_BETWEEN = re.compile(r">\s+<")


def _shortened(html: str) -> str:
    """Line breaks only where they cost nothing, so that a 100 kB mail is not one line."""
    return html.replace("<!--[if mso | IE]><table", "\n<!--[if mso | IE]><table").strip() + "\n"
