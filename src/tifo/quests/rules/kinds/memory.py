"""A memory: pairs of cards. Each card that she turns is a request; only what lies open is in her page."""

from tifo.quests.rules.kinds.kind import Kind
from tifo.quests.types import Answer, Facts, Quest, Verdict


def _judge(quest: Quest, _answer: Answer, facts: Facts) -> Verdict:
    if facts.moves is None or facts.moves > quest.settings.get("moves", facts.moves):
        return Verdict("refused")
    return Verdict("judged", 1, quest.topics)


def _check(quest: Quest) -> str:
    pairs = quest.settings.get("pairs", ())
    if not pairs:
        return "a memory needs `pairs`, e.g. - [{en: Judo}, {en: Ippon}]"
    if quest.settings.get("moves", len(pairs)) < len(pairs):
        return "`moves` is less than there are pairs: nobody can do that"
    return ""


MEMORY = Kind("memory", "memory", _judge, _check, retries=True, settings=("pairs", "moves", "tries"))
