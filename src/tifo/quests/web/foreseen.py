"""A quest that is being built: how fans of each language will see it, what will happen, and what is missing."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tifo.audiences.public import AudienceError, count, parse
from tifo.kernel.public import Refused, marked
from tifo.quests.public import check_quest
from tifo.quests.rules import KINDS
from tifo.quests.types import said
from tifo.quests.web.sheet import ROWS, TEXTS, Plain, problem_at, written
from tifo.ui.public import TextRow, Tongue, moment, reader_language, text_row
from tifo.ui.public import number as written_number

MEMBERS = "club.member"


@dataclass(frozen=True, slots=True)
class LookOption:
    """An option as it will be read."""

    text: str
    right: bool


@dataclass(frozen=True, slots=True)
class LookQuestion:
    """A question as it will be read; `because` only once she has answered."""

    ask: str
    many: bool
    options: tuple[LookOption, ...]
    because: str


@dataclass(frozen=True, slots=True)
class Look:
    """A quest as fans of a language will see it; `missing`: texts that they will read in another."""

    tongue: Tongue
    title: str
    lead: str
    legal: str
    questions: tuple[LookQuestion, ...]
    missing: int
    things: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SheetOption:
    """An option's fields."""

    place: int
    key: str
    row: TextRow
    right: bool
    topics: str


@dataclass(frozen=True, slots=True)
class SheetQuestion:
    """A question's fields."""

    place: int
    number: int
    ask: TextRow
    because: TextRow
    many: bool
    options: tuple[SheetOption, ...]
    problem: str


def _texts(found: object) -> dict[str, str]:
    return {str(code): str(text) for code, text in found.items()} if isinstance(found, dict) else {}


def _questions(plain: Plain) -> list[Plain]:
    found = plain.get("questions", ())
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _options(question: Plain) -> Iterator[tuple[str, dict[str, str], list[str]]]:
    """(key, texts, topics) of each option."""
    found = question.get("options")
    for key, value in found.items() if isinstance(found, dict) else ():
        if isinstance(value, dict) and isinstance(value.get("text"), dict):
            topics = value.get("topics", ())
            yield key, _texts(value["text"]), [str(one) for one in topics] if isinstance(topics, list) else []
        else:
            yield key, _texts(value), []


def _right(question: Plain) -> list[str]:
    found = question.get("right", [])
    return [str(one) for one in found] if isinstance(found, list) else [str(found)]


def all_texts(plain: Plain) -> Iterator[dict[str, str]]:
    """Each text of it, by language."""
    yield from (_texts(plain[key]) for key in TEXTS if key in plain)
    yield from (_texts(one) for one in _things(plain, "order"))
    yield from (_texts(one) for pair in _things(plain, "pairs") if isinstance(pair, list) for one in pair)
    for question in _questions(plain):
        yield _texts(question.get("ask"))
        if "because" in question:
            yield _texts(question["because"])
        yield from (texts for _key, texts, _topics in _options(question))


def spoken(plain: Plain) -> set[str]:
    """The languages in which something is said."""
    return {code for texts in all_texts(plain) for code in texts if marked.LANGUAGE.fullmatch(code)}


def looks_of(plain: Plain, languages: tuple[Tongue, ...]) -> list[Look]:
    """The quest in each language."""
    texts = [one for one in all_texts(plain) if any(one.values())]
    return [_look(plain, tongue, sum(tongue.code not in one for one in texts)) for tongue in languages]


def _look(plain: Plain, tongue: Tongue, missing: int) -> Look:
    def read(found: object) -> str:
        return said(_texts(found), tongue.code)

    questions = tuple(
        LookQuestion(
            read(question.get("ask")),
            question.get("many") in ("true", True) or len(_right(question)) > 1,
            tuple(
                LookOption(said(texts, tongue.code), key in _right(question))
                for key, texts, _topics in _options(question)
                if any(texts.values())
            ),
            read(question.get("because")),
        )
        for question in _questions(plain)
    )
    title, lead, legal = (read(plain.get(key)) for key in ("title", "lead", "legal"))
    things = [read(one) for one in _things(plain, "order")]
    things += [" · ".join(map(read, pair)) for pair in _things(plain, "pairs") if isinstance(pair, list)]
    if word := read(plain.get("word")):
        things.append(word)
    return Look(
        tongue, title, lead, legal, questions, missing, tuple(one for one in things if one.strip(" ·"))
    )


def _things(plain: Plain, key: str) -> list[Any]:
    found = plain.get(key)
    return found if isinstance(found, list) else []


def sheet_rows(plain: Plain, languages: tuple[Tongue, ...]) -> dict[str, list[list[TextRow]]]:
    """The fields of lists of texts, with some rows to write into."""
    found = {}
    for key, least in ROWS.items():
        rows = _things(plain, key)
        rows = rows + [None] * (least - len(rows))
        found[key] = [
            [
                text_row(f"{key}.{n}.{side}", _texts(one), languages)
                for side, one in enumerate(row if isinstance(row, list) and len(row) == 2 else ({}, {}))
            ]
            if key == "pairs"
            else [text_row(f"{key}.{n}", _texts(row), languages)]
            for n, row in enumerate(rows)
        ]
    return found


def sheet_questions(
    plain: Plain, languages: tuple[Tongue, ...], problems: dict[str, str]
) -> list[SheetQuestion]:
    """The fields of the questions."""
    found = []
    for place, question in enumerate(_questions(plain)):
        start = f"q.{place}"
        options = tuple(
            SheetOption(
                number_,
                key.strip(),
                text_row(f"{start}.o.{number_}", texts, languages),
                key in _right(question),
                ", ".join(topics),
            )
            for number_, (key, texts, topics) in enumerate(_options(question))
        )
        ask, because = (
            text_row(
                f"{start}.{key}", _texts(question.get(key)), languages, problems.get(f"{start}.{key}", "")
            )
            for key in ("ask", "because")
        )
        many = question.get("many") in ("true", True) or len(_right(question)) > 1
        found.append(SheetQuestion(place, place + 1, ask, because, many, options, problems.get(start, "")))
    return found


def problems_of(plain: Plain) -> dict[str, str]:
    """What keeps it from being opened, by field; the empty field: what is about all of it."""
    found = _lacking(plain)
    if found:
        return found
    try:
        source = written(plain)
    except Refused as refused:
        return {"more": str(refused)}
    try:
        check_quest(source)
    except AudienceError as refused:
        return {"audience": str(refused)}
    except Refused as refused:
        field, words = problem_at(source, refused)
        return {field: words}
    return {}


def _lacking(plain: Plain) -> dict[str, str]:
    """What is most often forgotten, in the reader's language."""
    found: dict[str, str] = {}
    if not marked.NAME.fullmatch(str(plain.get("quest", ""))):
        found["quest"] = _("Give it a name of small letters, digits and hyphens, such as judo-quiz.")
    if not any(_texts(plain.get("title")).values()):
        found["title"] = _("Give it a title.")
    found |= {key: _("Say the day and the hour.") for key in ("opens", "closes") if not _at(plain, key)}
    opens, closes = _at(plain, "opens"), _at(plain, "closes")
    if opens and closes and closes <= opens:
        found["closes"] = _("It closes before it opens.")
    kind = plain.get("kind", "")
    for place, question in enumerate(_questions(plain)):
        start = f"q.{place}"
        if not any(_texts(question.get("ask")).values()):
            found[f"{start}.ask"] = _("Ask something.")
        written_options = [key for key, texts, _topics in _options(question) if any(texts.values())]
        if len(written_options) < 2:
            found[start] = _("Write at least two answers.")
        elif kind == "quiz" and not _right(question):
            found[start] = _("Tick what is right.")
    if kind in KINDS and KINDS[kind].form == "questions" and not _questions(plain):
        found["questions"] = _("Ask at least one question.")
    return found


def _at(plain: Plain, key: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(plain.get(key, "")))
    except ValueError:
        return None
    return found if found.tzinfo and 1900 < found.year < 9000 else None  # else no zone can show it


def _in_one_go(plain: Plain) -> bool:
    return bool(plain.get("goal") or plain.get("minutes"))


def consequences(plain: Plain, zone: str) -> list[str]:
    """What will happen once it is open, in sentences."""
    found = [*_who(str(plain.get("audience", "")))]
    opens, closes = _at(plain, "opens"), _at(plain, "closes")
    if opens and closes and opens < closes:
        days = max(1, (closes - opens).days)
        found.append(
            ngettext(
                "It is open for %(n)s day, from %(first)s to %(last)s.",
                "It is open for %(n)s days, from %(first)s to %(last)s.",
                days,
            )
            % {
                "n": number(days),
                "first": moment(opens, zone, reader_language()),
                "last": moment(closes, zone, reader_language()),
            }
        )
    points = _figure(plain, "points")
    kind = plain.get("kind", "")
    if points:
        times = len(_questions(plain)) if kind in ("quiz", "prediction") else 1
        most = min(points * times, _figure(plain, "at-most") or points * times)
        found.append(_("A fan earns at most %(n)s points by it.") % {"n": number(most)})
        if kind == "activity" and plain.get("measure") == "minutes" and not _in_one_go(plain):
            found[-1] = _("A fan earns %(n)s points for each %(per)s minutes.") % {
                "n": number(points),
                "per": number(_figure(plain, "per") or 1),
            }
        elif kind == "activity" and not _in_one_go(plain):
            found[-1] = _("A fan earns %(n)s points for each %(per)s metres.") % {
                "n": number(points),
                "per": number(_figure(plain, "per") or 1),
            }
    else:
        found.append(_("It earns no points."))
    if plain.get("topics"):
        listed = ", ".join(str(one) for one in plain["topics"])
        found.append(_("Who ticks the box lets us learn of her: %(topics)s.") % {"topics": listed})
    return found


def number(value: int) -> str:
    """In the reader's language."""
    return written_number(value, reader_language())


def _who(audience: str) -> list[str]:
    question = f"({audience}) and {MEMBERS}" if audience else MEMBERS
    try:
        if audience:
            parse(audience)  # its own mistakes are named at its field
        many = count(question).count
    except AudienceError:
        return []
    except Refused as refused:
        return [str(refused)]
    return [
        ngettext(
            "%(n)s member of the club finds it as things are now.",
            "%(n)s members of the club find it as things are now.",
            many,
        )
        % {"n": number(many)}
    ]


def _figure(plain: Plain, key: str) -> int:
    said_: Any = plain.get(key, "")
    return int(said_) if str(said_).isdigit() and len(str(said_)) < 10 else 0
