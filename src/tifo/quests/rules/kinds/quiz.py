"""A quiz: each right answer counts. Of several right ones all have to be chosen, and no other."""

from tifo.quests.rules.kinds.kind import Kind, told_by
from tifo.quests.types import Answer, Facts, Quest, Question, Verdict


def is_right(question: Question, chosen: tuple[str, ...]) -> bool:
    """Whether all that is right was chosen, and nothing else."""
    return set(chosen) == set(question.right)


def _judge(quest: Quest, answer: Answer, facts: Facts) -> Verdict:
    right = sum(is_right(question, answer.get(question.key, ())) for question in quest.questions)
    return Verdict("judged", 0 if facts.late else right, told_by(quest, answer))


def _check(quest: Quest) -> str:
    if not quest.questions:
        return "a quiz needs `questions`"
    for number, question in enumerate(quest.questions, 1):
        if not question.right:
            return f"question {number} of a quiz needs `right`"
    return ""


QUIZ = Kind("quiz", "questions", _judge, _check, unit="right answer")
