"""An answer as a browser sends it: everything in it is looked at before anything is done with it."""

from collections.abc import Callable, Sequence

from tifo.kernel.public import Refused
from tifo.kernel.public import sentence as _
from tifo.quests.rules.kinds import KINDS, sports_of
from tifo.quests.types import Answer, Quest, Question

LONGEST_WORD = 80  # characters of what is typed


def read_form(quest: Quest, said: Callable[[str], Sequence[str]]) -> Answer:
    """What she answered, by the quest's kind. `said`: what the form holds under a name."""
    form = KINDS[quest.kind].form
    if form == "track":
        return {"sport": (_sport(quest, said("sport")),)}
    if form == "code":
        return _word(said("code"))
    if form in ("team", "link"):
        raise Refused(_("There is nothing to answer here."))
    if form == "photo":
        return {"show": ("yes",)} if said("show") == ["yes"] else {}
    if form == "puzzle":
        return _mended(quest, said)
    return _choices(quest, said) if form == "questions" else {}


def _choices(quest: Quest, said: Callable[[str], Sequence[str]]) -> Answer:
    """What she chose of each question; Refused where one is missing, unknown, or twice."""
    return {question.key: _chosen(question, said(f"q{question.key}")) for question in quest.questions}


def _mended(quest: Quest, said: Callable[[str], Sequence[str]]) -> Answer:
    """The word that she read from the letters; or, in order, at which places of her page the things lay."""
    if "word" in quest.settings:
        word = "".join(said("word")[:1]).strip()
        if not 0 < len(word) <= LONGEST_WORD or not word.isprintable():
            raise Refused(_("Write the word."))
        return {"word": (word,)}
    many = len(quest.settings["order"])
    ranks = ["".join(said(f"p{place}")[:1]) for place in range(many)]
    if sorted(ranks) != sorted(str(rank) for rank in range(1, many + 1)):
        raise Refused(_("Give each place once, from 1 to %(many)s.", many=many))
    return {"order": tuple(str(ranks.index(str(rank))) for rank in range(1, many + 1))}


def _sport(quest: Quest, said: Sequence[str]) -> str:
    if len(said) != 1 or said[0] not in sports_of(quest):
        raise Refused(_("Say which sport it was, one of those that count here."))
    return said[0]


def _word(said: Sequence[str]) -> Answer:
    """What she typed, in one spelling: capitals, no spaces around."""
    word = said[0].strip().upper() if len(said) == 1 else ""
    if not 0 < len(word) <= LONGEST_WORD or not word.isprintable():
        raise Refused(_("Write the code as you see it, at most %(most)s signs.", most=LONGEST_WORD))
    return {"code": (word,)}


def _chosen(question: Question, keys: Sequence[str]) -> tuple[str, ...]:
    known = [option.key for option in question.options]
    if not keys:
        raise Refused(_("Each question takes an answer; one is missing."))
    if len(set(keys)) != len(keys) or not set(keys) <= set(known):
        raise Refused(_("One of the answers is none of those that were offered. Load the page again."))
    if len(keys) > 1 and not question.many:
        raise Refused(_("This question takes one answer."))
    return tuple(key for key in known if key in keys)
