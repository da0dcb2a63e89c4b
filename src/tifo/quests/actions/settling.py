"""Staff says how it came out, or corrects it: all are judged by one statement, and paid by rows of work."""

from collections.abc import Mapping

import pyarrow as pa
from django.db import connection, transaction

from tifo.accounts.public import audit
from tifo.kernel.public import Refused, bulk, clock, crash_point
from tifo.kernel.public import sentence as _
from tifo.points.public import earn_many, unearn_many
from tifo.quests import models
from tifo.quests.rules import read_quest_file
from tifo.quests.types import Quest

PAID_AT_ONCE = 5_000  # plays a transaction


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
        last = (
            models.Settlement.objects.select_related("quest")
            .filter(paid_at=None)
            .order_by("quest_id", "-number")
            .first()
        )
        if last is None:
            return False
        plays = list(
            models.Play.objects.select_for_update(skip_locked=True)
            .filter(quest_id=last.quest_id, state="judged", settled__lt=last.number)
            .order_by("id")[:PAID_AT_ONCE]
        )
        if plays:
            _pay(plays, read_quest_file(last.quest.source), last.number)
        elif not _unpaid(last):
            models.Settlement.objects.filter(quest_id=last.quest_id, number__lte=last.number).update(
                paid_at=clock.now()
            )
        crash_point("quests.paid")
    return True


def _pay(plays: list[models.Play], quest: Quest, number: int) -> None:
    """All of them at once: what the result before brought goes, what this one brings comes."""
    paid = [play for play in plays if play.deed]
    if paid:
        told = {"fan_id": [play.fan_id for play in paid], "event": [play.deed for play in paid]}
        unearn_many(quest.rule, pa.table(told), note=quest.title.get("en", ""))
    winners = [play for play in plays if play.quantity] if quest.points or quest.status else []
    if winners:
        told = {
            "fan_id": [play.fan_id for play in winners],
            "event": [f"play:{play.id}:{number}" for play in winners],
            "quantity": [play.quantity for play in winners],
            "at": [play.answered_at for play in winners],
        }
        earn_many(quest.rule, pa.table(told))
    deeds = {play.id: "" for play in plays} | {play.id: f"play:{play.id}:{number}" for play in winners}
    table = pa.table({"play": pa.array(deeds, pa.int64()), "deed": pa.array(deeds.values(), pa.string())})
    with bulk.temp_table("quests_paid", table) as name, connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE quests_play SET settled = %s, deed = p.deed FROM {name} p WHERE p.play = quests_play.id",
            [number],
        )


def _unpaid(settlement: models.Settlement) -> bool:
    plays = models.Play.objects.filter(quest_id=settlement.quest_id, state="judged")
    return plays.filter(settled__lt=settlement.number).exists()
