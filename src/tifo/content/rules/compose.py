"""Compositions as values: languages and who serves them, links in their order, the canonical form."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from tifo.content.rules.pieces import Rendered
from tifo.content.rules.render import render
from tifo.content.types import Block, Composition, Link, Slot


def served(texts: Mapping[str, str], language: str, fallback: str) -> str | None:
    """Which language's text is read by somebody of `language`: hers, its base (pt for pt-BR), or the fall-back."""
    for candidate in (language, language.split("-")[0], fallback):
        if texts.get(candidate, "").strip():
            return candidate
    return None


def languages(composition: Composition) -> tuple[str, ...]:
    """Every language that some text of the composition is written in, sorted."""
    found = {language for language, text in composition.subject.items() if text.strip()}
    for _slot, block in shown_blocks(composition):
        found.update(language for language, text in block.texts.items() if text.strip())
    return tuple(sorted(found))


def served_language(composition: Composition, language: str) -> str:
    """The language of the message for a fan of `language`: hers or its base where anything is written in it."""
    known = languages(composition)
    for candidate in (language, language.split("-")[0]):
        if candidate in known:
            return candidate
    return composition.fallback


def block_language(composition: Composition, block: Block, language: str) -> str | None:
    """The language of the text that `block` shows to readers of `language`; None: it has no text for them."""
    return served(block.texts, language, block.fallback or composition.fallback)


def shown_blocks(composition: Composition) -> Iterator[tuple[Slot, Block]]:
    """Each block that some slot may show, in the order of the slots; a block twice where two slots name it."""
    for slot in composition.slots:
        for name in slot.candidates:
            block = composition.block(name)
            if block is not None:
                yield slot, block


def rendered(block: Block, language: str, slot: Slot) -> Rendered:
    """The text of a block in one language, made ready for this slot."""
    return render(block.kind, block.texts[language], slot.repeat == "tickets")


def links(composition: Composition) -> list[Link]:
    """All addresses that are tracked, numbered in the order of slots, candidates, languages and text."""
    found: dict[tuple[str, str, str], Link] = {}
    for slot, block in shown_blocks(composition):
        for language in sorted(block.texts):
            for url in rendered(block, language, slot).urls:
                key = (block.name, language, url)
                if key not in found:
                    found[key] = Link(len(found), url, block.name, language, block.topics)
    return list(found.values())


def to_plain(composition: Composition) -> dict[str, Any]:
    """The composition as JSON can hold it."""
    return {
        "subject": dict(sorted(composition.subject.items())),
        "preheader": dict(sorted(composition.preheader.items())),
        "fallback": composition.fallback,
        "slots": [
            {"slot": s.name, "blocks": list(s.candidates), "repeat": s.repeat, "ranked": s.ranked}
            for s in composition.slots
        ],
        "blocks": [block_to_plain(block) for block in composition.blocks],
    }


def block_to_plain(block: Block) -> dict[str, Any]:
    """A block as JSON can hold it."""
    return {
        "name": block.name,
        "kind": block.kind,
        "texts": dict(sorted(block.texts.items())),
        "when": block.when,
        "topics": list(block.topics),
        "fallback": block.fallback,
        "state": block.state,
    }


def from_plain(plain: Mapping[str, Any]) -> Composition:
    """The composition that `to_plain` wrote."""
    return Composition(
        subject=dict(plain["subject"]),
        preheader=dict(plain.get("preheader") or {}),
        fallback=plain["fallback"],
        slots=tuple(
            Slot(s["slot"], tuple(s["blocks"]), s.get("repeat"), bool(s.get("ranked")))
            for s in plain["slots"]
        ),
        blocks=tuple(block_from_plain(block) for block in plain["blocks"]),
    )


def block_from_plain(plain: Mapping[str, Any]) -> Block:
    """The block that `block_to_plain` wrote."""
    return Block(
        name=plain["name"],
        kind=plain["kind"],
        texts=dict(plain["texts"]),
        when=plain.get("when"),
        topics=tuple(plain.get("topics") or ()),
        fallback=plain.get("fallback"),
        state=plain.get("state", "draft"),
    )


def fingerprint(composition: Composition) -> str:
    """SHA-256 (hex) of everything that reaches a fan or chooses what does; review states don't."""
    plain = to_plain(composition)
    for block in plain["blocks"]:
        del block["state"]
    plain["blocks"].sort(key=lambda block: block["name"])
    text = json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
