"""Complete your tastes: she said of so many things how she likes them. Nothing more is learnt from it."""

from tifo.quests.rules.kinds.kind import Kind
from tifo.quests.types import Answer, Facts, Quest, Verdict


def _judge(quest: Quest, _answer: Answer, facts: Facts) -> Verdict:
    return Verdict("judged", 1) if facts.declared >= quest.settings.get("least", 3) else Verdict("refused")


def _check(quest: Quest) -> str:
    return "what is said is not learnt again; take `topics` out" if quest.topics else ""


TASTES = Kind("tastes", "press", _judge, _check, retries=True, settings=("least",))
