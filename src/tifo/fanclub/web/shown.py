"""What templates show: tastes and topics in the reader's words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from tifo.fanclub.rules import LIKED, LIKED_A_LITTLE, LOVED
from tifo.fanclub.types import Fresh
from tifo.fanclub.web.visitors import reader_language
from tifo.preferences.public import Preference, Reason, Topic
from tifo.spectators.public import Session

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


def fresh(found: Iterable[Fresh]) -> list[tuple[Session, str, str]]:
    """(session, name and slug of the taste that brought it; both empty where none did)."""
    language = reader_language()
    return [
        (one.session, one.taste.topic.name(language), one.taste.topic.slug)
        if one.taste
        else (one.session, "", "")
        for one in found
    ]
