"""How a puzzle lies on her page, and the table of a memory."""

from collections.abc import Callable

from django.utils.crypto import salted_hmac

from tifo.quests import models
from tifo.quests.rules.dealing import Table, letters, mixed
from tifo.quests.types import Quest, said


def deal(fan_id: int, quest: Quest) -> tuple[int, ...]:
    """Which thing of a puzzle lies at which place of her page; the same each time she looks."""
    return mixed(len(quest.settings["order"]), _luck(fan_id, quest.name))


def letters_of(fan_id: int, quest: Quest, language: str) -> str:
    """The letters of a puzzle's word in her language, mixed."""
    return letters(said(quest.settings["word"], language), _luck(fan_id, quest.name))


def _luck(fan_id: int, name: str) -> Callable[[int], bytes]:
    """Hers alone, and nothing that a browser can work out."""
    return lambda number: salted_hmac("tifo.quests.deal", f"{name}:{fan_id}:{number}").digest()


def table_in(game: models.Game) -> Table:
    """The table of a game that is kept."""
    return Table(tuple(game.deal), tuple(game.found), tuple(game.turned), game.moves, game.steps)


def table_of(fan_id: int, name: str) -> Table | None:
    """The memory as it lies; None before she turned a card."""
    game = models.Game.objects.filter(play__fan_id=fan_id, play__quest__name=name).first()
    return table_in(game) if game else None


def moves_of(fan_id: int, name: str) -> int | None:
    """In how many moves she found every pair; None before that."""
    table = table_of(fan_id, name)
    return table.moves if table and table.solved else None
