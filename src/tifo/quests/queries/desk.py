"""What the studio and the command line show of quests."""

from collections.abc import Mapping

from django.db.models import Count, Exists, OuterRef, Q

from tifo.kernel.public import clock
from tifo.quests.models import Activity, Appeal, Pick, Quest, Settlement
from tifo.quests.rules import read_quest_file
from tifo.quests.types import Held, Listed, State


def listed() -> list[Listed]:
    """All quests, the newest first."""
    moment = clock.now()
    rows = Quest.objects.annotate(
        plays=Count("play", filter=Q(play__answered_at__isnull=False)),
        held=Count("play", filter=Q(play__state="held")),
        waits=Count("play", filter=Q(play__state="waits")),
        is_settled=Exists(Settlement.objects.filter(quest=OuterRef("pk"))),
    )
    found = []
    for row in rows.order_by("-opens_at", "name"):
        state: State = "open" if moment < row.closes_at else "settled" if row.is_settled else "closed"
        title = read_quest_file(row.source).title
        found.append(
            Listed(
                row.name,
                row.kind,
                state,
                title,
                row.opens_at,
                row.closes_at,
                row.plays,
                row.held,
                row.waits,
            )
        )
    return found


def uptake(name: str) -> Mapping[tuple[str, str], int]:
    """How many chose each option of each question."""
    rows = Pick.objects.filter(play__quest__name=name).values_list("question", "option")
    return {(question, option): many for question, option, many in rows.annotate(many=Count("id")).order_by()}


def source_of(name: str) -> str:
    """The file of a quest; empty where there is none."""
    return Quest.objects.filter(name=name).values_list("source", flat=True).first() or ""


def held(name: str) -> list[Held]:
    """What waits for a person, the oldest first; at most a hundred at once."""
    rows = Activity.objects.filter(play__quest__name=name, play__state="held").order_by("play_id")
    found = list(rows[:100])
    asked = Appeal.objects.filter(play__in=[row.play_id for row in found], answered_at=None)
    words = dict(asked.values_list("play_id", "words"))
    return [
        Held(
            row.play_id,
            row.started_at,
            row.metres,
            row.seconds,
            tuple(row.doubts),
            words.get(row.play_id, ""),
        )
        for row in found
    ]
