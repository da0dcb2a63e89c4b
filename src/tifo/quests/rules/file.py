"""The quest file: read with the place of every mistake."""

from functools import lru_cache

from yaml.nodes import Node

from tifo.kernel.public import marked
from tifo.preferences.public import checked_slug
from tifo.quests.rules.kinds import KINDS
from tifo.quests.rules.own import setting
from tifo.quests.types import Option, Quest, Question, Texts

_TOP = (
    "quest",
    "kind",
    "title",
    "lead",
    "opens",
    "closes",
    "points",
    "status",
    "per",
    "at-most",
    "audience",
    "topics",
    "seconds",
    "questions",
    "legal",
)
_QUESTION = ("ask", "options", "right", "because", "many")
_OPTION = ("text", "topics")
_RESERVED = frozenset({"new", "import", "build", "look"})
MOST_QUESTIONS = 50
MOST_OPTIONS = 40
LONGEST_NAME = 60  # it stands in the key of a rule
LONGEST_TITLE = 200


@lru_cache(maxsize=256)
def read_quest_file(text: str) -> Quest:
    """The quest that a file holds; Refused names line, column and mend."""
    root = marked.compose(text, "a quest file", "quest: a-name")
    settings = tuple(sorted({word for kind in KINDS.values() for word in kind.settings}))
    found = marked.fields(root, (*_TOP, *settings), "a quest file")
    kind = KINDS[marked.choice(_need(found, "kind", root), tuple(KINDS), "kind")]
    for word in settings:
        if word in found and word not in kind.settings:
            raise marked.refuse(found[word], f"a {kind.key} has no `{word}`; take it out")
    quest = Quest(
        name=_name(_need(found, "quest", root)),
        kind=kind.key,
        title=_short(_need(found, "title", root), "the title"),
        lead=marked.texts(found["lead"], "the lead") if "lead" in found else {},
        opens_at=marked.moment(_need(found, "opens", root), "`opens`"),
        closes_at=marked.moment(_need(found, "closes", root), "`closes`"),
        points=_whole(found, "points", 0),
        status=_whole(found, "status", 0),
        per=_whole(found, "per", 1, least=1),
        at_most=_whole(found, "at-most", 0, least=1) or None,
        audience=marked.text(found["audience"], "`audience`") if "audience" in found else "",
        topics=_topics(found),
        seconds=_whole(found, "seconds", 0, least=5) or None,
        questions=_questions(found["questions"]) if "questions" in found else (),
        legal=marked.texts(found["legal"], "`legal`") if "legal" in found else {},
        settings={word: setting(word, found[word]) for word in kind.settings if word in found},
    )
    if problem := _problem(quest):
        raise marked.refuse(root, problem)
    return quest


def _problem(quest: Quest) -> str:
    """What the parts, each right by itself, don't make together."""
    kind = KINDS[quest.kind]
    if quest.closes_at <= quest.opens_at:
        return "`closes` lies before `opens`"
    if quest.questions and kind.form != "questions":
        return f"a {quest.kind} has no `questions`; take them out"
    if quest.seconds and quest.kind != "quiz":
        return "only a quiz is timed; take `seconds` out"
    return kind.check(quest)


def _need(found: dict[str, Node], name: str, root: Node) -> Node:
    return marked.needed(found, name, root, "a quest file")


def _name(node: Node) -> str:
    name = marked.name(node, "the quest's name")
    if len(name) > LONGEST_NAME:
        raise marked.refuse(node, f"the quest's name has at most {LONGEST_NAME} signs")
    if name in _RESERVED:
        raise marked.refuse(node, f"{name!r} is a word of the studio's addresses; take another name")
    return name


def _short(node: Node, what: str) -> Texts:
    texts = marked.texts(node, what)
    if any(not 0 < len(text) <= LONGEST_TITLE for text in texts.values()):
        raise marked.refuse(node, f"{what} has 1 to {LONGEST_TITLE} signs in each language")
    return texts


def _whole(found: dict[str, Node], name: str, default: int, *, least: int = 0) -> int:
    return marked.whole(found[name], f"`{name}`", least=least) if name in found else default


def _topics(found: dict[str, Node]) -> tuple[str, ...]:
    if "topics" not in found:
        return ()
    return tuple(checked_slug(topic) for topic in marked.names(found["topics"], "the topics"))


def _questions(node: Node) -> tuple[Question, ...]:
    listed = marked.items(node, "`questions` must be a list, e.g. - ask: {en: …}")
    if not 0 < len(listed) <= MOST_QUESTIONS:
        raise marked.refuse(node, f"there are 1 to {MOST_QUESTIONS} questions")
    return tuple(_question(str(number), one) for number, one in enumerate(listed, 1))


def _question(key: str, node: Node) -> Question:
    what = f"question {key}"
    found = marked.fields(node, _QUESTION, what)
    offered = marked.needed(found, "options", node, what)
    options = tuple(
        _option(name, name_node, value)
        for name_node, name, value in marked.pairs(offered, f"the options of {what} must be `key: …` lines")
    )
    if not 2 <= len(options) <= MOST_OPTIONS:
        raise marked.refuse(offered, f"{what} needs 2 to {MOST_OPTIONS} options")
    right = _right(found["right"], [option.key for option in options]) if "right" in found else ()
    many = marked.flag(found["many"], "`many`") if "many" in found else len(right) > 1
    if len(right) > 1 and not many:
        raise marked.refuse(found["right"], f"{what} takes one answer and has several right ones")
    return Question(
        key,
        marked.texts(marked.needed(found, "ask", node, what), f"`ask` of {what}"),
        options,
        right,
        marked.texts(found["because"], "`because`") if "because" in found else {},
        many,
    )


def _option(key: str, name_node: Node, node: Node) -> Option:
    marked.name(name_node, "an option's key")
    if any(marked.key(word) in _OPTION for word, _ in getattr(node, "value", ()) if isinstance(word, Node)):
        found = marked.fields(node, _OPTION, f"option {key}")
        return Option(
            key,
            marked.texts(marked.needed(found, "text", node, f"option {key}"), f"option {key}"),
            _topics(found),
        )
    return Option(key, marked.texts(node, f"option {key}"))


def _right(node: Node, known: list[str]) -> tuple[str, ...]:
    nodes = [node] if not isinstance(node.value, list) else marked.items(node, "`right` is a key or a list")
    keys = [marked.choice(one, known, "the option") for one in nodes]
    marked.once(nodes, keys, "option")
    if not keys:
        raise marked.refuse(node, "`right` needs an option")
    return tuple(keys)
