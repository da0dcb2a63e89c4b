"""Staff says how it came out, or corrects it: all are judged by one statement, and paid by rows of work."""

from collections.abc import Mapping

import pyarrow as pa
from django.db import connection, transaction

from tifo.accounts.public import audit
from tifo.kernel.public import Refused, bulk, clock, crash_point
from tifo.kernel.public import sentence as _
from tifo.points.public import unearn
from tifo.quests import models
from tifo.quests.actions.playing import reward
from tifo.quests.rules import read_quest_file
from tifo.quests.types import Quest

PAID_AT_ONCE = 200  # plays a transaction


def settle(name: str, right: Mapping[str, tuple[str, ...]], *, actor_id: int | None) -> int:
    """The result of each question, by their keys; which settling it is. The same result again is the same settling.

    Another result is a correction: what the one before brought is taken back, and earned anew.
    """
    with transaction.atomic():
        row = models.Quest.objects.select_for_update().filter(name=name, kind="prediction").first()
        if row is None:
            raise Refused(_("There is no prediction “%(name)s”.", name=name[:80]))
        quest = read_quest_file(row.source)
        if clock.now() < row.closes_at:
            raise Refused(_("It is still open; settle it once it has closed."))
        said = _checked(quest, right)
        last = models.Settlement.objects.filter(quest=row).order_by("-number").first()
        if last is not None and last.right == said:
            return last.number
        number = last.number + 1 if last else 1
        models.Settlement.objects.create(
            quest=row, number=number, right=said, actor_id=actor_id, at=clock.now()
        )
        _judge_all(row.id, said)
        crash_point("quests.settled")
        audit(actor_id, "quests.settle", f"quest:{name}", {"number": number, "right": said})
        return number


def _checked(quest: Quest, right: Mapping[str, tuple[str, ...]]) -> dict[str, list[str]]:
    known = {question.key: {option.key for option in question.options} for question in quest.questions}
    if set(right) != set(known) or any(
        not chosen or not set(chosen) <= known[key] for key, chosen in right.items()
    ):
        raise Refused(_("Say of each question which of its answers came out."))
    return {key: sorted(set(chosen)) for key, chosen in right.items()}


def _judge_all(quest_id: int, right: Mapping[str, list[str]]) -> None:
    """How many each had right: rules.kinds.prediction.hits, for all at once."""
    rows = [(question, option) for question, options in right.items() for option in options]
    table = pa.table({"question": [one for one, _ in rows], "option": [one for _, one in rows]})
    with bulk.temp_table("quests_right", table) as name, connection.cursor() as cursor:
        cursor.execute(
            "UPDATE quests_play SET state = 'judged', quantity = (SELECT count(*) FROM quests_pick p "
            f"JOIN {name} r ON r.question = p.question AND r.option = p.option WHERE p.play_id = quests_play.id) "
            "WHERE quest_id = %s AND state IN ('waits', 'judged')",
            [quest_id],
        )


def pay_settled() -> bool:
    """Pay the next plays that were settled; whether there were any. Any number of workers may do it at once."""
    with transaction.atomic():
        last = models.Settlement.objects.filter(paid_at=None).order_by("quest_id", "-number").first()
        if last is None:
            return False
        plays = list(
            models.Play.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("quest")
            .filter(quest_id=last.quest_id, state="judged", settled__lt=last.number)
            .order_by("id")[:PAID_AT_ONCE]
        )
        for play in plays:
            _pay(play, read_quest_file(play.quest.source), last.number)
        crash_point("quests.paid")
        models.Play.objects.filter(id__in=[play.id for play in plays]).update(settled=last.number)
        if not plays and not _unpaid(last):
            models.Settlement.objects.filter(quest_id=last.quest_id, number__lte=last.number).update(
                paid_at=clock.now()
            )
    return True


def _pay(play: models.Play, quest: Quest, number: int) -> None:
    if play.deed:
        unearn(play.fan_id, quest.rule, play.deed, note=quest.title.get("en", ""))
        models.Play.objects.filter(id=play.id).update(deed="")
        play.deed = ""
    reward(play, quest, f"play:{play.id}:{number}")


def _unpaid(settlement: models.Settlement) -> bool:
    plays = models.Play.objects.filter(quest_id=settlement.quest_id, state="judged")
    return plays.filter(settled__lt=settlement.number).exists()
