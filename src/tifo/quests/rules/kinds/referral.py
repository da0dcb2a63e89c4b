"""A referral: a link of her own. Who joins by it and confirms is her guest; she tells us nobody's address."""

from tifo.quests.rules.kinds.kind import Kind
from tifo.quests.types import Answer, Facts, Quest, Verdict

MOST_GUESTS = 5


def _judge(_quest: Quest, _answer: Answer, _facts: Facts) -> Verdict:
    return Verdict("refused")  # nothing is answered: guests are counted when they confirm


def _check(quest: Quest) -> str:
    return "nothing is learnt from it; take `topics` out" if quest.topics else ""


REFERRAL = Kind("referral", "link", _judge, _check, settings=("most",), unit="guest")
