"""The kinds of quests, a module each."""

from tifo.quests.rules.kinds.activity import ACTIVITY, SPORTS, sports_of
from tifo.quests.rules.kinds.calendar import CALENDAR
from tifo.quests.rules.kinds.checkin import CHECKIN
from tifo.quests.rules.kinds.code import CODE
from tifo.quests.rules.kinds.kind import Kind, told_by
from tifo.quests.rules.kinds.memory import MEMORY
from tifo.quests.rules.kinds.photo import KEPT_DAYS, PHOTO
from tifo.quests.rules.kinds.poll import POLL
from tifo.quests.rules.kinds.prediction import PREDICTION, hits
from tifo.quests.rules.kinds.puzzle import PUZZLE
from tifo.quests.rules.kinds.quiz import QUIZ, is_right
from tifo.quests.rules.kinds.referral import MOST_GUESTS, REFERRAL
from tifo.quests.rules.kinds.tastes import TASTES
from tifo.quests.rules.kinds.team import MOST_MEMBERS, TEAM
from tifo.quests.rules.kinds.test import TEST

KINDS = {
    kind.key: kind
    for kind in (
        QUIZ, POLL, TEST, PREDICTION, CODE, CHECKIN, TASTES, ACTIVITY, CALENDAR, MEMORY, PUZZLE, PHOTO, TEAM, REFERRAL,
    )
}  # fmt: skip

__all__ = [
    "KEPT_DAYS",
    "KINDS",
    "MOST_GUESTS",
    "MOST_MEMBERS",
    "SPORTS",
    "Kind",
    "hits",
    "is_right",
    "sports_of",
    "told_by",
]
