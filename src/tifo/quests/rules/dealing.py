"""Cards and letters, mixed and turned: pure. Whoever deals gives the luck, so that no page has to hold what is right."""

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass


def mixed(many: int, luck: Callable[[int], bytes]) -> tuple[int, ...]:
    """0 to many-1 in another order, the same for the same luck: `luck` says of each how high it lies."""
    found = sorted(range(many), key=luck)
    return tuple(found) if found != list(range(many)) else (*found[1:], found[0])


def letters(word: str, luck: Callable[[int], bytes]) -> str:
    """The letters of a word in an order that doesn't spell it."""
    signs = [sign.upper() for sign in word]
    found = [signs[place] for place in mixed(len(signs), luck)]
    for _turn in signs:
        if found != signs:
            break
        found = [*found[1:], found[0]]
    return " ".join(found)


def plain_word(said: str) -> str:
    """A word as it is compared: no capitals, no accents, no spaces."""
    apart = unicodedata.normalize("NFKD", said.casefold())
    return "".join(sign for sign in apart if not unicodedata.combining(sign) and not sign.isspace())


@dataclass(frozen=True, slots=True)
class Table:
    """A memory as it lies: `deal` says the card of each place; cards 2n and 2n+1 are a pair."""

    deal: tuple[int, ...]
    found: tuple[int, ...] = ()
    turned: tuple[int, ...] = ()
    moves: int = 0
    steps: int = 0

    @property
    def solved(self) -> bool:
        """Whether every pair is found."""
        return len(self.found) == len(self.deal)


def laid(cards: Sequence[int]) -> Table:
    """A new table."""
    return Table(tuple(cards))


def turn(table: Table, place: int, step: int) -> Table:
    """She turns the card of a place. A tap told twice (an old `step`) and a card that lies open change nothing.

    Two that are no pair lie open until she turns the next one.
    """
    before = table.turned if len(table.turned) == 1 else ()
    if step != table.steps or not 0 <= place < len(table.deal) or place in (*table.found, *before):
        return table
    found, turned, moves = table.found, (*before, place), table.moves
    if len(turned) == 2:
        moves += 1
        if table.deal[turned[0]] // 2 == table.deal[turned[1]] // 2:
            found, turned = tuple(sorted((*found, *turned))), ()
    return Table(table.deal, found, turned, moves, table.steps + 1)
