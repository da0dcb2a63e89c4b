"""A photo: looked at by a person before it counts, and before anybody else sees it."""

from tifo.quests.rules.kinds.kind import Kind
from tifo.quests.types import Answer, Facts, Quest, Verdict

KEPT_DAYS = 30  # after the quest has closed


def _judge(quest: Quest, _answer: Answer, facts: Facts) -> Verdict:
    return Verdict("held", 1, quest.topics) if facts.photo else Verdict("refused")


PHOTO = Kind("photo", "photo", _judge, retries=True, settings=("kept-days", "tries"))
