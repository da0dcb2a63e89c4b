"""The demo's newsletter as it leaves tifo: in each language, with tickets and without, whole."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from tests.content.made import Held
from tifo.campaigns.public import read_campaign_file
from tifo.content.public import Combination, Loom, Personal
from tifo.content.types import Composition, MailingLook
from tifo.delivery.ports import Parcel
from tifo.delivery.rules import headers, seals
from tifo.kernel.public import clock
from tifo.server.demo import CAMPAIGN, SETTINGS

MAILING = 7
TRACK = "https://go.valmera.example"
LANGUAGES = ("en", "fr", "es", "ar")
NAMES = {"en": ("Anna", "Berg"), "fr": ("Élise", "Morçay"), "es": ("Íñigo", "Peña"), "ar": ("سلمى", "الحداد")}


@dataclass(frozen=True)
class Newsletter:
    """One message, and what it is."""

    language: str
    tickets: int
    parcel: Parcel


@cache
def composition() -> Composition:
    """What the demo sends."""
    return read_campaign_file(CAMPAIGN.read_text(encoding="utf-8")).composition


@cache
def weaver() -> Loom:
    """The demo's loom."""
    return Loom(
        composition(),
        MailingLook(
            sender_name="Valmera 2027",
            postal_address=SETTINGS["TIFO_POSTAL_ADDRESS"],
            public_url="https://fans.valmera.example",
            track_url=TRACK,
            event_name=SETTINGS["TIFO_EVENT_NAME"],
            accent=SETTINGS["TIFO_ACCENT"],
        ),
    )


@cache
def envelope() -> headers.Envelope:
    """What all messages share."""
    return headers.envelope(
        sender=SETTINGS["TIFO_SENDER"],
        mailing_id=MAILING,
        label="three-weeks-to-go",
        purpose="newsletter",
        event=SETTINGS["TIFO_EVENT_NAME"],
        track_url=TRACK,
    )


def newsletter(language: str, first: str, last: str, *, tickets: int = 0, number: int = 1) -> Newsletter:
    """Woven and built by the same two calls as in a sending."""
    wanted = ("welcome", None if tickets else "last-seats", "my-session" if tickets else None, "judo-story")
    woven = weaver().weave(
        Combination(language, "", wanted),
        Personal(
            {"first_name": first, "last_name": last, "language": language, "country": "FR"},
            tuple(Held(ref=f"R-{n}", venue="Lake Arena", code=f"JUD0{n}") for n in range(tickets)),
            seals.link_token(MAILING, number),
            True,
            seals.unsubscribe_token(MAILING, number),
        ),
    )
    key = seals.message_key(MAILING, number)
    address = f"fan{number}@mail.example"
    content = headers.message_bytes(
        envelope(),
        date=headers.date_header(clock.now()),
        name=f"{first} {last}".strip(),
        address=address,
        message_id=seals.message_id_header(MAILING, number, key, envelope().domain),
        key=key,
        unsubscribe_token=seals.unsubscribe_token(MAILING, number),
        subject=woven.subject,
        content=woven.content,
    )
    path = seals.return_paths(envelope().sender)(key)
    return Newsletter(language, tickets, Parcel(number, path, address, content, woven.wire_safe))


def newsletters() -> Iterator[Newsletter]:
    """Each language, for one with two tickets and one without."""
    for number, language in enumerate(LANGUAGES):
        for tickets in (0, 2):
            yield newsletter(language, *NAMES[language], tickets=tickets, number=10 * number + tickets + 1)
