"""A poll: there is no right answer; taking part counts once."""

from tifo.quests.rules.kinds.kind import Kind, told_by
from tifo.quests.types import Answer, Facts, Quest, Verdict


def _judge(quest: Quest, answer: Answer, _facts: Facts) -> Verdict:
    return Verdict("judged", 1, told_by(quest, answer))


def unjudged(quest: Quest) -> str:
    """What is asked without a right answer: questions are needed, `right` must not be there."""
    if not quest.questions:
        return f"a {quest.kind} needs `questions`"
    for number, question in enumerate(quest.questions, 1):
        if question.right:
            return f"question {number} of a {quest.kind} has no `right`; take it out"
    return ""


POLL = Kind("poll", "questions", _judge, unjudged)
