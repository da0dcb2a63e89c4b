"""A whole message as it crosses the line, woven by content, read by Python's own parser (H1, H3, H4, H5)."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from html.parser import HTMLParser

import pytest
from django.conf import LazySettings

from tests.content.made import COMPOSITION, LOOK, Held, combination, personal
from tests.delivery.world import Recorder, entered, fan, newsletter
from tifo.content.rules.loom import Loom
from tifo.delivery.public import Claimed, claim, cross

pytestmark = pytest.mark.django_db

NAMES = {
    "fr": ("Zoë", "Ünal"),
    "ar": ("ليلى", "حسن"),
    "en": ('Ann "the" Fan, <evil@example.net>', "\u202eO’Neil"),
}
PICTURE = {"en": "![The lake at dusk](https://pictures.example.org/lake.jpg)"}


class Seen(HTMLParser):
    """Links, pictures and the direction of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.pictures: list[dict[str, str]] = []
        self.page: dict[str, str] = {}
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "a":
            self.links.add(values["href"])
        elif tag == "img":
            self.pictures.append(values)
        elif tag == "html":
            self.page = values


def crossed(language: str, settings: LazySettings) -> tuple[Claimed, EmailMessage, bytes]:
    """One message of the three slots, as the mail server gets it."""
    settings.TIFO_SENDER = "Les Jeux, l’été <news@tifo.example>"
    settings.TIFO_TRACK_URL = LOOK.track_url
    first, last = NAMES[language]
    mailing = newsletter()
    entered(mailing, [fan(1, first_name=first, last_name=last)])
    (claimed,) = claim(mailing, 0, owner="a")
    welcome = COMPOSITION.blocks[0]
    pictured = replace(welcome, texts={**welcome.texts, "en": f"{welcome.texts['en']}\n\n{PICTURE['en']}"})
    loom = Loom(replace(COMPOSITION, blocks=(pictured, *COMPOSITION.blocks[1:])), LOOK)
    hers = replace(
        personal(tickets=(Held(), Held(ref="R-2", gate="D")), first_name=first, language=language),
        link_token=claimed.link_token,
        unsubscribe_token=claimed.unsubscribe_token,
    )
    transport = Recorder()
    cross(mailing, [(claimed, loom.weave(combination(language), hers))], transport)
    (parcel,) = transport.parcels
    message = message_from_bytes(parcel.content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return claimed, message, parcel.content


@pytest.mark.parametrize("language", NAMES)
def test_h1_every_header_is_there_once_and_right(language: str, settings: LazySettings) -> None:
    """H1, H4, H5: no defect, no long line, RFC 8058, one sender and one reader, whatever her name is."""
    claimed, message, raw = crossed(language, settings)
    assert [part.defects for part in message.walk()] == [[], [], []]
    assert [header.defects for header in message.values()] == [()] * len(message)
    assert len(message.keys()) == len(set(message.keys()))
    assert not re.search(rb"\r(?!\n)|(?<!\r)\n|[^\x00-\x7f]", raw)
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert all(len(word) <= 75 for word in re.findall(rb"=\?\S+\?=", raw))
    assert message["List-Unsubscribe"] == f"<{LOOK.track_url}/u/{claimed.unsubscribe_token}>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert re.fullmatch(r"<[A-Za-z0-9._-]+@tifo\.example>", message["Message-ID"])
    (sender,), (reader,) = message["From"].addresses, message["To"].addresses
    assert (sender.display_name, sender.addr_spec) == ("Les Jeux, l’été", "news@tifo.example")
    assert reader.addr_spec == "fan1@example.org"
    assert NAMES[language][0].replace(" ", "") in reader.display_name.replace(" ", "")
    assert abs((parsedate_to_datetime(message["Date"]) - datetime.now(UTC)).total_seconds()) < 60
    assert message["Content-Language"] == language
    assert message["MIME-Version"] == "1.0"


@pytest.mark.parametrize("language", NAMES)
def test_h3_both_parts_say_the_same(language: str, settings: LazySettings) -> None:
    """H3, H4: text before HTML, the same links, a visible way to leave, pictures with words, no tag left, small."""
    claimed, message, raw = crossed(language, settings)
    assert message.get_content_type() == "multipart/alternative"
    plain, rich = message.iter_parts()
    assert (plain.get_content_type(), rich.get_content_type()) == ("text/plain", "text/html")
    text, html = plain.get_content(), rich.get_content()
    seen = Seen(html)
    assert seen.links <= set(re.findall(r"<(https?://[^>\s]+)>", text))
    assert f"{LOOK.track_url}/u/{claimed.unsubscribe_token}" in seen.links
    assert f"{LOOK.public_url}/preferences/?t={claimed.unsubscribe_token}" in seen.links
    assert all("alt" in picture for picture in seen.pictures)
    assert [picture["alt"] for picture in seen.pictures if "pictures." in picture["src"]] == (
        ["The lake at dusk"] if language == "en" else []
    )
    assert seen.page["lang"] == language
    assert seen.page["dir"] == ("rtl" if language == "ar" else "ltr")
    for part in (text, html):
        assert LOOK.postal_address in part
        assert not re.search(r"\{\{|tifomark|tifofence", part)
    assert len(raw) < 100_000
