"""The words of the language as a page to read, made from their declarations."""

from collections.abc import Iterable, Mapping
from typing import Any

from tifo.audiences.rules.check import answer_kind, operators, possible, stands_alone
from tifo.lake.public import Argument, Choice, Kind, Relation, Word

ANSWERS = {
    Kind.NUMBER: "a number",
    Kind.TEXT: "a text",
    Kind.BOOL: "yes or no",
    Kind.DATE: "a day",
    Kind.MOMENT: "a moment",
}
SHOWN = 12

INTRODUCTION = """\
# The words of audiences

<!-- Written by `tifo audiences words --markdown`: change the declarations, not this page. -->

A question is made of clauses, joined with `and`, `or`, `not` and parentheses: `club.member and not holds_ticket()`.
A word is compared with `=`, `!=`, `<`, `<=`, `>`, `>=`, `in (…)` or `not in (…)`; yes-or-no words and counts may stand alone.
`everyone()` asks for all fans. Fans who are erased are in no audience. An empty question selects nobody.

What is unknown fits no comparison, also not `!=` and `not in`: `language != "fr"` asks for fans known to read another
language, `not language = "fr"` for everyone not known to read French.

| value | is written |
|---|---|
| text | `"fr"`, with `\\"` and `\\\\` inside |
| number | `18`, `0.6` |
| yes or no | `true`, `false` |
| day | `2024-07-27`, `today`, `tomorrow`, `yesterday` (UTC; of a session, by the clock at its venue), `30 days ago` |
| moment | `2024-07-27T18:30` (UTC), `6 hours ago`; compared with a day, a moment counts by its day in UTC |
| length of time | `30 minutes`, `6 hours`, `30 days`, `2 weeks` |
| list | `("fr", "en")` |

A question has at most 10,000 characters, 200 clauses and 50 levels.
"""


def describe(words: Mapping[str, Word]) -> list[dict[str, Any]]:
    """Every word as plain values, by name."""
    return [
        {
            "word": word.name,
            "answers": answer_kind(word).value,
            "alone": stands_alone(word),
            "operators": [operator for operator in operators(word) if operator],
            "help": str(word.help),
            "values": list(possible(getattr(word, "values", None))),
            "arguments": [_argument(one) for one in word.arguments] if isinstance(word, Relation) else None,
        }
        for _, word in sorted(words.items())
    ]


def _argument(one: Argument | Choice) -> dict[str, Any]:
    if isinstance(one, Choice):
        return {
            "name": one.name,
            "takes": "name",
            "values": list(one.options),
            "default": one.default,
            "required": False,
            "positional": True,
            "help": str(one.help),
        }
    takes = {"within": "duration", "since": "moment", "on_day": "date"}.get(one.compare, one.kind.value)
    return {
        "name": one.name,
        "takes": takes,
        "values": list(possible(one.values)),
        "default": None,
        "required": one.required,
        "positional": one.positional,
        "help": str(one.help),
    }


def markdown(words: Mapping[str, Word], *, with_values: bool = False) -> str:
    """The reference page. Values that stand in the data are left out unless asked for."""
    lines = [INTRODUCTION]
    for _, word in sorted(words.items()):
        brackets = "()" if isinstance(word, Relation) else ""
        lines.append(f"## `{word.name}{brackets}`\n")
        alone = ", may stand alone" if stands_alone(word) else ""
        lines.append(f"{_sentence(word.help)}Answers {ANSWERS[answer_kind(word)]}{alone}.\n")
        values = getattr(word, "values", None)
        if isinstance(values, tuple) or (with_values and values is not None):
            lines.append(f"Values: {_values(possible(values))}.\n")
        if isinstance(word, Relation) and word.arguments:
            lines += ["| argument | takes | |", "|---|---|---|"]
            lines += [_row(one, with_values=with_values) for one in word.arguments]
            lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def _sentence(text: str) -> str:
    text = str(text).strip()
    if not text:
        return ""
    return text[0].upper() + text[1:] + ("" if text.endswith(".") else ".") + " "


def _values(values: Iterable[str]) -> str:
    shown = list(values)
    more = f" … ({len(shown)} in all)" if len(shown) > SHOWN else ""
    return ", ".join(f"`{one}`" for one in shown[:SHOWN]) + more


def _row(one: Argument | Choice, *, with_values: bool) -> str:
    about = _argument(one)
    takes = {
        "duration": "a length of time",
        "moment": "a day or a moment",
        "date": "a day",
        "name": "",
        "number": "a number",
        "text": "a text",
        "bool": "true or false",
    }[about["takes"]]
    fixed = isinstance(one, Choice) or isinstance(one.values, tuple) or with_values
    if fixed and about["values"]:
        takes = (takes + ": " if takes else "") + _values(about["values"])
    notes = [
        about["help"].rstrip("."),
        "needed" if about["required"] else "",
        "its name may be left out" if about["positional"] and isinstance(one, Argument) else "",
        f"without it: `{about['default']}`" if about["default"] else "",
    ]
    said = "; ".join(note for note in notes if note).replace("|", "\\|")
    return f"| `{one.name}` | {takes} | {said} |"
