"""A preference test, “which sport are you?”: what was chosen most often is the result, and what it tells of her."""

from collections import Counter

from tifo.quests.rules.kinds.kind import Kind
from tifo.quests.rules.kinds.poll import unjudged
from tifo.quests.types import Answer, Facts, Quest, Verdict


def result_of(quest: Quest, answer: Answer) -> str:
    """The topic that her choices name most often; of several the one that was named first."""
    named = Counter(
        topic
        for question in quest.questions
        for option in question.options
        if option.key in answer.get(question.key, ())
        for topic in option.topics
    )
    return max(named, key=lambda topic: named[topic], default="")


def _judge(quest: Quest, answer: Answer, _facts: Facts) -> Verdict:
    result = result_of(quest, answer)
    return Verdict("judged", 1, (result,) if result else (), result)


def _check(quest: Quest) -> str:
    for number, question in enumerate(quest.questions, 1):
        if not any(option.topics for option in question.options):
            return f"question {number} of a test needs an answer with `topics`"
    return unjudged(quest)


TEST = Kind("test", "questions", _judge, _check)
