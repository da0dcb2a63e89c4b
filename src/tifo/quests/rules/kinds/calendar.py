"""A calendar: doors, each a quest of its own that opens on its day. Who played enough of them has done it."""

from tifo.quests.rules.kinds.kind import Kind
from tifo.quests.types import Answer, Facts, Quest, Verdict


def _judge(quest: Quest, _answer: Answer, facts: Facts) -> Verdict:
    doors = quest.settings["doors"]
    played = len(facts.played & set(doors))
    return (
        Verdict("judged", 1, quest.topics)
        if played >= quest.settings.get("least", len(doors))
        else Verdict("refused")
    )


def _check(quest: Quest) -> str:
    doors = quest.settings.get("doors", ())
    if not doors:
        return "a calendar needs `doors`: the names of its quests"
    if len(set(doors)) < len(doors) or quest.name in doors:
        return "each of `doors` is another quest"
    return "" if quest.settings.get("least", 1) <= len(doors) else "`least` is more than there are doors"


CALENDAR = Kind("calendar", "press", _judge, _check, retries=True, settings=("doors", "least"))
