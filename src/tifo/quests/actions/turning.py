"""She turns a card of a memory. What lies under the others stays here."""

from random import SystemRandom

from django.db import transaction

from tifo.kernel.public import Refused, clock
from tifo.kernel.public import sentence as _
from tifo.quests import models
from tifo.quests.actions.playing import may_try_again, opened
from tifo.quests.queries import table_in
from tifo.quests.rules.dealing import Table, laid, turn
from tifo.quests.types import Quest


def turn_card(fan_id: int, name: str, place: int, step: int) -> Table:
    """The table afterwards. `step`: the one that her page showed, so that a tap told twice is one.

    The first card lays the table; after a try that took too many moves it is laid anew.
    """
    with transaction.atomic():
        quest, row = opened(fan_id, name)
        if quest.kind != "memory":
            raise Refused(_("There are no cards here."))
        play, _fresh = models.Play.objects.select_for_update().get_or_create(
            quest=row, fan_id=fan_id, defaults={"state": "started", "started_at": clock.now()}
        )
        game = _game(play, quest)
        table = turn(table_in(game), place, step)
        game.found, game.turned = list(table.found), list(table.turned)
        game.moves, game.steps = table.moves, table.steps
        game.save()
        return table


def _game(play: models.Play, quest: Quest) -> models.Game:
    game = models.Game.objects.filter(play=play).first()
    if game is not None and play.state != "refused":
        return game
    if play.state == "refused":
        may_try_again(play, quest)
        play.state = "started"
        play.save(update_fields=["state"])
    cards = list(range(2 * len(quest.settings["pairs"])))
    SystemRandom().shuffle(cards)
    table = laid(cards)
    game, _fresh = models.Game.objects.update_or_create(
        play=play,
        defaults={"deal": list(table.deal), "found": [], "turned": [], "moves": 0, "steps": 0},
    )
    return game
