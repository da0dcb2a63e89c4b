"""What is wrong with a composition before anybody gets it: errors stop it, warnings can be passed knowingly."""

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from babel import Locale, UnknownLocaleError

from tifo.content.rules.compose import block_language, languages, links, rendered, shown_blocks
from tifo.content.rules.tags import Fault, split
from tifo.content.types import Block, Composition, Problem, Slot
from tifo.kernel.public import sentence as _

LARGEST = 100_000
"""Bytes of a message above which mail programs cut it off."""
LONGEST_SUBJECT = 200
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


def error(place: str, text: str, mend: str) -> Problem:
    """A problem that stops."""
    return Problem("error", place, text, mend)


def warning(place: str, text: str, mend: str) -> Problem:
    """A problem that can be passed knowingly."""
    return Problem("warning", place, text, mend)


def block_problems(block: Block, *, per_ticket: bool, fallback: str) -> list[Problem]:
    """What is wrong with one block shown in a slot that is repeated per ticket or not."""
    place = _("block “%(what)s”", what=block.name)
    found: list[Problem] = []
    if not _NAME.fullmatch(block.name):
        found.append(
            error(place, _("the name has signs that a name can't have"), _("use letters, digits, - and _"))
        )
    if block.kind not in ("markdown", "mjml"):
        found.append(
            error(
                place,
                _("a block can't be written in “%(what)s”", what=block.kind),
                _("write markdown or mjml"),
            )
        )
        return found
    found += _language_problems(block.texts, place)
    falls_to = block.fallback or fallback
    written = [language for language, text in block.texts.items() if text.strip()]
    if not written:
        found.append(error(place, _("it has no text"), _("write one in its fall-back language at least")))
    elif falls_to not in written:
        mend = _(
            "write it, or name one of %(names)s as the block's fall-back", names=", ".join(sorted(written))
        )
        found.append(
            error(place, _("it has no text in its fall-back language “%(what)s”", what=falls_to), mend)
        )
    slot = Slot("", (block.name,), repeat="tickets" if per_ticket else None)
    for language in sorted(written):
        made = rendered(block, language, slot)
        where = _("%(what)s, %(other)s", what=place, other=language)
        found += [replace(_placed(where, fault), line=fault.line, language=language) for fault in made.faults]
        if made.pictures_without_text:
            found.append(
                warning(
                    where,
                    _("an image has no text for those who can't see it"),
                    _("write ![what it shows](address)"),
                )
            )
    return found


def composition_problems(composition: Composition) -> list[Problem]:
    """Everything that can be said without asking who the fans are."""
    found = [
        *_header_problems(_("subject"), composition.subject, composition.fallback, needed=True),
        *_header_problems(_("preheader"), composition.preheader, composition.fallback, needed=False),
        *_slot_problems(composition),
    ]
    seen: set[tuple[str, bool]] = set()
    for slot, block in shown_blocks(composition):
        key = (block.name, slot.repeat == "tickets")
        if key not in seen:
            seen.add(key)
            found += block_problems(block, per_ticket=key[1], fallback=composition.fallback)
    if any(problem.level == "error" for problem in found):
        return found
    return [*found, *_fallback_warnings(composition)]


def _header_problems(
    place: str, texts: Mapping[str, str], fallback: str, *, needed: bool
) -> Iterator[Problem]:
    yield from _language_problems(texts, place)
    if needed and not texts.get(fallback, "").strip():
        yield error(
            place,
            _("it has no text in the fall-back language “%(what)s”", what=fallback),
            _("write it in %(what)s", what=fallback),
        )
    for language, text in sorted(texts.items()):
        where = _("%(what)s, %(other)s", what=place, other=language)
        for fault in split(text, per_ticket=False)[1]:
            yield _placed(where, fault)
        if len(text) > LONGEST_SUBJECT:
            yield error(
                where,
                _("it has %(what)s characters", what=len(text)),
                _("at most %(what)s; phones show about 40", what=LONGEST_SUBJECT),
            )


def _slot_problems(composition: Composition) -> Iterator[Problem]:
    names = [block.name for block in composition.blocks]
    for twice in sorted({name for name in names if names.count(name) > 1}):
        yield error(_("block “%(what)s”", what=twice), _("there are two of this name"), _("rename one"))
    slots = [slot.name for slot in composition.slots]
    for twice in sorted({name for name in slots if slots.count(name) > 1}):
        yield error(_("slot “%(what)s”", what=twice), _("there are two of this name"), _("rename one"))
    if not composition.slots:
        yield error(_("slots"), _("there is none"), _("add a slot with a block"))
    for slot in composition.slots:
        place = _("slot “%(what)s”", what=slot.name)
        if slot.repeat not in (None, "tickets"):
            yield error(
                place,
                _("it can't be repeated per “%(what)s”", what=slot.repeat),
                _("write repeat: tickets, or nothing"),
            )
        if not slot.candidates:
            yield error(place, _("it names no block"), _("name one"))
        for name in slot.candidates:
            if name not in names:
                close = difflib.get_close_matches(name, names, n=2)
                mend = (
                    _("did you mean %(names)s?", names=", ".join(close))
                    if close
                    else _("write it, or take it out of the slot")
                )
                yield error(place, _("there is no block “%(what)s”", what=name), mend)


def _language_problems(texts: Iterable[str], place: str) -> Iterator[Problem]:
    for language in sorted(texts):
        try:
            Locale.parse(language, sep="-")
        except (UnknownLocaleError, ValueError):
            yield error(
                place,
                _("“%(what)s” is no language", what=language),
                _("write a code such as en, fr, es, ar or pt-BR"),
            )


def _fallback_warnings(composition: Composition) -> Iterator[Problem]:
    for language in languages(composition):
        if language not in composition.subject and language.split("-")[0] not in composition.subject:
            yield warning(
                _("subject"),
                _("readers of “%(what)s” get it in “%(other)s”", what=language, other=composition.fallback),
                _("write it in %(what)s, or go on", what=language),
            )
        for name in dict.fromkeys(block.name for _slot, block in shown_blocks(composition)):
            block = composition.block(name)
            shown = block and block_language(composition, block, language)
            if shown and shown.split("-")[0] != language.split("-")[0]:
                yield warning(
                    _("block “%(what)s”", what=name),
                    _("readers of “%(what)s” get it in “%(other)s”", what=language, other=shown),
                    _("write it in %(what)s, or go on", what=language),
                )


def _placed(where: str, fault: Fault) -> Problem:
    return error(_("%(what)s, line %(other)s", what=where, other=fault.line), fault.text, fault.mend)


def addresses(composition: Composition) -> list[str]:
    """Each tracked address once, for trying them."""
    return list(dict.fromkeys(link.url for link in links(composition)))
