"""The demo's quests: twelve of nine kinds, from the files beside this one, with some weeks of play."""

import random
from datetime import date, timedelta
from pathlib import Path

from tifo.fans.public import Fan
from tifo.quests.public import Quest, begin, open_quest, take_part

FILES = Path(__file__).parent
OPEN_DAYS = 30
PLAYED = (
    "valmera-quiz",
    "judo-minute",
    "mascot-name",
    "best-hour",
    "which-sport",
    "judo-final",
    "first-gold",
)


def load_quests(players: list[Fan], *, seed: int, first_day: date) -> None:
    """All of them open for a month; again and again the same."""
    opens = f"{first_day - timedelta(days=40)}T08:00Z"
    closes = f"{first_day + timedelta(days=OPEN_DAYS)}T08:00Z"
    quests: dict[str, Quest] = {}
    for file in sorted(FILES.glob("quest-*.yaml")):
        text = file.read_text(encoding="utf-8").replace("OPENS", opens).replace("CLOSES", closes)
        opened = open_quest(text)
        quests[opened.name] = opened
    for number, fan in enumerate(players):
        _play(random.Random(seed * 1000 + number), fan, quests)  # noqa: S311  an invented world, the same each time


def _play(rng: random.Random, fan: Fan, quests: dict[str, Quest]) -> None:
    """She plays some; whoever looks at the demo as Léa finds the rest still to do."""
    for name in PLAYED:
        if rng.random() < 0.6:
            continue
        quest = quests[name]
        if quest.seconds:
            begin(fan.id, name)
        answer = {one.key: (rng.choice(one.options).key,) for one in quest.questions}
        take_part(fan.id, name, answer, may_learn=rng.random() < 0.5)
