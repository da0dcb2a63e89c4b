"""An offer that is being built: what will happen and to how many, how it reads in each language, what is missing."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tifo.audiences.public import AudienceError, count
from tifo.kernel.public import Refused, marked
from tifo.lake.public import Reader, looking
from tifo.rewards.public import check_offer, read_offer_file, said
from tifo.rewards.types import AT_ONCE, INPUTS
from tifo.rewards.web.sheet import Plain, bounds_of, figure, mapping, parts_of, problem_at, written
from tifo.ui.public import TextRow, Tongue, moment, reader_language, text_row
from tifo.ui.public import number as written_number

MEMBERS = "club.member"
WORDS = {"points": "points()", "status": "status_points()"}
"""How audiences ask for an input."""


@dataclass(frozen=True, slots=True)
class Look:
    """An offer as fans of a language will see it; `missing`: texts that they will read in another."""

    tongue: Tongue
    title: str
    lead: str
    terms: str
    question: str
    parts: tuple[tuple[str, str], ...]
    missing: int


@dataclass(frozen=True, slots=True)
class SheetPart:
    """The fields of a part of the places."""

    place: int
    key: str
    places: str
    name: TextRow
    genders: tuple[str, ...]
    countries: str
    problem: str


@dataclass(frozen=True, slots=True)
class SheetInput:
    """The fields of what an entry has: the bounds, and what more of it gives."""

    key: str
    least: str
    most: str
    steps: tuple[tuple[str, str], ...]
    bands: str


def texts_at(plain: Plain, key: str) -> dict[str, str]:
    """A text of the sheet by language."""
    return {code: str(text) for code, text in mapping(plain.get(key)).items()}


def all_texts(plain: Plain) -> Iterator[dict[str, str]]:
    """Each text of it."""
    yield from (texts_at(plain, key) for key in ("title", "lead", "terms", "question") if key in plain)
    yield from (texts_at(part, "name") for part in parts_of(plain) if "name" in part)


def spoken(plain: Plain) -> set[str]:
    """The languages in which something is said."""
    return {code for texts in all_texts(plain) for code in texts if marked.LANGUAGE.fullmatch(code)}


def looks_of(plain: Plain, languages: tuple[Tongue, ...]) -> list[Look]:
    """The offer in each language."""
    there = [one for one in all_texts(plain) if any(one.values())]
    found = []
    for tongue in languages:
        title, lead, terms, question = (
            said(texts_at(plain, key), tongue.code) for key in ("title", "lead", "terms", "question")
        )
        parts = tuple(
            (said(texts_at(one, "name"), tongue.code) or str(one.get("key", "")), str(one.get("places", "")))
            for one in parts_of(plain)
        )
        missing = sum(tongue.code not in one for one in there)
        found.append(Look(tongue, title, lead, terms, question, parts, missing))
    return found


def sheet_parts(plain: Plain, languages: tuple[Tongue, ...], problems: dict[str, str]) -> list[SheetPart]:
    """The fields of the parts."""
    return [
        SheetPart(
            place,
            str(part.get("key", "")),
            str(part.get("places", "")),
            text_row(f"part.{place}.name", texts_at(part, "name"), languages),
            tuple(str(one) for one in part.get("genders", ())),
            ", ".join(str(one) for one in part.get("countries", ())),
            problems.get(f"part.{place}", ""),
        )
        for place, part in enumerate(parts_of(plain))
    ]


def sheet_inputs(plain: Plain) -> list[SheetInput]:
    """The fields of what entries have; one empty step more to write into."""
    bounds, weights, inputs = bounds_of(plain), mapping(plain.get("weights")), mapping(plain.get("inputs"))
    found = []
    for key in INPUTS:
        steps = [(str(at), str(more)) for at, more in mapping(weights.get(key)).items()]
        bands = inputs.get(key, ())
        shown = ", ".join(str(one) for one in bands) if isinstance(bands, list) else ""
        found.append(
            SheetInput(
                key,
                bounds.get(("least", key), ""),
                bounds.get(("most", key), ""),
                (*steps, ("", "")),
                shown,
            )
        )
    return found


def problems_of(plain: Plain) -> dict[str, str]:
    """What keeps it from being kept, by field; the empty field: what is about all of it."""
    found = _lacking(plain)
    if found:
        return found
    try:
        source = written(plain)
    except Refused as refused:
        return {"more": str(refused)}
    try:
        check_offer(read_offer_file(source))
    except AudienceError as refused:
        return {"audience": str(refused)}
    except Refused as refused:
        field, words = problem_at(source, refused)
        return {field: words}
    return {}


def _lacking(plain: Plain) -> dict[str, str]:
    found: dict[str, str] = {}
    if not marked.NAME.fullmatch(str(plain.get("offer", ""))):
        found["offer"] = _("Give it a name of small letters, digits and hyphens, such as ten-bibs.")
    if not any(texts_at(plain, "title").values()):
        found["title"] = _("Give it a title.")
    missing = [code for code in texts_at(plain, "title") if code not in texts_at(plain, "terms")]
    if missing or not texts_at(plain, "terms"):
        found["terms"] = _("Write the rules in each language of the title.")
    found |= {key: _("Say the day and the hour.") for key in ("opens", "closes") if not at_of(plain, key)}
    opens, closes = at_of(plain, "opens"), at_of(plain, "closes")
    if opens and closes and closes <= opens:
        found["closes"] = _("It closes before it opens.")
    for place, part in enumerate(parts_of(plain)):
        if not str(part.get("places", "")).isdigit():
            found[f"part.{place}"] = _("Say how many places there are.")
        elif "strata" in plain and not part.get("key"):
            found[f"part.{place}"] = _("Give the part a short name.")
    randomness = mapping(plain.get("randomness"))
    if randomness.get("source") == "reveal" and not randomness.get("parties"):
        found["randomness"] = _("Name who keeps a secret, each with its SHA-256.")
    return found


def at_of(plain: Plain, key: str) -> datetime | None:
    """A moment of the sheet; None where there is none yet."""
    try:
        found = datetime.fromisoformat(str(plain.get(key, "")))
    except ValueError:
        return None
    return found if found.tzinfo and 1900 < found.year < 9000 else None  # else no zone can show it


def consequences(plain: Plain, zone: str) -> list[str]:
    """What will happen once it is published, and to how many, in sentences."""
    language = reader_language()
    found: list[str] = []
    places = sum(
        int(n) for part in parts_of(plain) if (n := str(part.get("places", ""))).isdigit() and len(n) < 9
    )
    try:
        with looking() as reader:
            found += _who(plain, places, reader)
    except AudienceError as refused:
        found.append(str(refused))
    except Refused as refused:
        found.append(str(refused))
    closes, cutoff = at_of(plain, "closes"), at_of(plain, "cutoff")
    if cutoff:
        found.append(_("What counts is what she had on %(at)s.") % {"at": moment(cutoff, zone, language)})
    method = plain.get("method", "draw")
    randomness = mapping(plain.get("randomness"))
    if closes and method == "draw":
        margin = figure(randomness.get("margin", 1800))
        found.append(
            _("You can freeze the entries from %(at)s on; the draw follows at least %(n)s minutes later.")
            % {
                "at": moment(max(closes, cutoff or closes), zone, language),
                "n": _number(margin // 60 if isinstance(margin, int) else 30),
            }
        )
        found.append(
            _("The secrets of the named parties decide.")
            if randomness.get("source") == "reveal"
            else _("A round of the public beacon decides, which nobody knows before.")
        )
    days = figure(plain.get("claim_days", "14"))
    if isinstance(days, int) and days and method not in AT_ONCE:
        found.append(
            ngettext(
                "Who has a place claims it within %(n)s day; else the next rank has it.",
                "Who has a place claims it within %(n)s days; else the next rank has it.",
                days,
            )
            % {"n": _number(days)}
        )
    if figure(plain.get("age", "")):
        found.append(_("Who claims it must be %(n)s years old by then.") % {"n": plain["age"]})
    return found


def _who(plain: Plain, places: int, reader: Reader) -> list[str]:
    """How many could enter now, how many of them would be out, and how one place stands to them."""
    asked = [MEMBERS]
    if audience := str(plain.get("audience", "")):
        asked.append(f"({audience})")
    for (word, key), value in bounds_of(plain).items():
        asked.append(f"{WORDS[key]} {'>=' if word == 'least' else '<='} {value}")
    everybody = " and ".join(asked)
    many = count(everybody, reader=reader).count
    found = [
        ngettext(
            "%(n)s member of the club could take part as things are now.",
            "%(n)s members of the club could take part as things are now.",
            many,
        )
        % {"n": _number(many)}
    ]
    for reason, who in mapping(plain.get("exclude")).items():
        if who:
            out = count(f"{everybody} and ({who})", reader=reader).count
            found.append(_("%(n)s of them would be out: %(reason)s.") % {"n": _number(out), "reason": reason})
    if places:
        found.append(
            _("There are %(n)s places: if all take part, one in %(of)s has one.")
            % {"n": _number(places), "of": _number(max(1, round(many / places)))}
        )
    return found


def _number(value: Any) -> str:
    return written_number(value, reader_language())
