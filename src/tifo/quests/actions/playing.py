"""She takes part. Judged here, never in her browser; counted once for each fan and quest."""

from dataclasses import asdict, replace
from datetime import datetime, timedelta

import pyarrow as pa
from django.db import transaction

from tifo.fans.public import lock_fan
from tifo.kernel.public import Refused, clock, crash_point
from tifo.kernel.public import sentence as _
from tifo.points.public import earn
from tifo.preferences.public import learn
from tifo.quests import models, queries
from tifo.quests.actions.photos import keep_photo
from tifo.quests.rules import KINDS, read_quest_file
from tifo.quests.rules.pictures import Picture
from tifo.quests.rules.tracks import RULES, Track, doubts
from tifo.quests.types import Activity, Answer, Facts, Played, Quest, Verdict

GRACE = timedelta(seconds=5)  # for the way there and back
MOST_TRIES = 20  # of a quest that may be tried again


def begin(fan_id: int, name: str) -> Played:
    """From now on her time runs, where the quest is timed. Again: it runs on."""
    with transaction.atomic():
        quest, row = opened(fan_id, name)
        play, _fresh = models.Play.objects.get_or_create(
            quest=row, fan_id=fan_id, defaults={"state": "started", "started_at": clock.now()}
        )
        return queries.played(play, quest)


def take_part(
    fan_id: int,
    name: str,
    answer: Answer,
    *,
    may_learn: bool = False,
    track: Track | None = None,
    picture: Picture | None = None,
) -> Played:
    """Her answer: judged, paid and, if she said so, learnt from, in one transaction.

    The first answer counts, and told again it changes nothing; where a kind lets her change her mind the last one
    before the quest closes counts. Refused when it isn't open to her.
    """
    moment = clock.now()
    with transaction.atomic():
        quest, row = opened(fan_id, name)
        kind = KINDS[quest.kind]
        play = models.Play.objects.select_for_update().filter(quest=row, fan_id=fan_id).first()
        if play is None:
            if quest.seconds:
                raise Refused(_("Press “Start” first: the time runs from then on."))
            play = models.Play(quest=row, fan_id=fan_id, state="started", started_at=moment)
        if not _may_answer(play, quest):
            return queries.played(play, quest, again=True)
        done = _done(track, answer, moment)
        facts = replace(_facts(quest, play, moment, done), photo=picture is not None)
        verdict = kind.judge(quest, answer, facts)
        _write(play, verdict, answer, moment, may_learn=may_learn)
        if done is not None and verdict.state != "refused":
            _keep(play, done)
        if picture is not None and verdict.state != "refused":
            keep_photo(play, quest, picture, show=bool(answer.get("show")))
        crash_point("quests.answered")
        if verdict.state == "judged":
            reward(play, quest, f"play:{play.id}")
        if may_learn and verdict.state in ("judged", "waits"):
            tell(play, verdict.topics, moment)
        return queries.played(play, quest)


def reward(play: models.Play, quest: Quest, deed: str) -> None:
    """What it earns, under this name."""
    if play.quantity and (quest.points or quest.status):
        earn(play.fan_id, quest.rule, deed, quantity=play.quantity, at=play.answered_at)
        play.deed = deed
        play.save(update_fields=["deed"])


def tell(play: models.Play, topics: tuple[str, ...], moment: datetime) -> None:
    """What it tells of her, with the play as its reason, once."""
    if not topics:
        return
    learn(
        pa.table(
            {
                "fan_id": [play.fan_id] * len(topics),
                "topic": list(topics),
                "source": [SOURCE_OF_KIND.get(play.quest.kind, "quest")] * len(topics),
                "weight": pa.nulls(len(topics), pa.float64()),
                "at": [moment] * len(topics),
                "reference": [f"play:{play.id}"] * len(topics),
            }
        )
    )


SOURCE_OF_KIND = {"quiz": "quiz", "poll": "survey"}
"""By which the preference page words the reason."""


def opened(fan_id: int, name: str) -> tuple[Quest, models.Quest]:
    """The quest, with the fan locked, so that two devices of hers wait for each other; Refused if it isn't open to her."""
    fan = lock_fan(fan_id)
    row = models.Quest.objects.filter(name=name).first()
    if row is None or fan.erased_at or not queries.may_see(fan, read_quest_file(row.source)):
        raise Refused(_("There is no such quest for you."))
    _within(row)
    return read_quest_file(row.source), row


def _within(row: models.Quest) -> None:
    moment = clock.now()
    if moment < row.opens_at:
        raise Refused(_("It hasn’t opened yet."))
    if moment >= row.closes_at or models.Settlement.objects.filter(quest=row).exists():
        raise Refused(_("It is closed."))


def _may_answer(play: models.Play, quest: Quest) -> bool:
    kind = KINDS[quest.kind]
    if play.state == "refused" and kind.retries:
        may_try_again(play, quest)
        return True
    return play.state == "started" or (kind.changes and play.state == "waits")


def may_try_again(play: models.Play, quest: Quest) -> None:
    """Refused once she tried as often as it goes."""
    most = quest.settings.get("tries", MOST_TRIES)
    if play.tries >= most:
        raise Refused(_("You tried %(most)s times; that is as often as it goes.", most=most))


def _done(track: Track | None, answer: Answer, moment: datetime) -> Activity | None:
    """What the recording says, with what makes it doubtful."""
    if track is None:
        return None
    found = doubts(track, "".join(answer.get("sport", ("other",))), received_at=moment)
    return Activity(track.started_at, track.metres, track.seconds, track.digest, found)


def _keep(play: models.Play, done: Activity) -> None:
    if models.Activity.objects.filter(digest=done.digest).exclude(play=play).exists():
        raise Refused(_("This activity was handed in before; each counts once."))
    said = {**asdict(done), "doubts": list(done.doubts), "rules": RULES}
    models.Activity.objects.update_or_create(play=play, defaults=said)


def _facts(quest: Quest, play: models.Play, moment: datetime, done: Activity | None) -> Facts:
    late = bool(quest.seconds) and moment > play.started_at + timedelta(seconds=quest.seconds or 0) + GRACE
    return replace(queries.facts(play.fan_id, quest, late=late), activity=done)


def _write(play: models.Play, verdict: Verdict, answer: Answer, moment: datetime, *, may_learn: bool) -> None:
    play.state, play.quantity, play.result = verdict.state, verdict.quantity, verdict.result
    play.answered_at, play.learn, play.tries = moment, may_learn, play.tries + 1
    play.save()
    models.Pick.objects.filter(play=play).delete()
    if KINDS[play.quest.kind].form == "questions":
        models.Pick.objects.bulk_create(
            models.Pick(play=play, question=question, option=option)
            for question, options in answer.items()
            for option in options
        )
