"""Seeing a message as somebody: which fans are worth looking through, and what each would read."""

from collections.abc import Sequence
from dataclasses import replace

from tifo.audiences.public import condition
from tifo.content.queries.coverage import HOLDS, combination_for
from tifo.content.queries.weaving import personal_of, preview, sample_personal
from tifo.content.rules.compose import languages, served_language
from tifo.content.rules.tags import TAGS, TagUse, split
from tifo.content.types import Block, Combination, Composition, FanChoice, Personal, Previewed, Slot
from tifo.fans.public import Fan, fans, search_fans
from tifo.kernel.public import Refused
from tifo.lake.public import looking

PER_KIND = 2  # fans offered per language, with and without a ticket


def seen_as(composition: Composition, *, fan_id: int | None = None, language: str | None = None) -> Previewed:
    """The message as fan `fan_id` would get it now; without her, all first blocks for a made-up fan of `language`."""
    if fan_id is not None:
        return preview(composition, combination_for(composition, fan_id), personal_of(fan_id))
    spoken = served_language(composition, language or composition.fallback)
    blocks = tuple(slot.candidates[0] if slot.candidates else None for slot in composition.slots)
    return preview(composition, Combination(spoken, "", blocks), sample_personal(spoken))


def block_seen_as(block: Block, *, language: str, fan_id: int | None = None) -> Previewed:
    """One block alone in the frame, in one of its languages, with the values of a fan (or of a made-up one)."""
    per_ticket = is_per_ticket(block)
    composition = Composition(
        subject={language: block.name},
        slots=(Slot("block", (block.name,), "tickets" if per_ticket else None),),
        blocks=(replace(block, fallback=language),),
        fallback=language,
    )
    personal: Personal = personal_of(fan_id) if fan_id is not None else sample_personal(language)
    if per_ticket and not personal.tickets:
        personal = replace(personal, tickets=sample_personal(language).tickets)
    return preview(composition, Combination(language, "", (block.name,)), personal)


def is_per_ticket(block: Block) -> bool:
    """Whether a text of the block speaks of a session or a ticket."""
    return any(
        isinstance(piece, TagUse) and TAGS[piece.name].per_ticket
        for text in block.texts.values()
        for piece in split(text, per_ticket=True)[0]
    )


def fan_choices(composition: Composition | None = None, audience_text: str | None = None) -> list[FanChoice]:
    """A few fans that differ: for each language some with tickets and some without. None while the lake is empty."""
    holds = condition(HOLDS)
    asked = condition(audience_text or "everyone()")
    statement = f"""
        WITH chosen AS (
            SELECT fan.fan_id, fan.language, ({holds.sql}) AS holds FROM fan WHERE {asked.sql}
        )
        SELECT language, holds, min(fan_id, {PER_KIND}) AS some FROM chosen
        GROUP BY ALL ORDER BY count(*) DESC LIMIT 12
    """
    try:
        with looking() as reader:
            rows = reader.sql(statement, {**holds.params, **asked.params}).to_pylist()
    except Refused:
        return []
    wanted = set(languages(composition)) if composition else None
    ids = [fan_id for row in rows for fan_id in row["some"]]
    known = fans(ids)
    holders = {fan_id for row in rows if row["holds"] for fan_id in row["some"]}
    choices = [_choice(known[fan_id], fan_id in holders) for fan_id in ids if fan_id in known]
    if wanted:
        choices.sort(key=lambda choice: choice.language not in wanted)
    return choices


def found_fans(text: str) -> Sequence[FanChoice]:
    """Fans found by name or address, for seeing a message as one of them."""
    return [_choice(fan, None) for fan in search_fans(text, limit=10)] if text.strip() else []


def _choice(fan: Fan, holds: bool | None) -> FanChoice:
    name = " ".join(part for part in (fan.first_name, fan.last_name) if part) or f"#{fan.id}"
    return FanChoice(fan.id, name, fan.language or "", holds)
