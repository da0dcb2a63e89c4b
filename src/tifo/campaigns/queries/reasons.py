"""Why a fan gets the blocks that she gets."""

from tifo.audiences.public import explain_fan
from tifo.campaigns.types import CandidateReason, SlotReason
from tifo.content.public import (
    Block,
    Combination,
    Composition,
    Previewed,
    Slot,
    combination_for,
    preview,
    sample_personal,
)
from tifo.preferences.public import preferences_of
from tifo.spectators.public import tickets_held


def why_these_blocks(composition: Composition, fan_id: int) -> tuple[Combination, list[SlotReason]]:
    """What fan `fan_id` would get, and for each slot which of its blocks fits her and what was found."""
    chosen = combination_for(composition, fan_id)
    likes = {liked.topic.slug: liked.score for liked in preferences_of(fan_id)}
    tickets = len(tickets_held([fan_id]).get(fan_id, []))
    reasons = [
        SlotReason(
            slot.name,
            shown,
            slot.ranked,
            tickets if slot.repeat == "tickets" else None,
            tuple(
                _candidate(composition.block(name), name, slot, fan_id, shown, likes)
                for name in slot.candidates
            ),
        )
        for slot, shown in zip(composition.slots, chosen.blocks, strict=True)
    ]
    return chosen, reasons


def _candidate(
    block: Block | None, name: str, slot: Slot, fan_id: int, shown: str | None, likes: dict[str, float]
) -> CandidateReason:
    liked = None
    if slot.ranked and block is not None:
        liked = max((likes.get(topic, 0.0) for topic in block.topics), default=0.0)
    asked = (block.when or "").strip() if block else ""
    why = explain_fan(asked, fan_id) if asked else None
    return CandidateReason(name, shown == name, why is None or why.inside, liked, why.reason if why else None)


def seen_without_person(composition: Composition, fan_id: int) -> Previewed:
    """The blocks that this fan gets, with the values of a made-up one: for those who may not see fans."""
    combination = combination_for(composition, fan_id)
    return preview(composition, combination, sample_personal(combination.language))
