"""What a text becomes when it is made ready: pieces of a tile, addresses, marks."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from tifo.content.rules.tags import MARK_START, Fault, TagUse, mark
from tifo.kernel.public import sentence as _


@dataclass(frozen=True, slots=True)
class Url:
    """An address in a text. Pictures, mail and telephone addresses are not tracked."""

    address: str
    tracked: bool


@dataclass(frozen=True, slots=True)
class Words:
    """A run of HTML."""

    html: str


@dataclass(frozen=True, slots=True)
class Button:
    """A link that stands alone in its paragraph, the first of its tile."""

    label: str
    href: str


@dataclass(frozen=True, slots=True)
class Picture:
    """An image alone in its paragraph."""

    source: str
    alt: str
    href: str


@dataclass(frozen=True, slots=True)
class Sections:
    """Ready MJML sections, validated and written anew by us."""

    mjml: str


Piece = Words | Button | Picture | Sections


@dataclass(frozen=True, slots=True)
class Rendered:
    """A text made ready. Marks in pieces and text are numbers into `marks`."""

    pieces: tuple[Piece, ...]
    text: str
    marks: tuple[TagUse | Url, ...]
    faults: tuple[Fault, ...]
    pictures_without_text: int

    @property
    def urls(self) -> tuple[str, ...]:
        """The tracked addresses, each once, in order."""
        return tuple(dict.fromkeys(m.address for m in self.marks if isinstance(m, Url) and m.tracked))


def address_fault(address: str, *, picture: bool = False) -> tuple[str, str] | None:
    """What is wrong with an address (and the mend), or None."""
    if MARK_START in address:
        return _("a merge tag stands in an address"), _(
            "personal values never go into addresses; take the tag out"
        )
    schemes = ("http", "https") if picture else ("http", "https", "mailto", "tel")
    try:
        parts = urlsplit(address)
        named = parts.hostname if parts.scheme in ("http", "https") else parts.path
    except ValueError:
        return _("“%(what)s” is no address", what=address[:80]), _("write https://…")
    if parts.scheme not in schemes or not named:
        return _("“%(what)s” is no full address", what=address[:80]), _("write it with https://")
    if any(ord(sign) < 33 or sign in '"<>\\' for sign in address):
        return _("“%(what)s” has signs that no address may have", what=address[:80]), _(
            "write them percent-encoded"
        )
    return None


def register(address: str, marks: list[TagUse | Url], *, tracked: bool) -> str:
    """The mark that stands for an address; the same address has the same mark."""
    url = Url(address, tracked and address.startswith(("http:", "https:")))
    if url not in marks:
        marks.append(url)
    return mark(marks.index(url))
