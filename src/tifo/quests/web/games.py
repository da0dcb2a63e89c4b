"""Memory and puzzle, as her page shows them: never more than lies open."""

from dataclasses import dataclass

from allauth.core.internal import ratelimit
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tifo.fans.public import Fan
from tifo.kernel.public import Refused
from tifo.quests.public import deal, letters_of, quest_for, table_of, turn_card
from tifo.quests.rules.dealing import Table
from tifo.quests.types import Played, Quest, said
from tifo.ui.public import club_page

MOST_DIGITS = 4
LIMITS = {"turn": "120/m/user,2000/h/user"}
"""Cards that one fan may turn; a person turns one a second."""


@dataclass(frozen=True, slots=True)
class ShownCard:
    """A card; `face` is empty while it lies face down."""

    place: int
    number: int
    face: str
    found: bool


@dataclass(frozen=True, slots=True)
class ShownTable:
    """A memory as it lies. `columns`: how many cards stand in a row."""

    cards: tuple[ShownCard, ...]
    step: int
    moves: int
    most: int | None
    found: int
    pairs: int
    columns: int
    last: str  # what the two cards that were turned last say of each other: "pair", "apart", or nothing

    @property
    def solved(self) -> bool:
        return self.found == self.pairs


@dataclass(frozen=True, slots=True)
class ShownThing:
    """Something to be put in its order, at a place of her page."""

    place: int
    text: str


def shown_table(fan_id: int, quest: Quest, play: Played | None, language: str) -> ShownTable:
    """The memory of hers; a fresh one before the first card, and after a try that took too many moves."""
    pairs = quest.settings["pairs"]
    table = table_of(fan_id, quest.name) if play is not None and play.state != "refused" else None
    table = table or Table((), steps=0)
    open_now = {*table.found, *table.turned}
    cards = tuple(
        ShownCard(
            place,
            place + 1,
            said(pairs[table.deal[place] // 2][table.deal[place] % 2], language) if place in open_now else "",
            place in table.found,
        )
        for place in range(2 * len(pairs))
    )
    last = "apart" if len(table.turned) > 1 else "pair" if table.found and not table.turned else ""
    columns = next(many for many in (4, 3, 2) if len(cards) % many == 0)
    return ShownTable(
        cards,
        table.steps,
        table.moves,
        quest.settings.get("moves"),
        len(table.found) // 2,
        len(pairs),
        columns,
        last,
    )


def game_words(fan: Fan, quest: Quest, play: Played | None, language: str) -> dict[str, object]:
    """What the page of a memory or a puzzle needs."""
    if play is not None and play.state == "judged":
        return {"solution": solution(quest, language)}
    if quest.kind == "memory":
        return {"table": shown_table(fan.id, quest, play, language)}
    if "word" in quest.settings:
        return {"letters": letters_of(fan.id, quest, language)}
    if "order" in quest.settings:
        things = quest.settings["order"]
        mixed = deal(fan.id, quest)
        shown = [ShownThing(place, said(things[thing], language)) for place, thing in enumerate(mixed)]
        return {"things": shown, "ranks": range(1, len(things) + 1)}
    return {}


def solution(quest: Quest, language: str) -> list[str]:
    """What was to be found, once she has found it."""
    words = [said(quest.settings["word"], language)] if "word" in quest.settings else []
    return words + [said(thing, language) for thing in quest.settings.get("order", ())]


@club_page
@require_POST
def turn(request: HttpRequest, name: str) -> HttpResponse:
    """She turns a card."""
    fan: Fan = request.fan  # type: ignore[attr-defined]
    found = quest_for(fan, name)
    if found is None:
        raise Http404
    place, step = _whole(request, "place"), _whole(request, "step")
    if not ratelimit.consume(request, app="tifo.quests", action="turn", config=LIMITS, user=request.user):
        messages.error(request, _("That was a lot at once. Wait a minute and try again."))
        return redirect("quests:quest", found.name)
    try:
        turn_card(fan.id, found.name, place, step)
    except Refused as refused:
        messages.error(request, str(refused))
    return redirect(f"{reverse('quests:quest', args=[found.name])}#table")


def _whole(request: HttpRequest, name: str) -> int:
    """A number of hers; what is none is no card and no step."""
    text = request.POST.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS else -1


urlpatterns = [path("quests/<slug:name>/turn/", turn, name="turn")]
