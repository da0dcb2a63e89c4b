"""An activity, by a recorded file: far or long enough in one go, or so many metres or minutes. What is doubtful is held for a person.

Of the recording only facts are kept; where she was never is.
"""

from tifo.quests.rules.kinds.kind import Kind
from tifo.quests.types import Answer, Facts, Quest, Verdict

SPORTS = ("walk", "run", "ride", "swim", "other")


def sports_of(quest: Quest) -> tuple[str, ...]:
    """What counts: the sports that it names, else any."""
    return tuple(quest.settings.get("sports", SPORTS))


def _judge(quest: Quest, answer: Answer, facts: Facts) -> Verdict:
    done = facts.activity
    if done is None or not set(answer.get("sport", ())) & set(sports_of(quest)):
        return Verdict("refused")
    in_time = quest.opens_at <= done.started_at < quest.closes_at
    goal, minutes = quest.settings.get("goal", 0), quest.settings.get("minutes", 0)
    counted = done.seconds // 60 if quest.settings.get("measure") == "minutes" else done.metres
    if not in_time or done.metres < goal or done.seconds < 60 * minutes or not counted:
        return Verdict("refused")
    return Verdict("held" if done.doubts else "judged", 1 if goal or minutes else counted, quest.topics)


def _check(quest: Quest) -> str:
    strange = [sport for sport in sports_of(quest) if sport not in SPORTS]
    return f"there is no sport {strange[0]!r}; known here: {', '.join(SPORTS)}" if strange else ""


ACTIVITY = Kind(
    "activity",
    "track",
    _judge,
    _check,
    retries=True,
    settings=("goal", "minutes", "measure", "sports"),
    unit="metre or time",
)
