"""A team challenge: what all of a team did in other quests, together. At the goal each of them has done it."""

from tifo.quests.rules.kinds.kind import Kind
from tifo.quests.types import Answer, Facts, Quest, Verdict

MOST_MEMBERS = 10


def _judge(_quest: Quest, _answer: Answer, _facts: Facts) -> Verdict:
    return Verdict("refused")  # nothing is answered: whether the goal is reached, we see


def _check(quest: Quest) -> str:
    if not quest.settings.get("counts") or "goal" not in quest.settings:
        return "a team challenge needs `counts`, the quests whose results are added up, and a `goal`"
    if quest.name in quest.settings["counts"]:
        return "`counts` names other quests"
    if quest.topics:
        return "nothing is learnt from it; take `topics` out"
    return "a team has two members at least" if quest.settings.get("most", MOST_MEMBERS) < 2 else ""


TEAM = Kind("team", "team", _judge, _check, settings=("counts", "goal", "most"))
