"""All that quests know of one fan, for her."""

from tifo.quests import models
from tifo.quests.queries.fans import played
from tifo.quests.queries.photos import photo_place
from tifo.quests.queries.together import invited_by
from tifo.quests.rules import read_quest_file
from tifo.quests.types import KnownPlay


def known_of(fan_id: int) -> list[KnownPlay]:
    """Her plays with what belongs to them, the first first; also of quests where she is only in a team."""
    rows = models.Play.objects.filter(fan_id=fan_id).select_related("quest", "activity", "photo")
    found = [_known(row) for row in rows.order_by("id")]
    there = {one.quest for one in found}
    members = models.Member.objects.filter(fan_id=fan_id).select_related("quest").order_by("id")
    return found + [_member(row) for row in members if row.quest.name not in there]


def _known(row: models.Play) -> KnownPlay:
    quest = read_quest_file(row.quest.source)
    play = played(row, quest)
    invited = invited_by(row.fan_id, quest) if quest.kind == "referral" else None
    return KnownPlay(
        quest=quest.name,
        title=quest.title,
        state=row.state,
        quantity=row.quantity,
        points=invited.points if invited else play.points,
        result=row.result,
        learnt=row.learn,
        started_at=row.started_at,
        answered_at=row.answered_at,
        answers=play.answer,
        activity=_activity(row),
        team=_team(row.fan_id, row.quest_id),
        link=invited.code if invited else "",
        guests=invited.counted if invited else 0,
        photo=_photo(row),
    )


def _member(row: models.Member) -> KnownPlay:
    quest = read_quest_file(row.quest.source)
    return KnownPlay(
        quest=quest.name,
        title=quest.title,
        state="started",
        quantity=0,
        points=0,
        result="",
        learnt=False,
        started_at=row.joined_at,
        answered_at=None,
        answers={},
        activity={},
        team=_team(row.fan_id, row.quest_id),
        link="",
        guests=0,
    )


def _activity(row: models.Play) -> dict[str, object]:
    done = getattr(row, "activity", None)
    if done is None:
        return {}
    return {
        "started_at": done.started_at,
        "metres": done.metres,
        "seconds": done.seconds,
        "doubts": done.doubts,
    }


def _team(fan_id: int, quest_id: int) -> dict[str, object]:
    member = models.Member.objects.filter(fan_id=fan_id, quest_id=quest_id).select_related("team").first()
    return (
        {"number": member.team.number, "name": member.team.name, "joined_at": member.joined_at}
        if member
        else {}
    )


def _photo(row: models.Play) -> bytes:
    photo = getattr(row, "photo", None)
    try:
        return photo_place(photo.file).read_bytes() if photo else b""
    except FileNotFoundError:
        return b""
