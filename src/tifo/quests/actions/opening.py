"""A quest is opened from its file."""

from django.db import transaction

from tifo.accounts.public import audit
from tifo.audiences.public import parse
from tifo.kernel.public import Refused, clock
from tifo.kernel.public import sentence as _
from tifo.points.public import Rule, name_cause, publish_rule
from tifo.preferences.public import ensure_topics
from tifo.quests import models
from tifo.quests.rules import KINDS, read_quest_file
from tifo.quests.types import Quest


def check_quest(source: str) -> Quest:
    """The quest that the file holds, looked over whole; Refused says what is wrong and where."""
    quest = read_quest_file(source)
    if quest.audience:
        parse(quest.audience)
    return quest


def open_quest(source: str, *, actor_id: int | None = None, instead_of: str | None = None) -> Quest:
    """Put a quest where fans find it from its opening on. The same file again changes nothing.

    `instead_of`: the file that the writer saw, empty for a new quest; Refused if another one stands there meanwhile.

    What was answered keeps its meaning: once somebody played, kind and questions stay as they are.
    """
    quest = check_quest(source)
    with transaction.atomic():
        row = models.Quest.objects.select_for_update().filter(name=quest.name).first()
        if row is not None and row.source == source:
            return quest
        _as_seen(row, instead_of, quest.name)
        if row is None:
            row = models.Quest(name=quest.name, version=0, opened_at=clock.now())
        elif models.Play.objects.filter(quest=row).exists():
            _keeps_its_meaning(read_quest_file(row.source), quest)
        row.kind, row.source, row.version = quest.kind, source, row.version + 1
        row.opens_at, row.closes_at = quest.opens_at, quest.closes_at
        row.save()
        _publish(quest)
        audit(actor_id, "quests.open", f"quest:{quest.name}", {"version": row.version})
    return quest


def _as_seen(row: models.Quest | None, instead_of: str | None, name: str) -> None:
    """Nobody overwrites what she did not see."""
    if instead_of is None:
        return
    if row is not None and not instead_of:
        raise Refused(_("There is a quest “%(name)s” already. Take another name.", name=name))
    if row is not None and _lines(row.source) != _lines(instead_of):
        raise Refused(_("“%(name)s” was changed meanwhile. Look at it again, then change it.", name=name))


def _lines(source: str) -> list[str]:
    """A file as a browser sends it back: whatever ends its lines."""
    return source.strip().splitlines()


def _publish(quest: Quest) -> None:
    """Its rule of points with the words of her history, and the topics that it names."""
    if quest.points or quest.status:
        publish_rule(
            Rule(
                quest.rule,
                KINDS[quest.kind].unit,
                points=quest.points,
                status=quest.status,
                per=quest.per,
                event_cap=quest.at_most,
            )
        )
        name_cause(quest.rule, quest.title)
    told = [topic for question in quest.questions for option in question.options for topic in option.topics]
    ensure_topics({*quest.topics, *told})


def _keeps_its_meaning(before: Quest, now: Quest) -> None:
    if before.kind != now.kind or _asked(before) != _asked(now):
        raise Refused(
            _(
                "“%(name)s” has been answered: its kind, questions, options and right answers can’t change any more. Open it under another name.",
                name=now.name,
            )
        )


def _asked(quest: Quest) -> object:
    own = quest.settings
    return [
        (question.key, [option.key for option in question.options], question.right, question.many)
        for question in quest.questions
    ], (len(own.get("pairs", ())), own.get("order"), own.get("word"))
