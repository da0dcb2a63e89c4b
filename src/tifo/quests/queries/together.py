"""Teams and their board; whom a fan invited."""

from typing import Any

from django.db import connection

from tifo.points.public import worth_of
from tifo.quests import models
from tifo.quests.rules.kinds import MOST_GUESTS, MOST_MEMBERS
from tifo.quests.types import BoardTeam, HeldGuest, HerTeam, Invited, Quest

BOARD = 10


def team_totals_sql(quest: Quest, quest_id: int) -> tuple[str, list[Any]]:
    """`team_id, total`: what the members of each team did in the quests that count, while the challenge was open."""
    counts = list(models.Quest.objects.filter(name__in=quest.settings["counts"]).values_list("id", flat=True))
    places = ", ".join(["%s"] * len(counts)) or "NULL"
    sql = (
        "SELECT m.team_id, COALESCE(SUM(p.quantity), 0) AS total FROM quests_member m LEFT JOIN quests_play p "
        f"ON p.fan_id = m.fan_id AND p.state = 'judged' AND p.quest_id IN ({places}) "
        "AND p.answered_at >= %s AND p.answered_at < %s WHERE m.quest_id = %s"
    )
    bind = connection.ops.adapt_datetimefield_value
    return sql, [*counts, bind(quest.opens_at), bind(quest.closes_at), quest_id]


def team_of(fan_id: int, quest: Quest) -> HerTeam | None:
    """The team of hers in this challenge, added up now."""
    member = (
        models.Member.objects.select_related("team").filter(fan_id=fan_id, quest__name=quest.name).first()
    )
    if member is None:
        return None
    team = member.team
    sql, bound = team_totals_sql(quest, member.quest_id)
    with connection.cursor() as cursor:
        cursor.execute(f"{sql} AND m.team_id = %s GROUP BY m.team_id", [*bound, team.id])
        row = cursor.fetchone()
    return HerTeam(
        team.number,
        team.name,
        team.code,
        models.Member.objects.filter(team=team).count(),
        quest.settings.get("most", MOST_MEMBERS),
        int(row[1]) if row else 0,
        quest.settings["goal"],
        team.reached_at is not None,
    )


def board_of_teams(name: str) -> list[BoardTeam]:
    """The teams that did most, as they were last added up."""
    rows = models.Team.objects.filter(quest__name=name).order_by("-total", "number")[:BOARD]
    return [
        BoardTeam(
            row.id, row.number, row.name if row.name_shown else "", row.total, row.reached_at is not None
        )
        for row in rows
    ]


def names_to_look_at(name: str) -> list[BoardTeam]:
    """Teams whose name nobody has looked at yet, the oldest first; at most fifty at once."""
    rows = models.Team.objects.filter(quest__name=name, name_shown=False).exclude(name="").order_by("id")[:50]
    return [BoardTeam(row.id, row.number, row.name, row.total, row.reached_at is not None) for row in rows]


def invited_by(fan_id: int, quest: Quest) -> Invited | None:
    """Her link and its guests; None before she asked for one."""
    found = models.Invitation.objects.filter(play__fan_id=fan_id, play__quest__name=quest.name).first()
    if found is None:
        return None
    guests = list(models.Guest.objects.filter(invitation=found).values_list("id", "state"))
    counted = [guest_id for guest_id, state in guests if state == "counted"]
    return Invited(
        found.code,
        len(counted),
        sum(state in ("waits", "held") for _id, state in guests),
        quest.settings.get("most", MOST_GUESTS),
        sum(worth_of(fan_id, quest.rule, f"guest:{guest_id}") for guest_id in counted),
    )


def held_guests(name: str) -> list[HeldGuest]:
    """Guests that wait for a person, the oldest first; at most fifty at once."""
    rows = models.Guest.objects.filter(invitation__play__quest__name=name, state="held", fan_id__isnull=False)
    return [
        HeldGuest(row.id, row.fan_id or 0, row.invitation.play.fan_id, row.because, row.came_at)
        for row in rows.select_related("invitation__play").order_by("id")[:50]
    ]
