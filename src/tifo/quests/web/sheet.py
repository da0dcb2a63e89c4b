"""A quest as the fields of its sheet: from the file into fields and back, whole or not."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

import yaml
from django.http import QueryDict

from tifo.kernel.public import Refused, marked
from tifo.quests.rules import KINDS
from tifo.ui.public import listed, moment_in, texts_in

Plain = dict[str, Any]
TEXTS = ("title", "lead", "legal", "word")
WHOLE = (
    "points", "status", "per", "at-most", "seconds", "least", "goal", "moves", "tries", "kept-days", "most",
)  # fmt: skip
LISTED = ("topics", "codes", "sessions", "doors", "sports", "counts")
ROWS = {"order": 4, "pairs": 2}
"""Lists of texts, and how many rows a new sheet shows."""
ORDER = (
    "quest", "kind", "title", "lead", "opens", "closes", "audience", "points", "status", "per", "at-most", "topics",
    "seconds", "codes", "sessions", "doors", "sports", "counts", "least", "goal", "pairs", "order", "word", "moves",
    "tries", "kept-days", "most",
)  # fmt: skip
KNOWN = frozenset({*ORDER, "questions", "legal"})
MOST = 50
"""Questions, and options of one, that a sheet takes; the file has its own bounds."""


def plain_of(source: str) -> Plain:
    """The fields of a file."""
    return dict(marked.plain(source, "a quest file", "quest: a-name"))


def asks(kind: str) -> bool:
    """Whether a kind has questions."""
    return kind in KINDS and KINDS[kind].form == "questions"


def settings_of(kind: str) -> tuple[str, ...]:
    """What a kind's file has besides, of which a sheet has fields."""
    return tuple(word for word in KINDS[kind].settings if word in KNOWN) if kind in KINDS else ()


def unknown_to(kind: str) -> tuple[str, ...]:
    """What a kind's file has besides, of which a sheet has no field."""
    return tuple(word for word in KINDS[kind].settings if word not in KNOWN) if kind in KINDS else ()


def begun(kind: str, *, opens: str, closes: str) -> Plain:
    """A new sheet of a kind."""
    plain: Plain = {"kind": kind, "opens": opens, "closes": closes, "points": "5" if asks(kind) else "10"}
    if asks(kind):
        plain["questions"] = [fresh_question()]
    return plain


def fresh_question() -> Plain:
    """A question with room for two options."""
    return {"ask": {}, "options": {"": {}, " ": {}}}


def plain_in(sent: QueryDict, *, name: str = "", zone: str) -> Plain:
    """What the fields say. `name`: of a quest that is there; its name stays."""
    texts = texts_in(sent)
    kind = sent.get("kind", "")
    plain: Plain = {"quest": name or sent.get("quest", "").strip()[:80], "kind": kind[:40]}
    plain |= {key: texts[key] for key in TEXTS if key in texts}
    plain |= {key: moment_in(sent.get(key, ""), zone) for key in ("opens", "closes")}
    if audience := sent.get("audience", "").replace("\r\n", "\n").strip()[:10_000]:
        plain["audience"] = audience
    for key in WHOLE:
        if said := sent.get(key, "").strip()[:12]:
            plain[key] = said
    for key in LISTED:
        if words := listed(sent.get(key, "")[:20_000]):
            plain[key] = words
    for key in ROWS:
        if rows := _rows(sent, texts, key):
            plain[key] = rows
    if asks(kind):
        plain["questions"] = [_question(sent, texts, number) for number in _numbers(sent)]
    if more := sent.get("more", "").strip()[:100_000]:
        plain["more"] = more
    return {key: value for key, value in plain.items() if value not in ("", [], {})}


def _rows(sent: QueryDict, texts: Mapping[str, dict[str, str]], key: str) -> list[Any]:
    """The rows in which something stands: a text, or the two of a pair."""
    said = sent.get(key, "0")
    many = min(int(said) if said.isdigit() and len(said) < 4 else 0, MOST)
    if key != "pairs":
        return [texts[f"{key}.{n}"] for n in range(many) if f"{key}.{n}" in texts]
    pairs = [[texts.get(f"{key}.{n}.{side}", {}) for side in (0, 1)] for n in range(many)]
    return [pair for pair in pairs if any(pair)]


def _numbers(sent: QueryDict) -> Iterator[int]:
    count = sent.get("questions", "0")
    return iter(range(min(int(count) if count.isdigit() and len(count) < 4 else 0, MOST)))


def _question(sent: QueryDict, texts: Mapping[str, dict[str, str]], number: int) -> Plain:
    start = f"q.{number}"
    many = sent.get(f"{start}.options", "0")
    options: Plain = {}
    right: list[str] = []
    for place in range(min(int(many) if many.isdigit() and len(many) < 4 else 0, MOST)):
        field = f"{start}.o.{place}"
        text = texts.get(field, {})
        key = _fresh(sent.get(f"{field}.key", "").strip()[:80], text, options, place)
        topics = listed(sent.get(f"{field}.topics", "")[:500])
        options[key] = {"text": text, "topics": topics} if topics else text
        if sent.get(f"{field}.right") == "yes":
            right.append(key)
    question: Plain = {"ask": texts.get(f"{start}.ask", {}), "options": options}
    if right:
        question["right"] = right if len(right) > 1 else right[0]
    if because := texts.get(f"{start}.because"):
        question["because"] = because
    if sent.get(f"{start}.many") == "yes":
        question["many"] = "true"
    return question


def _fresh(key: str, text: Mapping[str, str], taken: Mapping[str, Any], place: int) -> str:
    """The key of an option, made from its words where it has none; an option without words keeps a blank."""
    if key:
        return key if key not in taken else f"{key}-{place + 1}"
    if not text:
        return " " * (place + 1)
    said = unicodedata.normalize("NFKD", text.get("en") or next(iter(text.values())))
    made = re.sub(r"[^a-z0-9]+", "-", said.encode("ascii", "ignore").decode().lower())[:40].strip("-")
    made = made or f"option-{place + 1}"
    return made if made not in taken else f"{made}-{place + 1}"


def written(plain: Plain) -> str:
    """The file of the fields. Options without a word are left out; what has no field of its own follows as it was."""
    said: Plain = {}
    for key in ORDER:
        if key in plain:
            said[key] = _figure(plain[key]) if key in WHOLE else plain[key]
    said |= _more(plain)
    if plain.get("questions"):
        said["questions"] = [_written(question) for question in plain["questions"]]
    if "legal" in plain:
        said["legal"] = plain["legal"]
    return marked.write(said)


def _more(plain: Plain) -> Plain:
    if isinstance(plain.get("more"), str):
        return {
            key: value
            for key, value in marked.plain(plain["more"], "the rest", "key: value").items()
            if key not in KNOWN
        }
    return {key: value for key, value in plain.items() if key not in KNOWN and key != "more"}


def more_of(plain: Plain) -> str:
    """What has no field of its own, as its file says it."""
    if isinstance(plain.get("more"), str):
        return str(plain["more"])
    rest = _more(plain)
    return marked.write(rest) if rest else ""


def _written(question: Plain) -> Plain:
    options = {
        key: option
        for key, option in _pairs(question.get("options"))
        if key.strip() or option not in ({}, "")
    }
    made = dict(question) | {"options": options}
    if made.get("many") == "true":
        made["many"] = True
    return made


def _pairs(options: object) -> list[tuple[str, Any]]:
    return list(options.items()) if isinstance(options, dict) else []


def _figure(said: object) -> object:
    """A number without quotes."""
    return int(str(said)) if re.fullmatch("[0-9]{1,9}", str(said)) else said


def changed(plain: Plain, verb: str) -> Plain:
    """The sheet after a button of it: `question`, `option 2`, `less 2`, `out 2 1`, `up 2`."""
    word, *places = verb.split(" ")
    if verb in ROWS:
        rows = list(plain.get(verb, ()))
        return plain | {verb: [*rows, [{}, {}] if verb == "pairs" else {}]}
    questions = [dict(one) for one in plain.get("questions", ())]
    at = [int(one) for one in places if one.isdigit() and len(one) < 4]
    match word, at:
        case "question", [] if len(questions) < MOST:
            questions.append(fresh_question())
        case "option", [here] if here < len(questions) and len(questions[here]["options"]) < MOST:
            options = dict(questions[here]["options"])
            options[" " * (len(options) + 1)] = {}
            questions[here]["options"] = options
        case "less", [here] if here < len(questions):
            del questions[here]
        case "up", [here] if 0 < here < len(questions):
            questions[here - 1], questions[here] = questions[here], questions[here - 1]
        case "out", [here, place] if here < len(questions):
            questions[here] = _without(questions[here], place)
    return plain | {"questions": questions}


def _without(question: Plain, place: int) -> Plain:
    kept = [
        (key, option) for number, (key, option) in enumerate(question["options"].items()) if number != place
    ]
    gone = set(question["options"]) - {key for key, _option in kept}
    right = question.get("right", [])
    rights = [key for key in ([right] if isinstance(right, str) else right) if key not in gone]
    made = question | {"options": dict(kept), "right": rights if len(rights) != 1 else rights[0]}
    return {key: value for key, value in made.items() if key != "right" or value}


def problem_at(source: str, refused: Refused) -> tuple[str, str]:
    """The field of the sheet that a refusal is about (empty: none), and its words."""
    if not isinstance(refused, marked.MarkedError):
        return "", str(refused)
    try:
        path = marked.path_at(source, refused.line, refused.column)
    except yaml.YAMLError:
        return "", refused.problem
    if path[:1] == ("questions",):
        field = "questions" if len(path) == 1 else f"q.{path[1]}"
        if path[2:3] in (("ask",), ("because",)):
            field = f"{field}.{path[2]}"
        return field, refused.problem
    return (path[0] if path else ""), refused.problem
