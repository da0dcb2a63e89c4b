"""A check-in: her ticket was used at one of the sessions. Nothing that her phone says is believed."""

from tifo.quests.rules.kinds.kind import Kind
from tifo.quests.types import Answer, Facts, Quest, Verdict


def _judge(quest: Quest, _answer: Answer, facts: Facts) -> Verdict:
    wanted = set(quest.settings.get("sessions", ()))
    been = len(facts.been_to & wanted) if wanted else len(facts.been_to)
    return (
        Verdict("judged", 1, quest.topics) if been >= quest.settings.get("least", 1) else Verdict("refused")
    )


CHECKIN = Kind("checkin", "press", _judge, retries=True, settings=("sessions", "least"))
