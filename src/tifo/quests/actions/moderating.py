"""A person looks at what was held."""

from django.db import transaction

from tifo.accounts.public import audit
from tifo.kernel.public import Refused
from tifo.kernel.public import sentence as _
from tifo.quests import models
from tifo.quests.actions.appealing import answer_appeal
from tifo.quests.actions.photos import drop_photos
from tifo.quests.actions.playing import reward, tell
from tifo.quests.models import Play
from tifo.quests.rules import read_quest_file
from tifo.quests.types import REASONS


def look_at(
    name: str, play_id: int, *, ok: bool, reason: str = "", answer: str = "", actor_id: int | None
) -> None:
    """What was held counts, or it does not and she may hand in another. Decided once; again the same changes nothing.

    `reason`: why a photo does not count (types.REASONS); she reads it, and the photo goes.
    `answer`: what she reads who asked for a second look.
    """
    with transaction.atomic():
        play = (
            Play.objects.select_for_update(of=("self",))
            .select_related("quest")
            .filter(id=play_id, quest__name=name)
            .first()
        )
        if play is None:
            raise Refused(_("It is not there any more."))
        wanted = "judged" if ok else "refused"
        if play.state == wanted:
            return
        if play.state != "held":
            raise Refused(_("Somebody decided this already."))
        quest = read_quest_file(play.quest.source)
        if quest.kind == "photo" and not ok:
            if reason not in REASONS:
                raise Refused(_("Say why it does not count; she reads it."))
            drop_photos(list(models.Photo.objects.filter(play=play)))
        appealed = answer_appeal(play, answer, ok=ok)
        play.state, play.result = wanted, "" if ok else reason
        play.save(update_fields=["state", "result"])
        if ok:
            reward(play, quest, f"play:{play.id}")
            if play.learn and play.answered_at:
                tell(play, quest.topics, play.answered_at)
        audit(
            actor_id,
            "quests.look",
            f"play:{play.id}",
            {
                "counts": ok,
                **({"because": reason} if reason else {}),
                **({"appeal": True} if appealed else {}),
            },
        )
