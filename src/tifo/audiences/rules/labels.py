"""What words, arguments and ready values are called in explanations, for translators to find.

A context may declare any word without a line here: its name is then read with spaces for dots and underscores, and
looked up in the catalogues all the same.
"""

from collections.abc import Callable, Mapping
from typing import Final


def _(message: str) -> str:
    """Marks a message for the catalogues."""
    return message


WORDS: Final[Mapping[str, str]] = {
    "age": _("age"),
    "clicked": _("messages with a link followed"),
    "club.member": _("member of the club"),
    "consents": _("agrees to"),
    "contacted": _("messages sent to her"),
    "country": _("country"),
    "declared": _("said her taste for"),
    "gender": _("gender"),
    "holds_ticket": _("holds a ticket"),
    "joined": _("day of joining"),
    "language": _("language"),
    "likes": _("liking"),
    "opened": _("messages opened"),
    "reachable": _("reachable"),
    "received": _("messages received"),
    "sessions_held": _("sessions held a ticket for"),
    "source": _("source"),
    "tickets": _("tickets held"),
    "timezone": _("time zone"),
}

OTHERS: Final[tuple[str, ...]] = (
    _("venue"),
    _("day"),
    _("sport"),
    _("session"),
    _("category"),
    _("gate"),
    _("when"),
    _("topic"),
    _("purpose"),
    _("within"),
    _("campaign"),
    _("channel"),
    _("email"),
    _("phone"),
    _("upcoming"),
    _("past"),
    _("any"),
)


def label(name: str, gettext: Callable[[str], str]) -> str:
    """What the word `name` is called."""
    return gettext(WORDS.get(name) or plain(name))


def plain(name: str) -> str:
    """A name as it is read."""
    return name.replace(".", " ").replace("_", " ")
