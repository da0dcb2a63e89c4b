"""Personal values in their places: which tag reads what, and the tile laid once per ticket."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from tifo.content.rules.frame import place_cell
from tifo.content.rules.moments import Written, written
from tifo.content.rules.pattern import Pattern
from tifo.content.rules.quoted import SOFT, harmless, quoted, value_bytes
from tifo.content.rules.tags import MARK, mark
from tifo.content.rules.wording import Wording
from tifo.content.types import TicketHeld

TOKENS = 3
LINK, UNSUBSCRIBE, PIXEL = range(TOKENS)
"""The first places of every pattern; fields follow."""


@lru_cache(maxsize=65_536)
def personal_bytes(value: str, html: bool, rtl: bool) -> bytes:
    """Any value, made harmless and encoded for its part; empty when nothing is left of it."""
    return value_bytes(harmless(value), html, rtl)


@dataclass(frozen=True, slots=True)
class Field:
    """A personal value in one part; `fallback` is encoded already."""

    key: str
    html: bool
    fallback: bytes


class Values:
    """The places of one pattern pair (HTML and text): tokens first, then fields as they are met."""

    def __init__(self, rtl: bool) -> None:
        self.fields: list[Field] = []
        self.rtl = rtl
        self._known: dict[tuple[str, str, bool], int] = {}

    def place(self, key: str, fallback: str, *, html: bool) -> str:
        """The final mark of a field."""
        known = (key, fallback, html)
        if known not in self._known:
            self._known[known] = len(self.fields) + TOKENS
            self.fields.append(Field(key, html, personal_bytes(fallback, html, self.rtl)))
        return mark(self._known[known])


FAN = {
    "fan.first_name": "first_name",
    "fan.last_name": "last_name",
    "fan.language": "language",
    "fan.country": "country",
}
_SESSION: dict[str, Callable[[TicketHeld, Written], object]] = {
    "session.code": lambda ticket, _when: ticket.code,
    "session.sport": lambda ticket, _when: ticket.sport,
    "session.programme": lambda ticket, _when: ticket.programme,
    "session.venue": lambda ticket, _when: ticket.venue,
    "session.starts_at": lambda _ticket, when: when.starts_at,
    "session.ends_at": lambda _ticket, when: when.ends_at,
    "frame.time": lambda _ticket, when: when.time,
    "frame.date": lambda _ticket, when: when.date,
    "frame.around": lambda _ticket, when: when.around,
}
_TICKET: dict[str, Callable[[TicketHeld], object]] = {
    "ticket.ref": lambda ticket: ticket.ref,
    "ticket.category": lambda ticket: ticket.category,
    "ticket.gate": lambda ticket: ticket.gate,
    "ticket.block": lambda ticket: ticket.block,
    "ticket.row": lambda ticket: ticket.row,
    "ticket.seat": lambda ticket: ticket.seat,
}
_PLACES = ("gate", "block", "row", "seat")
_DOT = b" =C2=B7 =\r\n"
_SESSIONS = 20_000  # encoded sessions held per tile; more and they are made anew


def _in(names: Mapping[str, str], language: str) -> str | None:
    return names.get(language) or names.get(language.split("-")[0])


class Repeat:
    """A tile laid once per ticket. What thousands share, the session's values, is encoded once per session."""

    def __init__(
        self, html: str, text: str, values: Values, words: Wording, sports: Mapping[str, Mapping[str, str]]
    ) -> None:
        self.language, self.rtl = words.language, words.rtl
        self._sports = {
            sport: name for sport, names in sports.items() if (name := _in(names, words.language))
        }
        self._shared = [
            field
            for field in values.fields
            if field.key.startswith(("session.", "frame.")) and field.key != "frame.places"
        ]
        self._own = [field for field in values.fields if field not in self._shared]
        ordered = [*self._shared, *self._own]
        moved = {TOKENS + old: TOKENS + ordered.index(field) for old, field in enumerate(values.fields)}

        def renumbered(source: str) -> str:
            return MARK.sub(lambda found: mark(moved.get(int(found.group(1)), int(found.group(1)))), source)

        self._html, self._text = Pattern(renumbered(html)), Pattern(renumbered(text))
        self._sessions: dict[tuple[object, ...], list[bytes]] = {}
        self._cells: list[tuple[str, bytes, bytes, bytes]] = []
        for name in _PLACES:
            before, after = place_cell(words[name], "", rtl=words.rtl)
            self._cells.append(
                (name, quoted(before) + SOFT, SOFT + quoted(after) + SOFT, quoted(f"{words[name]} ") + SOFT)
            )

    @property
    def wire_safe(self) -> bool:
        """Whether the tile's fixed pieces are."""
        return self._html.wire_safe and self._text.wire_safe

    def weave(
        self, ticket: TicketHeld, fan: Mapping[str, object], tokens: list[bytes]
    ) -> tuple[bytes, bytes]:
        """The tile in HTML and in text."""
        key = (
            ticket.code,
            ticket.starts_at,
            ticket.ends_at,
            ticket.venue,
            ticket.timezone,
            ticket.sport,
            ticket.programme,
        )
        values = tokens + (self._sessions.get(key) or self._session(key, ticket))
        for field in self._own:
            if field.key == "frame.places":
                values.append(self._places(ticket, html=field.html))
                continue
            reader = _TICKET.get(field.key)
            value = reader(ticket) if reader else fan.get(FAN[field.key])
            values.append(
                (personal_bytes(str(value), field.html, self.rtl) if value else b"") or field.fallback
            )
        return self._html.join(values), self._text.join(values)

    def _session(self, key: tuple[object, ...], ticket: TicketHeld) -> list[bytes]:
        when = written(ticket.starts_at, ticket.ends_at, ticket.timezone, self.language)
        if len(self._sessions) > _SESSIONS:
            self._sessions.clear()
        found = []
        for field in self._shared:
            value = _SESSION[field.key](ticket, when)
            if field.key == "session.sport":
                value = self._sports.get(ticket.sport) or value
            found.append(
                (personal_bytes(str(value), field.html, self.rtl) if value else b"") or field.fallback
            )
        self._sessions[key] = found
        return found

    def _places(self, ticket: TicketHeld, *, html: bool) -> bytes:
        out: list[bytes] = []
        for name, before, after, label in self._cells:
            value = getattr(ticket, name)  # one of four fixed names
            encoded = personal_bytes(value, html, self.rtl) if value else b""
            if not encoded:
                continue
            if html:
                out += (before, encoded, after)
            else:
                out += (_DOT if out else b"", label, encoded, SOFT)
        return b"".join(out)
