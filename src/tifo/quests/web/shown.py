"""A quest as its page shows it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from tifo.preferences.public import topic
from tifo.quests.rules import KINDS
from tifo.quests.rules.kinds import is_right
from tifo.quests.types import Played, Quest, said

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
