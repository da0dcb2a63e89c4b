"""A puzzle: things to be put in their order, or a word whose letters are mixed. Her page has them mixed, by our luck."""

from tifo.quests.rules.dealing import plain_word
from tifo.quests.rules.kinds.kind import Kind
from tifo.quests.types import Answer, Facts, Quest, Verdict


def _solved(quest: Quest, answer: Answer, facts: Facts) -> bool:
    if "word" in quest.settings:
        words = {plain_word(word) for word in quest.settings["word"].values()}
        return bool({plain_word(said) for said in answer.get("word", ())} & words)
    things = [facts.deal[int(place)] for place in answer.get("order", ())]
    return things == list(range(len(quest.settings["order"])))


def _judge(quest: Quest, answer: Answer, facts: Facts) -> Verdict:
    return Verdict("judged", 1, quest.topics) if _solved(quest, answer, facts) else Verdict("refused")


def _check(quest: Quest) -> str:
    if ("word" in quest.settings) == ("order" in quest.settings):
        return "a puzzle needs `order` (things, the first first) or `word`, one of them"
    return ""


PUZZLE = Kind("puzzle", "puzzle", _judge, _check, retries=True, settings=("order", "word", "tries"))
