"""Fans, a campaign and a mail server for the tests of campaigns."""

import re
from email import message_from_bytes
from email.header import decode_header, make_header

from tests.delivery.world import Sink
from tifo.campaigns.public import CampaignDefinition, read_campaign_file
from tifo.consents.public import give
from tifo.fans.public import create_fan

FILE = """
campaign: the-week
purpose: newsletter
fallback: en
audience: 'everyone()'
subject: {en: 'Edition 1', fr: 'Numéro 1'}
slots:
  - {slot: trunk, blocks: [welcome]}
blocks:
  welcome: {markdown: {en: "Hello, [see](https://example.org/en).", fr: "Bonjour, [vois](https://example.org/fr)."}}
"""


def definition(
    name: str = "the-week", *, edition: int = 1, audience: str = "everyone()"
) -> CampaignDefinition:
    """A campaign whose subject tells its edition."""
    text = FILE.replace("the-week", name).replace("Edition 1", f"Edition {edition}")
    return read_campaign_file(text.replace("Numéro 1", f"Numéro {edition}").replace("everyone()", audience))


def fan(number: int, *purposes: str, language: str = "en", timezone: str = "Europe/Paris") -> int:
    """A fan at an address that may be written to outside production, with these consents."""
    email = f"fan{number}@example.org"
    made = create_fan(source="tests", email=email, language=language, timezone=timezone)
    for purpose in purposes:
        give(made, purpose, source="tests")
    return made


def taken(sink: Sink) -> list[tuple[str, str]]:
    """(recipient, subject) of every mail that the server took, in its order."""
    mails = [message_from_bytes(content) for content in sink.contents]
    return [
        (re.sub(r".*<|>.*", "", str(mail["To"])), str(make_header(decode_header(str(mail["Subject"])))))
        for mail in mails
    ]
