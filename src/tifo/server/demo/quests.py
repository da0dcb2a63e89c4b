"""The demo's quests: seventeen of fourteen kinds, from the files beside this one, with some weeks of play."""

import io
import random
from datetime import date, timedelta
from pathlib import Path

from PIL import Image, ImageDraw

from tifo.fans.public import Fan
from tifo.quests.public import (
    Picture,
    Quest,
    begin,
    board_of_teams,
    found_team,
    join_team,
    let_name_in,
    names_to_look_at,
    open_quest,
    play_of,
    redraw,
    take_part,
    team_of,
)

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
TEAMS = ("Les Lacs", "Blue Wave", "Los Puentes", "Night Train")
SCARVES = (("#14532d", "#facc15"), ("#1d4ed8", "#ffffff"), ("#b91c1c", "#111827"))
PHOTOS = len(SCARVES)


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
    _team_up(players, quests["together"])
    for number, fan in enumerate(players[:PHOTOS]):
        if play_of(fan.id, "my-colours") is None:
            take_part(fan.id, "my-colours", {"show": ("yes",)}, picture=_scarf(number))


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


def _team_up(players: list[Fan], challenge: Quest) -> None:
    """Teams of four, of which staff has looked at all names but the last."""
    for place, called in enumerate(TEAMS):
        group = players[4 * place : 4 * place + 4]
        if not group:
            break
        first, *others = group
        if team_of(first.id, challenge) is None:
            found_team(first.id, challenge.name, called)
        hers = team_of(first.id, challenge)
        for fan in others if hers and not hers.reached else ():
            join_team(fan.id, challenge.name, hers.code if hers else "")
    shown = {team.name for team in board_of_teams(challenge.name)}
    for team in names_to_look_at(challenge.name):
        if team.name in TEAMS[:-1] and team.name not in shown:
            let_name_in(challenge.name, team.team_id, ok=True, actor_id=None)


def _scarf(number: int) -> Picture:
    """A drawing that stands for a photo: a scarf in two colours."""
    drawn = Image.new("RGB", (800, 600), "#e9e4d8")
    pen = ImageDraw.Draw(drawn)
    for stripe in range(8):
        pen.rectangle(
            (40 + 90 * stripe, 180 + 12 * number, 130 + 90 * stripe, 400 + 12 * number),
            SCARVES[number][stripe % 2],
        )
    written = io.BytesIO()
    drawn.save(written, "PNG")
    return redraw(written.getvalue())
