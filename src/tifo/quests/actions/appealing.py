"""She does not agree that her activity was turned away."""

from django.db import transaction

from tifo.fans.public import lock_fan
from tifo.kernel.public import Refused, clock
from tifo.kernel.public import sentence as _
from tifo.quests import models

LONGEST = 500


def appeal(fan_id: int, name: str, words: str) -> None:
    """Have a person look at it again, with what she says to it. Once for each quest; said twice it is one."""
    said = " ".join(words.split())
    if not 3 <= len(said) <= LONGEST:
        raise Refused(_("Say in 3 to %(most)s characters why it should count.", most=LONGEST))
    with transaction.atomic():
        lock_fan(fan_id)
        plays = models.Play.objects.select_for_update(of=("self",))
        play = plays.filter(fan_id=fan_id, quest__name=name).first()
        before = models.Appeal.objects.filter(play=play).first() if play else None
        if before is not None and before.words == said:
            return
        if before is not None:
            raise Refused(_("You asked for a second look before; it is given once."))
        if play is None or not turned_away(play):
            raise Refused(_("There is nothing of yours here that a person turned away."))
        models.Appeal.objects.create(play=play, words=said, asked_at=clock.now())
        play.state = "held"
        play.save(update_fields=["state"])


def turned_away(play: models.Play) -> bool:
    """A person refused it: what the rules refuse counts nothing, and no activity of it is kept."""
    kept = models.Activity.objects.filter(play=play).exists()
    return play.state == "refused" and play.quantity > 0 and kept


def answer_appeal(play: models.Play, answer: str, *, ok: bool) -> bool:
    """Whether there was one to answer; who is turned away a second time is told why."""
    open_one = models.Appeal.objects.filter(play=play, answered_at=None).first()
    if open_one is None:
        return False
    said = " ".join(answer.split())
    if len(said) > LONGEST or (not ok and len(said) < 3):
        raise Refused(
            _("She asked for a second look: say in 3 to %(most)s characters why not.", most=LONGEST)
        )
    open_one.answer, open_one.answered_at = said, clock.now()
    open_one.save(update_fields=["answer", "answered_at"])
    return True
