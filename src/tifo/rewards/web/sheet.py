"""An offer as the fields of its sheet: from the file into fields and back, whole or not.

Bands are made of what the conditions and the tickets name; those that the file has besides stay.
"""

import re
from collections.abc import Mapping
from typing import Any

from django.http import QueryDict

from tifo.kernel.public import Refused, marked
from tifo.rewards.rules.file import GENDERS, WHAT
from tifo.rewards.types import INPUTS, METHODS, NO_STRATA
from tifo.ui.public import listed, moment_in, texts_in

Plain = dict[str, Any]
TEXTS = ("title", "lead", "terms", "question")
MOMENTS = ("opens", "closes", "cutoff")
WHOLE = ("age", "claim_days", "price")
ORDER = (
    "offer", "method", "title", "lead", "terms", "question", "criteria", *MOMENTS, "audience", "exclude", "places",
    "strata", "inputs", "eligible", "weights", "randomness", *WHOLE,
)  # fmt: skip
KNOWN = frozenset(ORDER)
MOST = 100
_BOUND = re.compile(r"([a-z]+) *(>=|<=|==) *([0-9]{1,15})")
_FIGURE = re.compile("[0-9]{1,15}")


def plain_of(source: str) -> Plain:
    """The fields of a file."""
    return dict(marked.plain(source, WHAT, "offer: a-name"))


def begun(method: str, *, opens: str, closes: str) -> Plain:
    """A new sheet."""
    return {"method": method, "opens": opens, "closes": closes, "places": "10", "claim_days": "14"}


def plain_in(sent: QueryDict, *, name: str = "", zone: str) -> Plain:
    """What the fields say. `name`: of an offer that is there; its name stays."""
    texts = texts_in(sent)
    method = sent.get("method", "")
    plain: Plain = {"offer": name or sent.get("offer", "").strip()[:80]}
    plain["method"] = method if method in METHODS else "draw"
    plain |= {key: texts[key] for key in TEXTS if key in texts}
    plain["criteria"] = listed(sent.get("criteria", "")[:2_000])
    plain |= {key: moment_in(sent.get(key, ""), zone) for key in MOMENTS}
    plain["audience"] = sent.get("audience", "").replace("\r\n", "\n").strip()[:10_000]
    plain["exclude"] = _excluded(sent)
    plain |= _parts(sent, texts)
    plain |= _conditions(sent, plain["method"])
    if plain["method"] == "draw":
        plain["randomness"] = _randomness(sent)
    plain |= {key: sent.get(key, "").strip()[:12] for key in WHOLE}
    plain["more"] = sent.get("more", "").strip()[:100_000]
    return {key: value for key, value in plain.items() if value not in ("", [], {})}


def _many(sent: QueryDict, field: str) -> int:
    said = sent.get(field, "0")
    return min(int(said), MOST) if said.isdigit() and len(said) < 4 else 0


def _excluded(sent: QueryDict) -> dict[str, str]:
    rows = (
        (sent.get(f"exclude.{n}.reason", "").strip()[:80], sent.get(f"exclude.{n}.who", "").strip()[:10_000])
        for n in range(_many(sent, "excludes"))
    )
    return {reason: who for reason, who in rows if reason or who}


def _parts(sent: QueryDict, texts: Mapping[str, dict[str, str]]) -> Plain:
    """`places` where all stand in one pot, else `strata`."""
    strata = []
    for n in range(_many(sent, "parts")):
        start = f"part.{n}"
        part: Plain = {
            "key": sent.get(f"{start}.key", "").strip()[:80],
            "places": figure(sent.get(f"{start}.places", "").strip()[:12]),
            "name": texts.get(f"{start}.name", {}),
            "genders": [one for one in GENDERS if sent.get(f"{start}.{one}") == "yes"],
            "countries": [one.upper() for one in listed(sent.get(f"{start}.countries", "")[:2_000])],
        }
        part = {key: value for key, value in part.items() if value not in ("", [], {})}
        if part:
            strata.append(part)
    if (
        len(strata) == 1
        and set(strata[0]) <= {"key", "places"}
        and strata[0].get("key", NO_STRATA) == NO_STRATA
    ):
        return {"places": strata[0].get("places", "")}
    return {"strata": strata}


def _conditions(sent: QueryDict, method: str) -> Plain:
    """`inputs` with the bands that all else names, `eligible`, `weights`."""
    inputs: Plain = {}
    eligible: list[str] = []
    add: Plain = {}
    for key in INPUTS:
        least, most = (sent.get(f"{word}.{key}", "").strip()[:15] for word in ("least", "most"))
        bounds = [(">=", least), ("<=", most)] if least != most or not least else [("==", least)]
        bounds = [(sign, said) for sign, said in bounds if said]
        eligible += [f"{key} {sign} {said}" for sign, said in bounds]
        steps: Plain = {}
        for n in range(_many(sent, f"steps.{key}")):
            at, more = (sent.get(f"step.{key}.{n}.{word}", "").strip()[:15] for word in ("at", "more"))
            if at or more:
                steps[at] = figure(more)
        named = [said for _sign, said in bounds] + list(steps) + listed(sent.get(f"bands.{key}", "")[:2_000])
        if named or (method == "ranking" and key == INPUTS[0]):
            inputs[key] = _bands(["0", *named])
        if steps and method not in ("first-come", "window", "instant-win"):
            add[key] = dict(sorted(steps.items(), key=lambda one: (len(one[0]), one[0])))
    found: Plain = {"inputs": inputs, "eligible": eligible}
    if add:
        cap = sent.get("cap", "").strip()[:12]
        most_of_all = 1 + sum(
            max((n for n in steps.values() if isinstance(n, int)), default=0) for steps in add.values()
        )
        found["weights"] = {"cap": figure(cap) if cap else most_of_all, **add}
    return found


def _bands(said: list[str]) -> list[object]:
    figures = sorted({int(one) for one in said if _FIGURE.fullmatch(one)})
    return [*figures, *dict.fromkeys(one for one in said if not _FIGURE.fullmatch(one))]


def _randomness(sent: QueryDict) -> Plain:
    source = "reveal" if sent.get("source") == "reveal" else "drand"
    minutes = sent.get("margin", "").strip()[:8]
    found: Plain = {"source": source}
    if minutes:
        found["margin"] = int(minutes) * 60 if minutes.isdigit() and minutes.isascii() else minutes
    parties = {}
    for line in sent.get("parties", "")[:5_000].splitlines():
        who, _colon, hash_ = line.partition(":")
        if line.strip():
            parties[who.strip()] = hash_.strip()
    if source == "reveal":
        found["parties"] = parties
    elif parties:
        hours = sent.get("after", "").strip()[:6]
        after = int(hours) * 3600 if hours.isdigit() and hours.isascii() else 24 * 3600
        found["fallback"] = {"after": after, "parties": parties}
    return found


def written(plain: Plain) -> str:
    """The file of the fields; what has no field of its own follows as it was."""
    said = {
        key: figure(plain[key]) if key in (*WHOLE, "places") else plain[key] for key in ORDER if key in plain
    }
    return marked.write(said | _more(plain))


def _more(plain: Plain) -> Plain:
    found = plain
    if isinstance(plain.get("more"), str):
        found = marked.plain(plain["more"], "the rest", "key: value")
    return {key: value for key, value in found.items() if key not in KNOWN and key != "more"}


def more_of(plain: Plain) -> str:
    """What has no field of its own, as its file says it."""
    if isinstance(plain.get("more"), str):
        return str(plain["more"])
    rest = _more(plain)
    return marked.write(rest) if rest else ""


def figure(said: object) -> object:
    """A number without quotes; what is none stays, for the file's reader to name."""
    return int(str(said)) if _FIGURE.fullmatch(str(said)) else said


def mapping(found: object) -> dict[str, Any]:
    """A part of a file that may be anything, as keys and values."""
    return {str(key): value for key, value in found.items()} if isinstance(found, dict) else {}


def bounds_of(plain: Plain) -> dict[tuple[str, str], str]:
    """What `eligible` says, as (word, input) → figure; word: "least" or "most"."""
    found: dict[tuple[str, str], str] = {}
    for one in plain.get("eligible", ()) if isinstance(plain.get("eligible"), list) else ():
        said = _BOUND.fullmatch(str(one))
        if said is None:
            continue
        key, sign, value = said.groups()
        if sign in (">=", "=="):
            found["least", key] = value
        if sign in ("<=", "=="):
            found["most", key] = value
    return found


def parts_of(plain: Plain) -> list[Plain]:
    """The parts of the places; one without a key where all stand in one pot."""
    strata = plain.get("strata")
    if isinstance(strata, list) and strata:
        return [mapping(one) for one in strata]
    return [{"places": plain.get("places", "")}]


def changed(plain: Plain, verb: str) -> Plain:
    """The sheet after a button of it: `part`, `less 2`, `exclude`."""
    word, _space, place = verb.partition(" ")
    parts = parts_of(plain)
    if word == "part" and len(parts) < MOST:
        parts.append({"places": ""})
    elif word == "less" and place.isdigit() and int(place) < len(parts) and len(parts) > 1:
        del parts[int(place)]
    elif word == "exclude":
        return plain | {"exclude": mapping(plain.get("exclude")) | {"": ""}}
    rest = {key: value for key, value in plain.items() if key not in ("places", "strata")}
    if len(parts) == 1 and set(parts[0]) <= {"key", "places"}:
        return rest | {"places": parts[0].get("places", "")}
    return rest | {"strata": parts}


def problem_at(source: str, refused: Refused) -> tuple[str, str]:
    """The field of the sheet that a refusal is about (empty: none), and its words."""
    if not isinstance(refused, marked.MarkedError):
        return "", str(refused)
    path = marked.path_at(source, refused.line, refused.column)
    if path[:1] == ("strata",) and len(path) > 1:
        return f"part.{path[1]}", refused.problem
    return (path[0] if path else ""), refused.problem
