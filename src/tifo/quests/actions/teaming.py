"""Fans play together: a team is founded, joined by its code, left; at its goal each of its members has done it."""

import secrets
import unicodedata
from datetime import timedelta

from django.db import connection, transaction
from django.db.models import Max

from tifo.accounts.public import audit
from tifo.fans.public import lock_fan
from tifo.kernel.public import Refused, clock, crash_point
from tifo.kernel.public import sentence as _
from tifo.quests import models, queries
from tifo.quests.actions.playing import opened, reward
from tifo.quests.rules import read_quest_file
from tifo.quests.rules.kinds import MOST_MEMBERS
from tifo.quests.types import Quest

SIGNS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # none that is taken for another
CODE_SIGNS = 8
LONGEST_NAME = 40
LATELY = timedelta(hours=1)


def found_team(fan_id: int, name: str, called: str) -> None:
    """A team with her in it; its code is for her friends. Others read its name only once staff let it in."""
    said = " ".join(called.split())
    if not 2 <= len(said) <= LONGEST_NAME or any(unicodedata.category(sign)[0] == "C" for sign in said):
        raise Refused(_("A team’s name has 2 to %(most)s signs.", most=LONGEST_NAME))
    with transaction.atomic():
        _quest, row = _challenge(fan_id, name)
        models.Quest.objects.select_for_update().get(id=row.id)  # two teams don't get one number
        last = models.Team.objects.filter(quest=row).aggregate(last=Max("number"))["last"] or 0
        code = "".join(secrets.choice(SIGNS) for _sign in range(CODE_SIGNS))
        team = models.Team.objects.create(
            quest=row, number=last + 1, name=said, code=code, founded_at=clock.now()
        )
        models.Member.objects.create(team=team, quest=row, fan_id=fan_id, joined_at=clock.now())


def join_team(fan_id: int, name: str, code: str) -> None:
    """She comes into the team of this code. Again, the same changes nothing."""
    with transaction.atomic():
        quest, row = opened(fan_id, name)
        plain = "".join(sign for sign in code.upper() if sign in SIGNS)[: 2 * CODE_SIGNS]
        team = models.Team.objects.select_for_update().filter(quest=row, code=plain).first()
        if team is None:
            raise Refused(_("There is no team with this code."))
        if models.Member.objects.filter(team=team, fan_id=fan_id).exists():
            return
        _challenge(fan_id, name)
        if team.reached_at:
            raise Refused(_("This team has reached its goal already."))
        if models.Member.objects.filter(team=team).count() >= quest.settings.get("most", MOST_MEMBERS):
            raise Refused(_("This team is full."))
        models.Member.objects.create(team=team, quest=row, fan_id=fan_id, joined_at=clock.now())


def leave_team(fan_id: int, name: str) -> None:
    """She leaves, with what she did; a team without members goes. Not once the goal is reached."""
    with transaction.atomic():
        _quest, row = opened(fan_id, name)
        member = models.Member.objects.filter(quest=row, fan_id=fan_id).first()
        if member is None:
            return
        team = models.Team.objects.select_for_update().get(id=member.team_id)
        if team.reached_at:
            raise Refused(_("This team has reached its goal already."))
        _take_out(member, team)


def forget_in_teams(fan_id: int) -> None:
    """She is in no team any more."""
    for member in models.Member.objects.filter(fan_id=fan_id).order_by("team_id"):
        _take_out(member, models.Team.objects.select_for_update().get(id=member.team_id))


def let_name_in(name: str, team_id: int, *, ok: bool, actor_id: int | None) -> None:
    """The name of a team may stand on the board, or it goes."""
    with transaction.atomic():
        team = models.Team.objects.select_for_update().filter(id=team_id, quest__name=name).first()
        if team is None or not team.name:
            raise Refused(_("It is not there any more."))
        if team.name_shown and ok:
            return
        team.name_shown, team.name = ok, team.name if ok else ""
        team.save(update_fields=["name_shown", "name"])
        audit(actor_id, "quests.team-name", f"team:{team.id}", {"shown": ok})


def add_up_teams() -> None:
    """What the members of each team did, by one statement a challenge."""
    for quest, row in _running():
        sql, bound = queries.team_totals_sql(quest, row.id)
        with connection.cursor() as cursor:
            cursor.execute(
                f"WITH done AS ({sql} GROUP BY m.team_id) UPDATE quests_team SET total = done.total FROM done "
                "WHERE done.team_id = quests_team.id AND done.total <> quests_team.total",
                bound,
            )


def reward_teams() -> bool:
    """Teams that reached the goal: each member has done it, once. Whether there was a team."""
    some = False
    for quest, row in _running():
        there = models.Team.objects.filter(quest=row, reached_at=None, total__gte=quest.settings["goal"])
        for team_id in there.order_by("id").values_list("id", flat=True):
            some = _reward(team_id, quest, row) or some
    return some


def _reward(team_id: int, quest: Quest, row: models.Quest) -> bool:
    """Fans are locked before their team, as everywhere; if somebody came or left meanwhile, the next turn does it."""
    with transaction.atomic():
        members = models.Member.objects.filter(team_id=team_id).order_by("fan_id")
        fans = list(members.values_list("fan_id", flat=True))
        for fan_id in fans:
            lock_fan(fan_id)
        team = models.Team.objects.select_for_update().filter(id=team_id, reached_at=None).first()
        if team is None or list(members.all().values_list("fan_id", flat=True)) != fans:
            return False
        team.reached_at = clock.now()
        team.save(update_fields=["reached_at"])
        for fan_id in fans:
            play, _fresh = models.Play.objects.update_or_create(
                quest=row,
                fan_id=fan_id,
                defaults={"state": "judged", "quantity": 1, "answered_at": team.reached_at},
                create_defaults={
                    "state": "judged", "quantity": 1, "answered_at": team.reached_at, "started_at": team.reached_at,
                },
            )  # fmt: skip
            reward(play, quest, f"play:{play.id}")
        crash_point("quests.team-rewarded")
    return True


def _challenge(fan_id: int, name: str) -> tuple[Quest, models.Quest]:
    """The challenge, open to her, where she has no team yet."""
    quest, row = opened(fan_id, name)
    if quest.kind != "team":
        raise Refused(_("There are no teams here."))
    if models.Member.objects.filter(quest=row, fan_id=fan_id).exists():
        raise Refused(_("You are in a team already; leave it first."))
    return quest, row


def _running() -> list[tuple[Quest, models.Quest]]:
    """Challenges that are open, or closed so lately that somebody may be on the way."""
    rows = models.Quest.objects.filter(kind="team", opens_at__lte=clock.now())
    lately = rows.filter(closes_at__gt=clock.now() - LATELY)
    return [(read_quest_file(row.source), row) for row in lately.order_by("id")]


def _take_out(member: models.Member, team: models.Team) -> None:
    member.delete()
    if not models.Member.objects.filter(team=team).exists():
        team.delete()
