"""The closed grammar of merge tags: `{{ fan.first_name | "dear fan" }}`.

A tag is a name from this list and perhaps a fall-back text. There is no template language: no attribute is ever
looked up by what somebody typed, so nothing typed can reach a setting, a file or another fan.
"""

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass

from tifo.kernel.public import sentence as _

MARK_START = "tifomark7x"
MARK = re.compile(MARK_START + r"([0-9]+)q")
LONGEST_TEXT = 50_000


@dataclass(frozen=True, slots=True)
class Tag:
    """A name that may stand between double braces. `empty`: some fans or tickets have no value for it."""

    name: str
    per_ticket: bool
    empty: bool


TAGS = {
    tag.name: tag
    for tag in (
        Tag("fan.first_name", per_ticket=False, empty=True),
        Tag("fan.last_name", per_ticket=False, empty=True),
        Tag("fan.language", per_ticket=False, empty=False),
        Tag("fan.country", per_ticket=False, empty=True),
        Tag("session.code", per_ticket=True, empty=False),
        Tag("session.sport", per_ticket=True, empty=False),
        Tag("session.programme", per_ticket=True, empty=True),
        Tag("session.venue", per_ticket=True, empty=False),
        Tag("session.starts_at", per_ticket=True, empty=False),
        Tag("session.ends_at", per_ticket=True, empty=True),
        Tag("ticket.ref", per_ticket=True, empty=False),
        Tag("ticket.category", per_ticket=True, empty=True),
        Tag("ticket.gate", per_ticket=True, empty=True),
        Tag("ticket.block", per_ticket=True, empty=True),
        Tag("ticket.row", per_ticket=True, empty=True),
        Tag("ticket.seat", per_ticket=True, empty=True),
    )
}


@dataclass(frozen=True, slots=True)
class TagUse:
    """A tag as it stands in a text, with its fall-back (empty: none)."""

    name: str
    fallback: str


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in one text, where (1-based line and column), and the mend."""

    line: int
    column: int
    text: str
    mend: str


_BRACES = re.compile(r"\{\{.*?\}\}|\{\{|\}\}|\{%|\{#", re.DOTALL)
_TAG = re.compile(r"""\{\{\s*([\w.]+)\s*(?:\|\s*(?:"([^"{}\r\n]*)"|'([^'{}\r\n]*)')\s*)?\}\}""")


def split(source: str, *, per_ticket: bool) -> tuple[list[str | TagUse], list[Fault]]:
    """The literal pieces and tags of a text in order, and what is wrong with it.

    `per_ticket`: the text is repeated per ticket, so session and ticket tags are known. A faulty tag is left out.
    """
    pieces: list[str | TagUse] = []
    faults: list[Fault] = []
    if len(source) > LONGEST_TEXT:
        faults.append(
            Fault(
                1,
                1,
                _("the text has %(what)s characters", what=f"{len(source):,}"),
                _("at most %(what)s", what=f"{LONGEST_TEXT:,}"),
            )
        )
        return pieces, faults
    if MARK_START in source:
        faults.append(
            Fault(
                *place(source, source.index(MARK_START)),
                _("“%(what)s” is reserved", what=MARK_START),
                _("leave it out"),
            )
        )
        return pieces, faults
    end = 0
    for found in _BRACES.finditer(source):
        pieces.append(source[end : found.start()])
        end = found.end()
        result = _read(found.group(), per_ticket=per_ticket)
        if isinstance(result, TagUse):
            pieces.append(result)
        else:
            faults.append(Fault(*place(source, found.start()), *result))
    pieces.append(source[end:])
    return [piece for piece in pieces if piece != ""], faults


def place(source: str, offset: int) -> tuple[int, int]:
    """Line and column, both from 1, of an offset."""
    before = source[:offset]
    return before.count("\n") + 1, offset - before.rfind("\n")


def _read(text: str, *, per_ticket: bool) -> TagUse | tuple[str, str]:
    if text in ("{%", "{#"):
        return (
            _("“%(what)s” opens nothing here", what=text),
            _('there is no template language; write a merge tag such as {{ fan.first_name | "fan" }}'),
        )
    if text == "{{":
        return _("“{{” is not closed"), _("write }} after the tag's name")
    if text == "}}":
        return _("“}}” closes nothing"), _("write {{ before the tag's name")
    found = _TAG.fullmatch(text)
    if found is None:
        return (
            _("“%(what)s” is no merge tag", what=_short(text)),
            _('write {{ fan.first_name | "fan" }}: a name, and a fall-back in straight quotes'),
        )
    name = found.group(1)
    fallback = (found.group(2) or found.group(3) or "").strip()
    tag = TAGS.get(name)
    if tag is None:
        return _("unknown merge tag “%(what)s”", what=_short(name)), near(name, per_ticket=per_ticket)
    if tag.per_ticket and not per_ticket:
        return (
            _("“%(what)s” is known only in a block repeated per ticket", what=name),
            _("give the slot `repeat: tickets`, or take the tag out"),
        )
    if tag.empty and not fallback:
        return (
            _("“%(what)s” can be empty and has no fall-back", what=name),
            _("write %(what)s with what to say then", what=f'{{{{ {name} | "…" }}}}'),
        )
    return TagUse(name, fallback)


def near(name: str, *, per_ticket: bool) -> str:
    """A mend that names the tags closest to `name`."""
    known = [tag.name for tag in TAGS.values() if per_ticket or not tag.per_ticket]
    close = difflib.get_close_matches(name[:60].lower(), known, n=3, cutoff=0.5)
    if not close:
        last = name.rsplit(".", 1)[-1][:60].lower()
        close = [tag for tag in known if last and last in tag][:3]
    if close:
        return _("did you mean %(names)s?", names=", ".join(close))
    return _("the tags are %(names)s", names=", ".join(known))


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= 60 else flat[:59] + "…"


def marks_in(text: str) -> Iterator[int]:
    """The numbers of the marks that stand in a text, in order."""
    return (int(found.group(1)) for found in MARK.finditer(text))


def mark(number: int) -> str:
    """The word that stands for a personal value or link while a text is being rendered."""
    return f"{MARK_START}{number}q"
