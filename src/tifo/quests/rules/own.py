"""What the file of a single kind has besides, read with the place of every mistake."""

from collections.abc import Callable
from typing import Any

from yaml.nodes import Node

from tifo.kernel.public import marked
from tifo.quests.types import Texts

MOST_PAIRS = 18
MOST_THINGS = 12
LONGEST_FACE = 60
LONGEST_WORD = 40


def setting(word: str, node: Node) -> Any:
    """The value of a word that only some kinds know."""
    return _READERS.get(word, _whole)(word, node)


def _whole(word: str, node: Node) -> int:
    return marked.whole(node, f"`{word}`", least=1)


def _words(word: str, node: Node) -> tuple[str, ...]:
    listed = marked.items(node, f"`{word}` must be a list")
    return tuple(marked.text(one, f"one of `{word}`") for one in listed)


def _counted(word: str, node: Node) -> tuple[str, ...]:
    found = marked.names(node, f"`{word}`")
    marked.once(marked.items(node, ""), found, "the quest")
    return found


def _faces(word: str, node: Node) -> Texts:
    texts = marked.texts(node, f"one of `{word}`")
    if any(not 0 < len(text) <= LONGEST_FACE for text in texts.values()):
        raise marked.refuse(node, f"one of `{word}` has 1 to {LONGEST_FACE} signs in each language")
    return texts


def _pairs(word: str, node: Node) -> tuple[tuple[Texts, Texts], ...]:
    listed = marked.items(node, "`pairs` must be a list, e.g. - [{en: Judo}, {en: Ippon}]")
    if not 2 <= len(listed) <= MOST_PAIRS:
        raise marked.refuse(node, f"there are 2 to {MOST_PAIRS} pairs")
    found = []
    for one in listed:
        two = marked.items(one, "a pair is a list of its two cards, e.g. [{en: Judo}, {en: Ippon}]")
        if len(two) != 2:
            raise marked.refuse(one, "a pair has two cards")
        found.append((_faces(word, two[0]), _faces(word, two[1])))
    return tuple(found)


def _things(word: str, node: Node) -> tuple[Texts, ...]:
    listed = marked.items(node, "`order` must be a list, the first first, e.g. - {en: Athens 1896}")
    if not 4 <= len(listed) <= MOST_THINGS:
        raise marked.refuse(node, f"`order` has 4 to {MOST_THINGS} things")
    return tuple(_faces(word, one) for one in listed)


def _word(_word: str, node: Node) -> Texts:
    texts = marked.texts(node, "`word`")
    if any(not 4 <= len(text) <= LONGEST_WORD or not text.isalpha() for text in texts.values()):
        raise marked.refuse(node, f"`word` is one word of 4 to {LONGEST_WORD} letters in each language")
    if any(len(set(text.casefold())) < 3 for text in texts.values()):
        raise marked.refuse(node, "`word` needs three different letters")
    return texts


def _tries(word: str, node: Node) -> int:
    return marked.whole(node, f"`{word}`", least=1, most=20)


_READERS: dict[str, Callable[[str, Node], Any]] = {
    "codes": _words,
    "sessions": _words,
    "sports": _words,
    "measure": lambda word, node: marked.choice(node, ("metres", "minutes"), f"`{word}`"),
    "doors": _words,
    "counts": _counted,
    "pairs": _pairs,
    "order": _things,
    "word": _word,
    "tries": _tries,
    "kept-days": lambda word, node: marked.whole(node, f"`{word}`", least=1, most=366),
    "most": lambda word, node: marked.whole(node, f"`{word}`", least=1, most=100),
}
