"""What a person does to a composition, a change each: a new composition comes back, the given one stays."""

from collections.abc import Mapping
from dataclasses import replace

from tifo.campaigns.rules.file import NAME
from tifo.content.public import Block, Composition, Slot


class CantBeDone(ValueError):  # noqa: N818  it names what happened
    """A change that makes no sense; `problem` and `values` are for the sentence that a person reads."""

    def __init__(self, problem: str, **values: str) -> None:
        self.problem, self.values = problem, values
        super().__init__(problem)


def slot_of(composition: Composition, name: str) -> Slot:
    """The slot of this name."""
    found = next((slot for slot in composition.slots if slot.name == name), None)
    if found is None:
        raise CantBeDone("no-slot", name=name)
    return found


def _checked(name: str) -> str:
    if not NAME.fullmatch(name):
        raise CantBeDone("name", name=name)
    return name


def _moved(items: tuple[str, ...], name: str, by: int) -> tuple[str, ...]:
    """`name` one place earlier or later; at the end it stays."""
    order = list(items)
    place = order.index(name)
    order.insert(max(0, min(len(order) - 1, place + by)), order.pop(place))
    return tuple(order)


def _with_slots(composition: Composition, order: tuple[str, ...]) -> Composition:
    return replace(composition, slots=tuple(slot_of(composition, name) for name in order))


def _with_slot(composition: Composition, name: str, changed: Slot) -> Composition:
    slots = tuple(changed if slot.name == name else slot for slot in composition.slots)
    return replace(composition, slots=slots)


def add_slot(composition: Composition, name: str) -> Composition:
    """A new slot at the end; it names the first block of the campaign until other blocks are chosen."""
    if any(slot.name == _checked(name) for slot in composition.slots):
        raise CantBeDone("slot-twice", name=name)
    first = tuple(block.name for block in composition.blocks[:1])
    return replace(composition, slots=(*composition.slots, Slot(name, first)))


def remove_slot(composition: Composition, name: str) -> Composition:
    """Without this slot; its blocks stay in the campaign."""
    slot_of(composition, name)
    if len(composition.slots) == 1:
        raise CantBeDone("last-slot", name=name)
    return replace(composition, slots=tuple(slot for slot in composition.slots if slot.name != name))


def move_slot(composition: Composition, name: str, by: int) -> Composition:
    """The slot earlier (-1) or later (1) in the message."""
    slot_of(composition, name)
    return _with_slots(composition, _moved(tuple(slot.name for slot in composition.slots), name, by))


def change_slot(
    composition: Composition, name: str, *, called: str, repeat: bool, ranked: bool
) -> Composition:
    """Call a slot otherwise, repeat it per ticket, or choose by liking."""
    slot = slot_of(composition, name)
    if called != name and any(other.name == _checked(called) for other in composition.slots):
        raise CantBeDone("slot-twice", name=called)
    changed = replace(slot, name=called, repeat="tickets" if repeat else None, ranked=ranked)
    return _with_slot(composition, name, changed)


def add_candidate(composition: Composition, slot_name: str, block: str) -> Composition:
    """A block more that the slot may show, last in order."""
    slot = slot_of(composition, slot_name)
    if composition.block(block) is None:
        raise CantBeDone("no-block", name=block)
    if block in slot.candidates:
        raise CantBeDone("block-in-slot", name=block)
    return _with_slot(composition, slot_name, replace(slot, candidates=(*slot.candidates, block)))


def move_candidate(composition: Composition, slot_name: str, block: str, by: int) -> Composition:
    """Ask a block earlier (-1) or later (1) whether it fits."""
    slot = slot_of(composition, slot_name)
    if block not in slot.candidates:
        raise CantBeDone("no-block", name=block)
    return _with_slot(composition, slot_name, replace(slot, candidates=_moved(slot.candidates, block, by)))


def remove_candidate(composition: Composition, slot_name: str, block: str) -> Composition:
    """The slot shows this block to nobody any more; the block stays in the campaign."""
    slot = slot_of(composition, slot_name)
    left = tuple(name for name in slot.candidates if name != block)
    if not left:
        raise CantBeDone("last-block", name=slot_name)
    return _with_slot(composition, slot_name, replace(slot, candidates=left))


def put_block(composition: Composition, block: Block) -> Composition:
    """Write a block, a new one or in the place of the one of its name."""
    _checked(block.name)
    if composition.block(block.name) is None:
        return replace(composition, blocks=(*composition.blocks, block))
    blocks = tuple(block if other.name == block.name else other for other in composition.blocks)
    return replace(composition, blocks=blocks)


def remove_block(composition: Composition, name: str) -> Composition:
    """Without this block; refused while a slot names it."""
    if composition.block(name) is None:
        raise CantBeDone("no-block", name=name)
    naming = next((slot.name for slot in composition.slots if name in slot.candidates), None)
    if naming is not None:
        raise CantBeDone("block-named", name=name, slot=naming)
    return replace(composition, blocks=tuple(block for block in composition.blocks if block.name != name))


def put_head(
    composition: Composition,
    *,
    fallback: str,
    subject: Mapping[str, str],
    preheader: Mapping[str, str],
) -> Composition:
    """Subject, preheader and fall-back language; languages without a text fall away."""
    said = {language: text for language, text in subject.items() if text.strip()}
    if fallback not in said:
        raise CantBeDone("no-subject", name=fallback)
    shown = {language: text for language, text in preheader.items() if text.strip()}
    return replace(composition, fallback=fallback, subject=said, preheader=shown)
