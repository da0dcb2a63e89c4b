"""What a kind of quest is: how it is checked, what its page shows, how it is judged."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from tifo.quests.types import Answer, Facts, Quest, Verdict

Form = Literal["questions", "code", "press", "track", "photo", "memory", "puzzle", "team", "link"]


def no_problem(_quest: Quest) -> str:
    """Nothing is wrong with it."""
    return ""


@dataclass(frozen=True, slots=True)
class Kind:
    """`judge` is pure and runs on the server. `check` says what is wrong with a definition, empty for nothing.

    `changes`: until it closes she may answer anew, and the last answer counts; else the first does.
    `retries`: who was not right may try again. `settings`: what its file has besides.
    `unit`: what a quantity counts.
    """

    key: str
    form: Form
    judge: Callable[[Quest, Answer, Facts], Verdict]
    check: Callable[[Quest], str] = no_problem
    changes: bool = False
    retries: bool = False
    settings: tuple[str, ...] = ()
    unit: str = "time"


def told_by(quest: Quest, answer: Answer) -> tuple[str, ...]:
    """What an answer tells of her: the topics of the quest, and of what she chose."""
    chosen = [
        topic
        for question in quest.questions
        for option in question.options
        if option.key in answer.get(question.key, ())
        for topic in option.topics
    ]
    return tuple(dict.fromkeys([*quest.topics, *chosen]))
