"""Who gets what: one set-based statement in the lake; the plan and the preview choose by the same expressions."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tifo.audiences.public import condition
from tifo.content.rules.compose import block_language, served_language
from tifo.content.types import Block, Combination, Composition, Coverage, Share, Slot, SlotChoice
from tifo.fans.public import fans
from tifo.kernel.public import Refused, clock
from tifo.lake.public import looking

HOLDS = "holds_ticket()"
"""A slot repeated per ticket is filled only for those who hold one."""
_LIKED = "(SELECT max(p.score) FROM preference p WHERE p.fan_id = {fan}.fan_id AND p.topic IN ({topics}))"

_PLACES = re.compile(r"\$(\w+)")


def slot_choices(
    composition: Composition, fan: str = "fan", *, now: datetime | None = None
) -> list[SlotChoice]:
    """Per slot the lake's expression that chooses the block of a fan, the same for plan, coverage and preview."""
    moment = now or clock.this_minute()
    return [_choice(composition, number, slot, fan, moment) for number, slot in enumerate(composition.slots)]


def _choice(composition: Composition, number: int, slot: Slot, fan: str, now: datetime) -> SlotChoice:
    params: dict[str, object] = {}
    cases: list[tuple[str, str, str]] = []  # condition, block, score, each as SQL
    for place, name in enumerate(slot.candidates):
        block = composition.block(name)
        if block is None:
            raise Refused(
                f"slot “{slot.name}”: there is no block “{name}”; write it, or take it out of the slot"
            )
        test = "TRUE"
        if asked := _asked(block, slot):
            made = condition(asked, fan=fan, now=now)
            test = f"({made.sql})"
            params.update(made.params)
        key = f"content_block_{number}_{place}"
        params[key] = name
        score = _score(block, slot, fan, f"{number}_{place}", params)
        cases.append((test, f"CAST(${key} AS VARCHAR)", score))
    if not cases:
        return SlotChoice(slot.name, "CAST(NULL AS VARCHAR)", {})
    if slot.ranked and all(test == "TRUE" for test, _block, _score_sql in cases):
        keenest = _keenest(composition, number, slot, fan)
        used = set(_PLACES.findall(keenest))
        return SlotChoice(slot.name, keenest, {name: said for name, said in params.items() if name in used})
    if not slot.ranked:
        whens = " ".join(f"WHEN {test} THEN {name}" for test, name, _score_sql in cases)
        return SlotChoice(slot.name, f"CASE {whens} ELSE NULL END", params)
    rated = ", ".join(
        f"struct_pack(score := CASE WHEN {test} THEN {score} ELSE CAST(-1.0 AS DOUBLE) END, place := {-place}, "
        f"block := CASE WHEN {test} THEN {name} ELSE NULL END)"
        for place, (test, name, score) in enumerate(cases)
    )
    return SlotChoice(slot.name, f"struct_extract(list_max([{rated}]), 'block')", params)


def _keenest(composition: Composition, number: int, slot: Slot, fan: str) -> str:
    """The block with the topic that she likes most, where all blocks fit everybody: her tastes are looked at once, not
    once a block. Nothing liked: the first block, as among equals. The parameters are those of `_choice`."""
    ranks, blocks, topics = [], [], []
    for place, name in enumerate(slot.candidates):
        block = composition.block(name)
        for count, _topic in enumerate(block.topics if block else ()):
            topic = f"$content_topic_{number}_{place}_{count}"
            topics.append(topic)
            ranks.append(f"WHEN p.topic = {topic} THEN {place}")
            blocks.append(f"WHEN p.topic = {topic} THEN CAST($content_block_{number}_{place} AS VARCHAR)")
    first = f"CAST($content_block_{number}_0 AS VARCHAR)"
    if not topics:
        return first
    # a billionth for each place: among equals the first, in a number, which is found far faster than a pair
    best = (
        f"SELECT arg_max(CASE {' '.join(blocks)} ELSE NULL END, "
        f"p.score - 0.000000001 * CASE {' '.join(ranks)} ELSE {len(slot.candidates)} END) FROM preference p "
        f"WHERE p.fan_id = {fan}.fan_id AND p.topic IN ({', '.join(topics)}) AND p.score > 0"
    )
    return f"coalesce(nullif(({best}), ''), {first})"


def _asked(block: Block, slot: Slot) -> str:
    when = (block.when or "").strip()
    if slot.repeat != "tickets":
        return when
    return f"({when}) and {HOLDS}" if when else HOLDS


def _score(block: Block, slot: Slot, fan: str, key: str, params: dict[str, object]) -> str:
    """How much she likes what the block is about: her best score among its topics, 0 where nothing is known."""
    if not slot.ranked or not block.topics:
        return "CAST(0.0 AS DOUBLE)"
    names = []
    for place, topic in enumerate(block.topics):
        name = f"content_topic_{key}_{place}"
        params[name] = topic
        names.append(f"${name}")
    return f"CAST(coalesce({_LIKED.format(fan=fan, topics=', '.join(names))}, 0.0) AS DOUBLE)"


def combination_for(composition: Composition, fan_id: int) -> Combination:
    """What a fan would get now; Refused where she is not known to the lake."""
    fan = fans([fan_id]).get(fan_id)
    language = served_language(composition, (fan.language if fan else "") or composition.fallback)
    choices = slot_choices(composition)
    params: dict[str, Any] = {"content_fan": fan_id}
    for choice in choices:
        params.update(choice.params)
    shown = "".join(f", {choice.sql}" for choice in choices)
    with looking() as reader:
        rows = reader.sql(f"SELECT fan.fan_id{shown} FROM fan WHERE fan.fan_id = $content_fan", params)
    if fan is None or fan.erased_at or not rows.num_rows:
        raise Refused(
            _("The lake does not know fan %(number)s yet; it is refreshed every few seconds.")
            % {"number": fan_id}
        )
    return Combination(language, "", tuple(column[0].as_py() for column in rows.columns[1:]))


def coverage(composition: Composition, audience_text: str) -> Coverage:
    """How many fans of the audience get which block in which language; who gets nothing and why."""
    now = clock.this_minute()
    asked, holds = condition(audience_text, now=now), condition(HOLDS, now=now)
    choices = slot_choices(composition, now=now)
    params: dict[str, object] = {**asked.params, **holds.params}
    for choice in choices:
        params.update(choice.params)
    slots = [f"slot_{number}" for number in range(len(choices))]
    shown = "".join(f", {choice.sql} AS {slot}" for choice, slot in zip(choices, slots, strict=True))
    statement = f"""
        WITH chosen AS (
            SELECT fan.fan_id, coalesce(fan.language, '') AS language, ({holds.sql}) AS holds{shown}
            FROM fan WHERE {asked.sql}
        )
        SELECT language, {"".join(f"{slot}, " for slot in slots)}count(*) AS fans,
               count(*) FILTER (WHERE NOT holds) AS without, min(fan_id, 3) AS examples
        FROM chosen GROUP BY ALL
    """
    with looking() as reader:
        groups = reader.sql(statement, params).to_pylist()
        as_of = reader.as_of
    distinct = {(served_language(composition, g["language"]), *(g[slot] for slot in slots)) for g in groups}
    return Coverage(
        fans=sum(group["fans"] for group in groups),
        as_of=as_of,
        shares=tuple(share for number in range(len(slots)) for share in _shares(composition, number, groups)),
        combinations=len(distinct),
    )


def _shares(composition: Composition, number: int, groups: list[dict[str, Any]]) -> Iterator[Share]:
    slot = composition.slots[number]
    fans_of: dict[tuple[str | None, str], int] = {}
    without: dict[tuple[str | None, str], int] = {}
    examples: dict[tuple[str | None, str], list[int]] = {}
    for group in groups:
        key = (group[f"slot_{number}"], group["language"])
        fans_of[key] = fans_of.get(key, 0) + group["fans"]
        without[key] = without.get(key, 0) + group["without"]
        examples.setdefault(key, []).extend(group["examples"])
    order = {name: place for place, name in enumerate(slot.candidates)}
    for key in sorted(fans_of, key=lambda k: (order.get(k[0] or "", len(order)), -fans_of[k], k[1])):
        name, language = key
        block = composition.block(name) if name else None
        shown = block_language(composition, block, served_language(composition, language)) if block else None
        yield Share(
            slot=slot.name,
            block=name,
            language=language,
            served=shown or "",
            fans=fans_of[key],
            why="" if name else _why_empty(composition, slot, fans_of[key], without[key]),
            examples=tuple(sorted(examples[key])[:3]),
        )


def _why_empty(composition: Composition, slot: Slot, count: int, without: int) -> str:
    reasons = []
    if slot.repeat == "tickets" and without:
        said = ngettext("%(count)s fan holds no ticket", "%(count)s fans hold no ticket", without)
        reasons.append(said % {"count": f"{without:,}"})
    if slot.repeat != "tickets" or without < count:
        for name in slot.candidates:
            block = composition.block(name)
            if block and block.when:
                reasons.append(_("“%(block)s” is for %(when)s") % {"block": name, "when": block.when})
    return "; ".join(reasons)
