"""Reading a YAML file that people write, with the place of every mistake. Hostile files are refused: aliases, depth, size."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from difflib import get_close_matches

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from tifo.kernel.errors import Refused

LONGEST_FILE = 2_000_000  # characters
DEEPEST = 20  # levels; the deepest of our files needs seven
_OPENING = (
    yaml.FlowSequenceStartToken,
    yaml.FlowMappingStartToken,
    yaml.BlockSequenceStartToken,
    yaml.BlockMappingStartToken,
)
_CLOSING = (yaml.FlowSequenceEndToken, yaml.FlowMappingEndToken, yaml.BlockEndToken)
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,78}[a-z0-9]|[a-z0-9]")
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_ODD_BREAKS = re.compile("[\r\x85\u2028\u2029]")


class MarkedError(Refused):
    """A file that can't be read; `line` and `column` count from 1."""

    def __init__(self, problem: str, *, line: int, column: int) -> None:
        self.problem, self.line, self.column = problem, line, column
        super().__init__(f"line {line}, column {column}: {problem}")


def refuse(node: Node | yaml.Token, problem: str) -> MarkedError:
    """The error that names this node's place."""
    return MarkedError(problem, line=node.start_mark.line + 1, column=node.start_mark.column + 1)


def key(node: Node) -> str:
    """The word that a key is."""
    if not isinstance(node, ScalarNode):
        raise refuse(node, "a key must be a word, such as subject or en")
    return str(node.value)


def fields(node: Node, allowed: Sequence[str], what: str) -> dict[str, Node]:
    """`key: value` lines of which each key is known and stands once."""
    if not isinstance(node, MappingNode):
        raise refuse(node, f"{what} must be a list of `key: value` lines")
    found: dict[str, Node] = {}
    for one, value in node.value:
        name = key(one)
        if name not in allowed:
            raise refuse(one, f"{what} has no `{name}`; {meant(name, allowed)}")
        if name in found:
            raise refuse(one, f"`{name}` stands here twice; keep one")
        found[name] = value
    return found


def meant(name: str, known: Sequence[str]) -> str:
    """The mend for a word that is not known."""
    near = get_close_matches(name, known, 1)
    return f"did you mean `{near[0]}`?" if near else f"known here: {', '.join(known)}"


def needed(found: Mapping[str, Node], name: str, node: Node, what: str) -> Node:
    """The value of a key that has to be there."""
    if name not in found:
        raise refuse(node, f"{what} needs `{name}`")
    return found[name]


def text(node: Node, what: str) -> str:
    """A text."""
    if not isinstance(node, ScalarNode) or node.tag.endswith(":null"):
        raise refuse(node, f"{what} must be a text")
    said = str(node.value)
    if any("\ud800" <= sign <= "\udfff" for sign in said):
        raise refuse(node, f"{what} holds half a character (\\ud800 to \\udfff); write the whole sign")
    return said


def name(node: Node, what: str) -> str:
    """A name as it stands in addresses and commands."""
    said = text(node, what)
    if not NAME.fullmatch(said):
        raise refuse(
            node, f"{what} {said!r} may have small letters, digits and hyphens, at most 80, e.g. week-of-judo"
        )
    return said


def names(node: Node, what: str) -> tuple[str, ...]:
    """A list of names."""
    return tuple(name(item, what) for item in items(node, f"{what} must be a list, e.g. [welcome]"))


def items(node: Node, problem: str) -> Sequence[Node]:
    """The nodes of a list."""
    if not isinstance(node, SequenceNode):
        raise refuse(node, problem)
    return list(node.value)


def pairs(node: Node, problem: str) -> Iterator[tuple[Node, str, Node]]:
    """(the key's node, the key, the value's node) of a list of `name: …`, each key once."""
    if not isinstance(node, MappingNode):
        raise refuse(node, problem)
    seen: set[str] = set()
    for one, value in node.value:
        said = key(one)
        if said in seen:
            raise refuse(one, f"`{said}` stands here twice; keep one")
        seen.add(said)
        yield one, said, value


def texts(node: Node, what: str) -> dict[str, str]:
    """A text in each language."""
    if not isinstance(node, MappingNode) or not node.value:
        raise refuse(node, f"{what} must give a text per language, e.g. {{en: …, fr: …}}")
    said: dict[str, str] = {}
    for one, value in node.value:
        language = key(one)
        if not LANGUAGE.fullmatch(language):
            raise refuse(one, f"{language!r} is not a language code such as en, fr or pt-BR")
        if language in said:
            raise refuse(one, f"{what} has `{language}` twice; keep one")
        said[language] = text(value, f"{what} in {language}")
    return said


def flag(node: Node, what: str) -> bool:
    """true or false."""
    said = text(node, what)
    if said not in ("true", "false"):
        raise refuse(node, f"{what} must be true or false")
    return said == "true"


def number(node: Node, what: str) -> float:
    """A number that is not below zero."""
    said = text(node, what)
    if not re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,6})?", said):
        raise refuse(node, f"{what} must be a number, e.g. 10")
    return float(said)


def whole(node: Node, what: str, *, least: int = 0, most: int = 1_000_000) -> int:
    """A whole number within bounds."""
    said = text(node, what)
    if not re.fullmatch(r"[0-9]{1,9}", said) or not least <= int(said) <= most:
        raise refuse(node, f"{what} must be a whole number from {least:,} to {most:,}")
    return int(said)


def choice(node: Node, known: Sequence[str], what: str) -> str:
    """One of the words that are known."""
    said = text(node, what)
    if said not in known:
        raise refuse(node, f"{what} `{said}` is not known; {meant(said, known)}")
    return said


def moment(node: Node, what: str) -> datetime:
    """A moment with its zone."""
    said = text(node, what)
    problem = f"{what} must be a moment with its zone, e.g. 2026-07-14T18:00Z"
    if len(said) > 40:
        raise refuse(node, problem)
    try:
        found = datetime.fromisoformat(said)
        if found.tzinfo is None:
            raise refuse(node, problem)
        return found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise refuse(node, problem) from None


def once(nodes: Sequence[Node], names: Sequence[str], what: str) -> None:
    """Each name at most once; the second one is named with its place."""
    for place, (node, said) in enumerate(zip(nodes, names, strict=True)):
        if said in names[:place]:
            raise refuse(node, f"{what} {said!r} stands here twice; keep one")


def _look_over(source: str, what: str) -> None:
    """What our files never need: aliases, which can blow them up, and levels without end."""
    depth = 0
    for token in yaml.scan(source):
        if isinstance(token, yaml.AliasToken):
            raise refuse(token, "this is a YAML alias (*name); write the text out instead")
        depth += isinstance(token, _OPENING) - isinstance(token, _CLOSING)
        if depth > DEEPEST:
            raise refuse(token, f"this is nested deeper than {DEEPEST}; {what} needs six")


def compose(source: str, what: str, begin: str) -> Node:
    """The root of a file. `what`: "a campaign file"; `begin`: how one begins, "campaign: a-name"."""
    if len(source) > LONGEST_FILE:
        raise Refused(f"The file has over {LONGEST_FILE:,} characters; {what} is far shorter.")
    try:
        _look_over(source, what)
        root = yaml.compose(source, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        if mark is None:
            raise Refused(f"The file is not readable YAML: {error.problem}") from None
        raise MarkedError(
            f"the file is not readable YAML: {error.problem}", line=mark.line + 1, column=mark.column + 1
        ) from None
    except yaml.reader.ReaderError as error:
        before = source[: error.position]
        raise MarkedError(
            f"the file is not readable YAML: it holds the sign {ord(source[error.position]):#06x}; take it out",
            line=before.count("\n") + 1,
            column=error.position - before.rfind("\n"),
        ) from None
    except yaml.YAMLError as error:
        raise Refused(f"The file is not readable YAML: {error}".splitlines()[0]) from None
    if root is None:
        raise Refused(f"The file is empty; begin it with `{begin}`.")
    return root


class _Dumper(yaml.SafeDumper):
    """Texts of several lines as blocks, which people can read and compare."""


def _represent_text(dumper: yaml.SafeDumper, said: str) -> ScalarNode:
    style = "|" if "\n" in said else None
    if _ODD_BREAKS.search(
        said
    ):  # YAML folds these into a space or a line; in double quotes they are spelt out
        style = '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", said, style=style)


_Dumper.add_representer(str, _represent_text)


def write(said: object) -> str:
    """The file of plain values; reading it gives them again."""
    return yaml.dump(said, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=1000)


def plain(source: str, what: str, begin: str) -> dict[str, object]:
    """The file as plain values, each word a text: for who builds it by fields, whole or not."""
    root = compose(source, what, begin)
    if not isinstance(root, MappingNode):
        raise refuse(root, f"{what} must be a list of `key: value` lines")
    loader = yaml.BaseLoader("")
    try:
        return {key(one): loader.construct_object(value, deep=True) for one, value in root.value}
    except yaml.MarkedYAMLError as error:
        raise Refused(f"The file is not readable YAML: {error.problem}") from None


def path_at(source: str, line: int, column: int) -> tuple[str, ...]:
    """The keys, and numbers of list items from 0, that lead to what stands at a place (counted from 1)."""
    node = yaml.compose(source, Loader=yaml.SafeLoader)
    path: list[str] = []
    at = (line - 1, column - 1)
    while isinstance(node, MappingNode | SequenceNode) and node.value:
        if isinstance(node, MappingNode):
            parts = [(key(one), one.start_mark, value) for one, value in node.value]
        else:
            parts = [(str(number), one.start_mark, one) for number, one in enumerate(node.value)]
        before = [part for part in parts if (part[1].line, part[1].column) <= at]
        if not before or ((node.start_mark.line, node.start_mark.column) == at and not path):
            break
        step, _mark, node = before[-1]
        path.append(step)
        if (node.start_mark.line, node.start_mark.column) == at:
            break
    return tuple(path)
