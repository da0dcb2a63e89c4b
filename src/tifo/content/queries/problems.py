"""What is wrong with a block or a composition, audience words included. The lake is not asked."""

from django.utils.translation import gettext as _

from tifo.audiences.public import AudienceError, parse
from tifo.content.queries.weaving import mailing_look, sample_personal, translated
from tifo.content.rules.check import LARGEST, block_problems, composition_problems, error, warning
from tifo.content.rules.compose import block_language, languages
from tifo.content.rules.loom import Loom
from tifo.content.types import Block, Combination, Composition, Problem, Slot


def check(composition: Composition) -> list[Problem]:
    """Errors and warnings of a composition."""
    found = composition_problems(composition)
    for block in composition.blocks:
        found += when_problems(block)
    if not any(problem.level == "error" for problem in found):
        found += _size_problems(composition)
    return translated(found)


def check_block(block: Block, *, per_ticket: bool = False, fallback: str = "en") -> list[Problem]:
    """Errors and warnings of one block, shown once or per ticket."""
    found = block_problems(block, per_ticket=per_ticket, fallback=fallback)
    return translated([*found, *when_problems(block)])


def when_problems(block: Block) -> list[Problem]:
    """Whether the question of `when` can be asked."""
    if block.when is None:
        return []
    place = _("block “%(what)s”, when") % {"what": block.name}
    if not block.when.strip():
        return [error(place, _("it is empty"), _("write a question, or leave `when` out"))]
    try:
        parse(block.when)
    except AudienceError as wrong:
        return [
            error(f"{place}, column {wrong.column}", wrong.problem, wrong.hint or _("correct the expression"))
        ]
    return []


def _size_problems(composition: Composition) -> list[Problem]:
    weaver = Loom(composition, mailing_look())
    found = []
    for language in languages(composition):
        blocks = tuple(_longest(composition, slot, language) for slot in composition.slots)
        woven = weaver.weave(Combination(language, "", blocks), sample_personal(language, tickets=2))
        size = len(woven.content)
        if size > LARGEST:
            text = _("it has %(size)s kB, and mail programs cut off above 100 kB") % {"size": size // 1000}
            found.append(warning(_("message, %(what)s") % {"what": language}, text, _("shorten its texts")))
    return found


def _longest(composition: Composition, slot: Slot, language: str) -> str | None:
    sizes: dict[str, int] = {}
    for name in slot.candidates:
        block = composition.block(name)
        shown = block and block_language(composition, block, language)
        if block and shown:
            sizes[name] = len(block.texts[shown])
    return max(sizes, key=lambda name: sizes[name], default=None)
