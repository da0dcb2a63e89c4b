"""What templates show: tastes and topics in the reader's words."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from tifo.fanclub.rules import LIKED, LIKED_A_LITTLE, LOVED, sport_slug
from tifo.fanclub.types import Day, Fresh
from tifo.preferences.public import Preference, Reason, Topic, topics
from tifo.spectators.public import HeldTicket, Session
from tifo.ui.public import reader_language

KINDS = {
    "sport": gettext_noop("Sports"),
    "athlete": gettext_noop("Athletes"),
    "team": gettext_noop("Teams"),
    "theme": gettext_noop("Themes"),
}


@dataclass(frozen=True)
class ShownTaste:
    """A taste as a line of the page. `says`: how much, in words; `choice`: the answer that stands for it."""

    slug: str
    name: str
    says: str
    choice: str
    declared: bool
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class ShownTopics:
    """Topics of one kind that nothing is known of yet, (slug, name) by name."""

    kind: str
    name: str
    topics: tuple[tuple[str, str], ...]


def tastes(found: Iterable[Preference]) -> list[ShownTaste]:
    """In the order given."""
    language = reader_language()
    return [
        ShownTaste(one.topic.slug, one.topic.name(language), *_how_much(one.score), one.declared, one.reasons)
        for one in found
    ]


def _how_much(score: float) -> tuple[str, str]:
    if score >= LOVED:
        return _("You love it"), "love"
    if score >= LIKED:
        return _("You like it"), "like"
    if score >= LIKED_A_LITTLE:
        return _("You like it a little"), ""
    return _("Not for you"), "no"


def topics_by_kind(found: Mapping[str, Iterable[Topic]]) -> list[ShownTopics]:
    """Kinds in their order, names in the order of letters."""
    language = reader_language()
    return [
        ShownTopics(
            kind,
            _(name),
            tuple(
                sorted(
                    ((one.slug, one.name(language)) for one in found[kind]),
                    key=lambda named: named[1].casefold(),
                )
            ),
        )
        for kind, name in KINDS.items()
        if kind in found
    ]


def fresh(found: Iterable[Fresh]) -> list[tuple[Session, str]]:
    """(session, slug of the taste that brought it, empty where none did), sports by their name here."""
    names = sport_names()
    return [
        (replace(one.session, sport=names(one.session.sport)), one.taste.topic.slug if one.taste else "")
        for one in found
    ]


def ticket(held: HeldTicket) -> HeldTicket:
    """The ticket with the name that its sport has in the reader's language."""
    return held._replace(sport=sport_names()(held.sport))


def days(found: Iterable[Day]) -> list[Day]:
    """The same for whole days."""
    names = sport_names()
    return [
        Day(one.day, tuple(held._replace(sport=names(held.sport)) for held in one.tickets)) for one in found
    ]


def sport_names() -> Callable[[str], str]:
    """What a sport of the programme is called in the reader's language; as in the programme where nobody said so."""
    language = reader_language()
    names = {one.slug: one.names[language] for one in topics("sport") if language in one.names}
    return lambda sport: names.get(sport_slug(sport), sport)
