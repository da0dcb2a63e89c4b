"""What a fan can play, and where she stands with it."""

from collections import defaultdict

from tifo.audiences.public import explain_fan
from tifo.fans.public import Fan
from tifo.kernel.public import clock
from tifo.points.public import worth_of
from tifo.preferences.public import preferences_of
from tifo.quests import models
from tifo.quests.queries.games import deal, moves_of
from tifo.quests.rules import read_quest_file
from tifo.quests.types import Facts, OpenQuest, Played, Quest, said
from tifo.spectators.public import tickets_of


def quest_named(name: str) -> Quest | None:
    """A quest as its newest file says it."""
    row = models.Quest.objects.filter(name=name).first()
    return read_quest_file(row.source) if row else None


def quest_for(fan: Fan, name: str) -> Quest | None:
    """A quest that she may look at; None also where it isn't hers to see, so that both look the same."""
    quest = quest_named(name)
    return quest if quest is not None and may_see(fan, quest) else None


def may_see(fan: Fan, quest: Quest) -> bool:
    """Whether it is for her."""
    return not quest.audience or explain_fan(quest.audience, fan.id).inside


def open_quests(fan: Fan, language: str) -> tuple[OpenQuest, ...]:
    """What she can play now, what closes first first."""
    moment = clock.now()
    rows = models.Quest.objects.filter(opens_at__lte=moment, closes_at__gt=moment).order_by(
        "closes_at", "name"
    )
    states = dict(models.Play.objects.filter(fan_id=fan.id).values_list("quest_id", "state"))
    found = []
    for row in rows:
        quest = read_quest_file(row.source)
        if may_see(fan, quest):
            found.append(
                OpenQuest(
                    name=quest.name,
                    kind=quest.kind,
                    title=said(quest.title, language),
                    lead=said(quest.lead, language),
                    href=f"/quests/{quest.name}/",
                    closes_at=row.closes_at,
                    points=quest.points or None,
                    played=states.get(row.id) in ("waits", "held", "judged"),
                )
            )
    return tuple(found)


def play_of(fan_id: int, name: str) -> Played | None:
    """Where she stands with a quest; None where she has not begun."""
    row = models.Play.objects.select_related("quest").filter(quest__name=name, fan_id=fan_id).first()
    return played(row, read_quest_file(row.quest.source)) if row else None


def played(play: models.Play, quest: Quest, *, again: bool = False) -> Played:
    """A play as others see it."""
    answer: dict[str, list[str]] = defaultdict(list)
    for question, option in models.Pick.objects.filter(play_id=play.id).values_list("question", "option"):
        answer[question].append(option)
    points = worth_of(play.fan_id, quest.rule, play.deed) if play.deed else 0
    return Played(
        state=play.state,  # type: ignore[arg-type]  # a constraint keeps it one of them
        quantity=play.quantity,
        points=points,
        answer={question: tuple(options) for question, options in answer.items()},
        result=play.result,
        again=again,
        started_at=play.started_at,
        learnt=play.learn,
    )


def facts(fan_id: int, quest: Quest, *, late: bool = False) -> Facts:
    """What the server knows of her that this kind is judged by."""
    declared, been = 0, frozenset[str]()
    if quest.kind == "tastes":
        declared = sum(one.declared for one in preferences_of(fan_id))
    if quest.kind == "checkin":
        been = frozenset(
            one.ticket.code for one in tickets_of(fan_id) if one.held and one.ticket.status == "used"
        )
    played_here = frozenset[str]()
    if quest.kind == "calendar":
        counted = models.Play.objects.filter(fan_id=fan_id, state__in=("waits", "held", "judged"))
        played_here = frozenset(counted.values_list("quest__name", flat=True))
    return Facts(
        late=late,
        deal=deal(fan_id, quest) if "order" in quest.settings else (),
        moves=moves_of(fan_id, quest.name) if quest.kind == "memory" else None,
        declared=declared,
        been_to=been,
        played=played_here,
    )
