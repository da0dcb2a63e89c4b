"""The making of one combination: rendered, framed, sanitised, encoded and cut at the personal marks."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from html import escape

import mrml

from tifo.content.rules import frame
from tifo.content.rules.compose import block_language, rendered, served
from tifo.content.rules.pattern import Pattern
from tifo.content.rules.pieces import Button, Picture, Piece, Rendered, Sections, Url, Words
from tifo.content.rules.quoted import SOFT, harmless, quoted
from tifo.content.rules.tags import MARK, TagUse, mark, split
from tifo.content.rules.values import FAN, LINK, PIXEL, TOKENS, UNSUBSCRIBE, Field, Repeat, Values
from tifo.content.rules.wording import locale_of, wording
from tifo.content.types import Combination, Composition, MailingLook

_NO_INCLUDES = mrml.ParserOptions(include_loader=mrml.noop_loader())
_NO_FONTS = mrml.RenderOptions(fonts={})
"""mrml would have the reader's program fetch fonts from a third party."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """A combination ready for weaving. `subject`: literals, and pairs of fan's key and fall-back."""

    subject: list[str | tuple[str, str]]
    content: Pattern
    fields: list[Field]
    repeats: list[Repeat]
    pixel: bytes
    language: str
    rtl: bool

    @property
    def wire_safe(self) -> bool:
        """Whether all that is laid between a fan's own values is; those always are."""
        return self.content.wire_safe and all(repeat.wire_safe for repeat in self.repeats)


class Making:
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
        self.outer = Values(self.words.rtl)
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

    def compile(self) -> Compiled:
        tiles: list[frame.Tile] = []
        texts: list[str] = []
        repeats: list[tuple[str, str, Values, str]] = []
        for slot, name in zip(self.composition.slots, self.combination.blocks, strict=True):
            block = self.composition.block(name) if name is not None else None
            language = block and block_language(self.composition, block, self.combination.language)
            if block is None or not language:
                continue
            made = rendered(block, language, slot)
            values = Values(self.words.rtl) if slot.repeat else self.outer
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
        pixel = mark(PIXEL)
        footer = frame.Footer(*self._footer_links(), self._why(), self.note(pixel, ""))
        source = frame.newsletter(
            tiles, self.mailing, self.words, preheader=self._preheader(texts), footer=footer
        )
        html = _shortened(mrml.to_html(source, _NO_INCLUDES, _NO_FONTS).content)
        text = self._text(texts, footer)
        woven: list[Repeat] = []
        for start, end, values, tile_text in repeats:
            place = TOKENS + len(self.outer.fields) + 2 * len(woven)
            before, _, rest = html.partition(start)
            tile, _, after = rest.partition(end)
            html = f"{before}{self.note(mark(place), '')}{after}"
            text = text.replace(f"{start}\n\n", self.note("", mark(place + 1)))  # a tile ends so itself
            woven.append(
                Repeat(
                    self.settle(tile, html=True),
                    self.settle(tile_text + "\n\n", html=False),
                    values,
                    self.words,
                    self.mailing.sports,
                )
            )
        return Compiled(
            subject=self._subject(),
            content=self._content(self.settle(text, html=False), self.settle(html, html=True)),
            fields=self.outer.fields,
            repeats=woven,
            pixel=self._pixel(),
            language=self.words.language,
            rtl=self.words.rtl,
        )

    def _bind(self, made: Rendered, block: str, language: str, values: Values) -> tuple[list[Piece], str]:
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
                pieces.append(
                    replace(piece, source=bound(piece.source), alt=bound(piece.alt), href=bound(piece.href))
                )
        return pieces, bound(made.text)

    def _field(self, use: TagUse, values: Values) -> str:
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
        return self.note(*(2 * (f"{self.mailing.track_url}/c/{mark(LINK)}/{index}",)))

    def _ticket(self, values: Values) -> tuple[frame.TicketMarks, str]:
        def field(key: str) -> str:
            return self.note(values.place(key, "", html=True), values.place(key, "", html=False))

        sport, venue = field("session.sport"), field("session.venue")
        time, date, around, places = (field(f"frame.{key}") for key in ("time", "date", "around", "places"))
        head = f"{time}  {date}\n{sport} · {venue}\n{around}\n{places}\n"
        return frame.TicketMarks(sport, venue, time, date, around, places), head

    def _footer_links(self) -> tuple[str, str]:
        base = self.mailing.track_url or self.mailing.public_url
        token = mark(UNSUBSCRIBE)
        preferences = f"{self.mailing.public_url}/preferences/?t={token}"
        unsubscribe = f"{base}/u/{token}"
        return self.note(preferences, preferences), self.note(unsubscribe, unsubscribe)

    def _why(self) -> str:
        why = self.mailing.why
        language = self.words.language
        return (
            why.get(language)
            or why.get(language.split("-")[0])
            or self.words["why"] % {"event": self.mailing.event_name}
        )

    def _pixel(self) -> bytes:
        if not self.mailing.track_url:
            return b""
        before, after = (
            f'<img src="{escape(self.mailing.track_url)}/o/',
            '.gif" width="1" height="1" alt="" style="display:block;border:0">',
        )
        return quoted(before) + SOFT + b"<token>" + SOFT + quoted(after)

    def _preheader(self, texts: list[str]) -> str:
        source = self._served(self.composition.preheader)
        if source:
            parts, _faults = split(source, per_ticket=False)
            return "".join(
                escape(part) if isinstance(part, str) else self._field(part, self.outer) for part in parts
            )
        for text in texts:
            lines = [
                line
                for line in text.splitlines()
                if line.strip() and "<" not in line and not line.startswith("tifofence")
            ]
            if lines:
                return escape(lines[min(1, len(lines) - 1)])
        return ""

    def _subject(self) -> list[str | tuple[str, str]]:
        parts, _faults = split(self._served(self.composition.subject) or "", per_ticket=False)
        return [
            _one_line(part)
            if isinstance(part, str)
            else (FAN[part.name], harmless(part.fallback) or self.combination.language)
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


def _one_line(text: str) -> str:
    """A communicator's words for a header: whatever white space there is becomes a space."""
    return re.sub(r"[\s\x00-\x1f\x7f]+", " ", text)


def _language_tag(language: str) -> str:
    return re.sub(r"[^A-Za-z0-9-]", "", language.replace("_", "-")) or "en"


def _shortened(html: str) -> str:
    """Line breaks only where they cost nothing, so that a 100 kB mail is not one line."""
    return html.replace("<!--[if mso | IE]><table", "\n<!--[if mso | IE]><table").strip() + "\n"
