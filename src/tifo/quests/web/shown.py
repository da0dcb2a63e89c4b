"""A quest as its page shows it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.utils.translation import gettext, gettext_lazy

from tifo.fans.public import Fan
from tifo.preferences.public import topic
from tifo.quests.public import held, open_quests, uptake
from tifo.quests.rules import KINDS
from tifo.quests.rules.kinds import is_right
from tifo.quests.types import OpenQuest, Played, Quest, said
from tifo.ui.public import Bar, number, reader_language

Outcome = Literal["ask", "begin", "closed", "soon", "waits", "held", "done", "not-yet"]


@dataclass(frozen=True, slots=True)
class ShownOption:
    """An option; `chosen` by her, `right` where that may be told."""

    key: str
    text: str
    chosen: bool
    right: bool


@dataclass(frozen=True, slots=True)
class ShownQuestion:
    """A question in her language. `was_right`: None where nothing is right, or it isn't told yet."""

    key: str
    ask: str
    many: bool
    options: tuple[ShownOption, ...]
    because: str
    was_right: bool | None


def outcome(quest: Quest, play: Played | None, moment: datetime, *, changing: bool) -> Outcome:
    """What the page is about."""
    state = play.state if play else ""
    if state == "held":
        return "held"
    if state == "waits":
        return "ask" if changing and KINDS[quest.kind].changes else "waits"
    if state == "judged":
        return "done"
    if moment < quest.opens_at:
        return "soon"
    if moment >= quest.closes_at:
        return "closed"
    if quest.seconds and play is None:
        return "begin"
    return "not-yet" if state == "refused" else "ask"


def questions(quest: Quest, play: Played | None, language: str) -> list[ShownQuestion]:
    """The questions; what is right only once her answer has been judged."""
    told = play is not None and play.state == "judged"
    found = []
    for question in quest.questions:
        chosen = play.answer.get(question.key, ()) if play else ()
        options = tuple(
            ShownOption(
                option.key,
                said(option.text, language),
                option.key in chosen,
                told and option.key in question.right,
            )
            for option in question.options
        )
        found.append(
            ShownQuestion(
                question.key,
                said(question.ask, language),
                question.many,
                options,
                said(question.because, language) if told else "",
                is_right(question, chosen) if told and question.right else None,
            )
        )
    return found


def topic_names(quest: Quest, language: str) -> list[str]:
    """What may be learnt from it, in her language."""
    told = [one for question in quest.questions for option in question.options for one in option.topics]
    found = (topic(slug) for slug in dict.fromkeys([*quest.topics, *told]))
    return [one.name(language) for one in found if one is not None]


def result_name(play: Played | None, language: str) -> str:
    """What came out of a preference test, in words."""
    found = topic(play.result) if play and play.result else None
    return found.name(language) if found else ""


def doors(fan: Fan, quest: Quest, language: str) -> list[OpenQuest]:
    """The doors of a calendar that are open now."""
    wanted = quest.settings.get("doors", ())
    return [one for one in open_quests(fan, language) if one.name in wanted]


@dataclass(frozen=True, slots=True)
class ShownTaken:
    """A question with how many chose what."""

    key: str
    ask: str
    of: int
    options: tuple["ShownMany", ...]

    @property
    def bars(self) -> list[Bar]:
        """The same as bars."""
        return [Bar(one.text, one.many, self.of) for one in self.options]


@dataclass(frozen=True, slots=True)
class ShownMany:
    """An option and how many chose it."""

    key: str
    text: str
    many: int


def taken_up(quest: Quest, language: str) -> list[ShownTaken]:
    """What was chosen, question by question."""
    counts = uptake(quest.name)
    return [
        ShownTaken(
            question.key,
            said(question.ask, language),
            sum(many for (key, _option), many in counts.items() if key == question.key),
            tuple(
                ShownMany(option.key, said(option.text, language), counts.get((question.key, option.key), 0))
                for option in question.options
            ),
        )
        for question in quest.questions
    ]


DOUBTS = {
    "too-fast": gettext_lazy("faster than people are"),
    "too-slow": gettext_lazy("slower than this sport is"),
    "jumps": gettext_lazy("places that jump"),
    "time-goes-back": gettext_lazy("time goes back"),
    "too-long": gettext_lazy("longer than a day"),
    "too-few-fixes": gettext_lazy("too few places"),
    "no-places": gettext_lazy("no places"),
    "too-steady": gettext_lazy("steadier than people are"),
    "counts-disagree": gettext_lazy("the device counted otherwise"),
    "in-the-future": gettext_lazy("lies in the future"),
    "another-sport": gettext_lazy("recorded as another sport"),
}
"""Why a recording is held, in words."""


@dataclass(frozen=True, slots=True)
class ShownHeld:
    """What a person decides on."""

    play_id: int
    facts: str
    why: str
    appeal: str


def held_shown(quest: Quest) -> list[ShownHeld]:
    """What waits for a person, in words."""
    language = reader_language()
    return [
        ShownHeld(
            one.play_id,
            gettext("%(km)s km in %(minutes)s minutes")
            % {
                "km": number(round(one.metres / 1000, 1), language),
                "minutes": number(one.seconds // 60, language),
            },
            ", ".join(str(DOUBTS.get(code, code)) for code in one.doubts),
            one.appeal,
        )
        for one in held(quest.name)
    ]
