"""A code that is read off a poster or scanned: who has one of the codes has done it."""

from tifo.quests.rules.kinds.kind import Kind
from tifo.quests.types import Answer, Facts, Quest, Verdict


def _judge(quest: Quest, answer: Answer, _facts: Facts) -> Verdict:
    known = {code.upper() for code in quest.settings["codes"]}
    if set(answer.get("code", ())) & known:
        return Verdict("judged", 1, quest.topics)
    return Verdict("refused")


def _check(quest: Quest) -> str:
    if not quest.settings.get("codes"):
        return "a code quest needs `codes`, e.g. [LAKE-2026]"
    if any(not 4 <= len(code) <= 80 for code in quest.settings["codes"]):
        return "a code has 4 to 80 signs: a shorter one is guessed"
    return ""


CODE = Kind("code", "code", _judge, _check, retries=True, settings=("codes",))
