"""A prediction: it waits for the result, and each question that she had right counts. Staff settles it, and may correct it.

A question may have several right answers once it is settled (a dead heat); any of them is right.
"""

from collections.abc import Mapping

from tifo.quests.rules.kinds.kind import Kind, told_by
from tifo.quests.rules.kinds.poll import unjudged
from tifo.quests.types import Answer, Facts, Quest, Verdict


def hits(answer: Answer, right: Mapping[str, tuple[str, ...]]) -> int:
    """How many questions she had right. The settling does the same for all at once, in SQL."""
    return sum(bool(set(chosen) & set(right.get(question, ()))) for question, chosen in answer.items())


def _judge(quest: Quest, answer: Answer, _facts: Facts) -> Verdict:
    return Verdict("waits", 0, told_by(quest, answer))


def _check(quest: Quest) -> str:
    for number, question in enumerate(quest.questions, 1):
        if question.many:
            return f"question {number} of a prediction takes one answer; take `many` out"
    return unjudged(quest)


PREDICTION = Kind("prediction", "questions", _judge, _check, changes=True, unit="right answer")
