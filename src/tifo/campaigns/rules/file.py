"""The campaign file: read with the place of every mistake, and written back the same."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from tifo.campaigns.rules.ramp import problem_of
from tifo.campaigns.types import NO_RAMP, CampaignDefinition, Ramp
from tifo.content.public import Block, Composition, Slot
from tifo.kernel.public import marked

NAME, LANGUAGE = marked.NAME, marked.LANGUAGE
RESERVED = frozenset({"new", "import", "audience"})
"""Words that the studio's addresses need for themselves."""

_TOP = ("campaign", "purpose", "fallback", "audience", "ramp", "subject", "preheader", "slots", "blocks")
_SLOT = ("slot", "blocks", "repeat", "ranked")
_RAMP = ("steps", "watch")
_BLOCK = ("when", "topics", "fallback", "markdown", "mjml")


def _slot(node: Node, blocks: Mapping[str, Block]) -> Slot:
    fields = marked.fields(node, _SLOT, "a slot")
    name = marked.name(marked.needed(fields, "slot", node, "a slot"), "the slot's name")
    listed = marked.needed(fields, "blocks", node, f"slot {name}")
    candidates = marked.names(listed, f"the blocks of slot {name}")
    if not candidates:
        raise marked.refuse(listed, f"slot {name} needs a block, e.g. [welcome]")
    for item, candidate in zip(listed.value, candidates, strict=True):
        if candidate not in blocks:
            near = get_close_matches(candidate, blocks, 1)
            mend = f"did you mean `{near[0]}`?" if near else "write it under `blocks:`"
            raise marked.refuse(item, f"there is no block {candidate!r}; {mend}")
    marked.once(listed.value, candidates, "block")
    repeat = marked.text(fields["repeat"], "`repeat`") if "repeat" in fields else None
    if repeat not in (None, "tickets"):
        raise marked.refuse(fields["repeat"], f"`repeat: {repeat}` is not known; a slot can repeat `tickets`")
    ranked = "ranked" in fields and marked.flag(fields["ranked"], "`ranked`")
    return Slot(name, candidates, repeat="tickets" if repeat else None, ranked=ranked)


def _ramp(node: Node) -> Ramp:
    if isinstance(node, ScalarNode) and node.value == "none":
        return NO_RAMP
    if not isinstance(node, MappingNode):
        raise marked.refuse(node, "`ramp` must be none or e.g. {steps: [1, 10], watch: 60}")
    fields = marked.fields(node, _RAMP, "the ramp")
    listed, watch = (
        marked.needed(fields, "steps", node, "the ramp"),
        marked.needed(fields, "watch", node, "the ramp"),
    )
    if not isinstance(listed, SequenceNode) or not listed.value:
        raise marked.refuse(listed, "the steps must be a list of shares in per cent, e.g. [1, 10]")
    minutes = marked.number(watch, "`watch`")
    if not minutes.is_integer():
        raise marked.refuse(watch, "`watch` must be whole minutes, e.g. 60")
    ramp = Ramp(tuple(marked.number(item, "a step") for item in listed.value), int(minutes))
    if problem := problem_of(ramp):
        raise marked.refuse(node, problem)
    return ramp


def _block(name: str, node: Node) -> Block:
    what = f"block {name}"
    fields = marked.fields(node, _BLOCK, what)
    kinds = [kind for kind in ("markdown", "mjml") if kind in fields]
    if len(kinds) != 1:
        raise marked.refuse(node, f"{what} needs its texts under `markdown` or `mjml`, one of the two")
    return Block(
        name=name,
        kind="markdown" if kinds[0] == "markdown" else "mjml",
        texts=marked.texts(fields[kinds[0]], f"the text of {what}"),
        when=marked.text(fields["when"], "`when`") if "when" in fields else None,
        topics=marked.names(fields["topics"], f"the topics of {what}") if "topics" in fields else (),
        fallback=marked.text(fields["fallback"], "`fallback`") if "fallback" in fields else None,
    )


def read_campaign_file(text: str) -> CampaignDefinition:
    """The definition that a campaign file holds; Refused names line, column and mend."""
    root = marked.compose(text, "a campaign file", "campaign: a-name")
    fields = marked.fields(root, _TOP, "a campaign file")
    name = marked.name(marked.needed(fields, "campaign", root, "a campaign file"), "the campaign's name")
    subject = marked.texts(marked.needed(fields, "subject", root, "a campaign file"), "the subject")
    blocks: dict[str, Block] = {}
    listed = marked.needed(fields, "blocks", root, "a campaign file")
    if not isinstance(listed, MappingNode):
        raise marked.refuse(listed, "`blocks` must be a list of `name: …`")
    for key, value in listed.value:
        block = marked.name(key, "the block's name")
        if block in blocks:
            raise marked.refuse(key, f"block {block!r} stands here twice; keep one")
        blocks[block] = _block(block, value)
    places = marked.needed(fields, "slots", root, "a campaign file")
    if not isinstance(places, SequenceNode) or not places.value:
        raise marked.refuse(places, "`slots` must be a list, e.g. - {slot: trunk, blocks: [welcome]}")
    slots = tuple(_slot(item, blocks) for item in places.value)
    marked.once(places.value, [slot.name for slot in slots], "slot")
    fallback = marked.text(marked.needed(fields, "fallback", root, "a campaign file"), "`fallback`")
    if fallback not in subject:
        raise marked.refuse(
            fields["fallback"], f"the subject has no text in the fall-back language {fallback!r}; add it"
        )
    return CampaignDefinition(
        name=name,
        purpose=marked.text(marked.needed(fields, "purpose", root, "a campaign file"), "`purpose`"),
        audience=marked.text(marked.needed(fields, "audience", root, "a campaign file"), "`audience`"),
        composition=Composition(
            subject=subject,
            preheader=marked.texts(fields["preheader"], "the preheader") if "preheader" in fields else {},
            slots=slots,
            blocks=tuple(blocks.values()),
            fallback=fallback,
        ),
        ramp=_ramp(fields["ramp"]) if "ramp" in fields else None,
    )


def _written_ramp(ramp: Ramp) -> object:
    if ramp == NO_RAMP:
        return "none"
    steps = [int(step) if step.is_integer() else step for step in ramp.steps]
    return {"steps": steps, "watch": ramp.watch}


def _written_slot(slot: Slot) -> dict[str, Any]:
    written: dict[str, Any] = {"slot": slot.name}
    if slot.repeat:
        written["repeat"] = slot.repeat
    if slot.ranked:
        written["ranked"] = True
    return {**written, "blocks": list(slot.candidates)}


def _written_block(block: Block) -> dict[str, Any]:
    written: dict[str, Any] = {}
    if block.when is not None:
        written["when"] = block.when
    if block.topics:
        written["topics"] = list(block.topics)
    if block.fallback:
        written["fallback"] = block.fallback
    return {**written, block.kind: dict(block.texts)}


def write_campaign_file(definition: CampaignDefinition) -> str:
    """The campaign file of a definition; reading it gives the same definition."""
    composition = definition.composition
    said: dict[str, Any] = {
        "campaign": definition.name,
        "purpose": definition.purpose,
        "fallback": composition.fallback,
        "audience": definition.audience,
    }
    if definition.ramp is not None:
        said["ramp"] = _written_ramp(definition.ramp)
    said["subject"] = dict(composition.subject)
    if composition.preheader:
        said["preheader"] = dict(composition.preheader)
    said["slots"] = [_written_slot(slot) for slot in composition.slots]
    said["blocks"] = {block.name: _written_block(block) for block in composition.blocks}
    return marked.write(said)
