"""A person looks at what was held."""

from django.db import transaction

from tifo.accounts.public import audit
from tifo.kernel.public import Refused
from tifo.kernel.public import sentence as _
from tifo.quests.actions.playing import reward, tell
from tifo.quests.models import Play
from tifo.quests.rules import read_quest_file


def look_at(name: str, play_id: int, *, ok: bool, actor_id: int | None) -> None:
    """What was held counts, or it does not and she may hand in another. Decided once; again the same changes nothing."""
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
        play.state = wanted
        play.save(update_fields=["state"])
        if ok:
            reward(play, quest, f"play:{play.id}")
            if play.learn and play.answered_at:
                tell(play, quest.topics, play.answered_at)
        audit(actor_id, "quests.look", f"play:{play.id}", {"counts": ok})
