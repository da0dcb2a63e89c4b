"""The campaign file: read with the place of every mistake, and written back the same."""

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from tifo.campaigns.rules.ramp import problem_of
from tifo.campaigns.types import NO_RAMP, CampaignDefinition, CampaignFileError, Ramp
from tifo.content.public import Block, Composition, Slot
from tifo.kernel.public import Refused

LONGEST_FILE = 2_000_000  # characters
DEEPEST = 20  # levels; a campaign file needs six
_OPENING = (
    yaml.FlowSequenceStartToken,
    yaml.FlowMappingStartToken,
    yaml.BlockSequenceStartToken,
    yaml.BlockMappingStartToken,
)
_CLOSING = (yaml.FlowSequenceEndToken, yaml.FlowMappingEndToken, yaml.BlockEndToken)
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,78}[a-z0-9]|[a-z0-9]")
RESERVED = frozenset({"new", "import", "audience"})
"""Words that the studio's addresses need for themselves."""
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")

_ODD_BREAKS = re.compile("[\r\x85\u2028\u2029]")

_TOP = ("campaign", "purpose", "fallback", "audience", "ramp", "subject", "preheader", "slots", "blocks")
_SLOT = ("slot", "blocks", "repeat", "ranked")
_RAMP = ("steps", "watch")
_BLOCK = ("when", "topics", "fallback", "markdown", "mjml")


def _refuse(node: Node | yaml.Token, problem: str) -> CampaignFileError:
    return CampaignFileError(problem, line=node.start_mark.line + 1, column=node.start_mark.column + 1)


def _key(node: Node) -> str:
    if not isinstance(node, ScalarNode):
        raise _refuse(node, "a key must be a word, such as subject or en")
    return str(node.value)


def _fields(node: Node, allowed: tuple[str, ...], what: str) -> dict[str, Node]:
    if not isinstance(node, MappingNode):
        raise _refuse(node, f"{what} must be a list of `key: value` lines")
    found: dict[str, Node] = {}
    for key, value in node.value:
        name = _key(key)
        if name not in allowed:
            near = get_close_matches(name, allowed, 1)
            mend = f"did you mean `{near[0]}`?" if near else f"known here: {', '.join(allowed)}"
            raise _refuse(key, f"{what} has no `{name}`; {mend}")
        if name in found:
            raise _refuse(key, f"`{name}` stands here twice; keep one")
        found[name] = value
    return found


def _text(node: Node, what: str) -> str:
    if not isinstance(node, ScalarNode) or node.tag.endswith(":null"):
        raise _refuse(node, f"{what} must be a text")
    text = str(node.value)
    if any("\ud800" <= sign <= "\udfff" for sign in text):
        raise _refuse(node, f"{what} holds half a character (\\ud800 to \\udfff); write the whole sign")
    return text


def _name(node: Node, what: str) -> str:
    text = _text(node, what)
    if not NAME.fullmatch(text):
        raise _refuse(
            node, f"{what} {text!r} may have small letters, digits and hyphens, at most 80, e.g. week-of-judo"
        )
    return text


def _needed(fields: Mapping[str, Node], name: str, node: Node, what: str) -> Node:
    if name not in fields:
        raise _refuse(node, f"{what} needs `{name}`")
    return fields[name]


def _texts(node: Node, what: str) -> dict[str, str]:
    if not isinstance(node, MappingNode) or not node.value:
        raise _refuse(node, f"{what} must give a text per language, e.g. {{en: …, fr: …}}")
    texts: dict[str, str] = {}
    for key, value in node.value:
        language = _key(key)
        if not LANGUAGE.fullmatch(language):
            raise _refuse(key, f"{language!r} is not a language code such as en, fr or pt-BR")
        if language in texts:
            raise _refuse(key, f"{what} has `{language}` twice; keep one")
        texts[language] = _text(value, f"{what} in {language}")
    return texts


def _names(node: Node, what: str) -> tuple[str, ...]:
    if not isinstance(node, SequenceNode):
        raise _refuse(node, f"{what} must be a list, e.g. [welcome]")
    return tuple(_name(item, what) for item in node.value)


def _flag(node: Node, what: str) -> bool:
    text = _text(node, what)
    if text not in ("true", "false"):
        raise _refuse(node, f"{what} must be true or false")
    return text == "true"


def _slot(node: Node, blocks: Mapping[str, Block]) -> Slot:
    fields = _fields(node, _SLOT, "a slot")
    name = _name(_needed(fields, "slot", node, "a slot"), "the slot's name")
    listed = _needed(fields, "blocks", node, f"slot {name}")
    candidates = _names(listed, f"the blocks of slot {name}")
    if not candidates:
        raise _refuse(listed, f"slot {name} needs a block, e.g. [welcome]")
    for item, candidate in zip(listed.value, candidates, strict=True):
        if candidate not in blocks:
            near = get_close_matches(candidate, blocks, 1)
            mend = f"did you mean `{near[0]}`?" if near else "write it under `blocks:`"
            raise _refuse(item, f"there is no block {candidate!r}; {mend}")
    _once(listed.value, candidates, "block")
    repeat = _text(fields["repeat"], "`repeat`") if "repeat" in fields else None
    if repeat not in (None, "tickets"):
        raise _refuse(fields["repeat"], f"`repeat: {repeat}` is not known; a slot can repeat `tickets`")
    ranked = "ranked" in fields and _flag(fields["ranked"], "`ranked`")
    return Slot(name, candidates, repeat="tickets" if repeat else None, ranked=ranked)


def _number(node: Node, what: str) -> float:
    text = _text(node, what)
    if not re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,6})?", text):
        raise _refuse(node, f"{what} must be a number, e.g. 10")
    return float(text)


def _ramp(node: Node) -> Ramp:
    if isinstance(node, ScalarNode) and node.value == "none":
        return NO_RAMP
    if not isinstance(node, MappingNode):
        raise _refuse(node, "`ramp` must be none or e.g. {steps: [1, 10], watch: 60}")
    fields = _fields(node, _RAMP, "the ramp")
    listed, watch = _needed(fields, "steps", node, "the ramp"), _needed(fields, "watch", node, "the ramp")
    if not isinstance(listed, SequenceNode) or not listed.value:
        raise _refuse(listed, "the steps must be a list of shares in per cent, e.g. [1, 10]")
    minutes = _number(watch, "`watch`")
    if not minutes.is_integer():
        raise _refuse(watch, "`watch` must be whole minutes, e.g. 60")
    ramp = Ramp(tuple(_number(item, "a step") for item in listed.value), int(minutes))
    if problem := problem_of(ramp):
        raise _refuse(node, problem)
    return ramp


def _once(nodes: Sequence[Node], names: Sequence[str], what: str) -> None:
    """Each name at most once; the second one is named with its place."""
    for place, (node, name) in enumerate(zip(nodes, names, strict=True)):
        if name in names[:place]:
            raise _refuse(node, f"{what} {name!r} stands here twice; keep one")


def _block(name: str, node: Node) -> Block:
    what = f"block {name}"
    fields = _fields(node, _BLOCK, what)
    kinds = [kind for kind in ("markdown", "mjml") if kind in fields]
    if len(kinds) != 1:
        raise _refuse(node, f"{what} needs its texts under `markdown` or `mjml`, one of the two")
    return Block(
        name=name,
        kind="markdown" if kinds[0] == "markdown" else "mjml",
        texts=_texts(fields[kinds[0]], f"the text of {what}"),
        when=_text(fields["when"], "`when`") if "when" in fields else None,
        topics=_names(fields["topics"], f"the topics of {what}") if "topics" in fields else (),
        fallback=_text(fields["fallback"], "`fallback`") if "fallback" in fields else None,
    )


def _look_over(text: str) -> None:
    """What a campaign file never needs: aliases, which can blow it up, and levels without end."""
    depth = 0
    for token in yaml.scan(text):
        if isinstance(token, yaml.AliasToken):
            raise _refuse(token, "this is a YAML alias (*name); write the text out instead")
        depth += isinstance(token, _OPENING) - isinstance(token, _CLOSING)
        if depth > DEEPEST:
            raise _refuse(token, f"this is nested deeper than {DEEPEST}; a campaign file needs six")


def _compose(text: str) -> Node:
    if len(text) > LONGEST_FILE:
        raise Refused(f"The file has over {LONGEST_FILE:,} characters; a campaign file is far shorter.")
    try:
        _look_over(text)
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        if mark is None:
            raise Refused(f"The file is not readable YAML: {error.problem}") from None
        raise CampaignFileError(
            f"the file is not readable YAML: {error.problem}", line=mark.line + 1, column=mark.column + 1
        ) from None
    except yaml.reader.ReaderError as error:
        before = text[: error.position]
        raise CampaignFileError(
            f"the file is not readable YAML: it holds the sign {ord(text[error.position]):#06x}; take it out",
            line=before.count("\n") + 1,
            column=error.position - before.rfind("\n"),
        ) from None
    except yaml.YAMLError as error:
        raise Refused(f"The file is not readable YAML: {error}".splitlines()[0]) from None
    if root is None:
        raise Refused("The file is empty; begin it with `campaign: a-name`.")
    return root


def read_campaign_file(text: str) -> CampaignDefinition:
    """The definition that a campaign file holds; Refused names line, column and mend."""
    root = _compose(text)
    fields = _fields(root, _TOP, "a campaign file")
    name = _name(_needed(fields, "campaign", root, "a campaign file"), "the campaign's name")
    subject = _texts(_needed(fields, "subject", root, "a campaign file"), "the subject")
    blocks: dict[str, Block] = {}
    listed = _needed(fields, "blocks", root, "a campaign file")
    if not isinstance(listed, MappingNode):
        raise _refuse(listed, "`blocks` must be a list of `name: …`")
    for key, value in listed.value:
        block = _name(key, "the block's name")
        if block in blocks:
            raise _refuse(key, f"block {block!r} stands here twice; keep one")
        blocks[block] = _block(block, value)
    places = _needed(fields, "slots", root, "a campaign file")
    if not isinstance(places, SequenceNode) or not places.value:
        raise _refuse(places, "`slots` must be a list, e.g. - {slot: trunk, blocks: [welcome]}")
    slots = tuple(_slot(item, blocks) for item in places.value)
    _once(places.value, [slot.name for slot in slots], "slot")
    fallback = _text(_needed(fields, "fallback", root, "a campaign file"), "`fallback`")
    if fallback not in subject:
        raise _refuse(
            fields["fallback"], f"the subject has no text in the fall-back language {fallback!r}; add it"
        )
    return CampaignDefinition(
        name=name,
        purpose=_text(_needed(fields, "purpose", root, "a campaign file"), "`purpose`"),
        audience=_text(_needed(fields, "audience", root, "a campaign file"), "`audience`"),
        composition=Composition(
            subject=subject,
            preheader=_texts(fields["preheader"], "the preheader") if "preheader" in fields else {},
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


class _Dumper(yaml.SafeDumper):
    """Texts of several lines as blocks, which people can read and compare."""


def _represent_text(dumper: yaml.SafeDumper, text: str) -> ScalarNode:
    style = "|" if "\n" in text else None
    if _ODD_BREAKS.search(
        text
    ):  # YAML folds these into a space or a line; in double quotes they are spelt out
        style = '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)


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
    return yaml.dump(said, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=1000)
