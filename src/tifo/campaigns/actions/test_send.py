"""A test to oneself: the mail as one fan would get it, to a colleague's address."""

from dataclasses import replace
from email.header import decode_header, make_header

from tifo.campaigns.queries import mailing_look
from tifo.campaigns.types import CampaignDefinition
from tifo.content.public import Personal, combination_for, loom
from tifo.delivery.public import send_letter
from tifo.fans.public import fans
from tifo.kernel.public import Refused
from tifo.spectators.public import tickets_held


def test_send(definition: CampaignDefinition, *, fan_id: int, address: str) -> int:
    """Send `address` what fan `fan_id` would get now, with links that are not tracked; the letter's id."""
    composition = definition.composition
    fan = fans([fan_id]).get(fan_id)
    combination = combination_for(composition, fan_id)
    if fan is None or combination is None:
        raise Refused("This fan is not known; choose another one to see it as.")
    personal = Personal(
        fan={
            "first_name": fan.first_name,
            "last_name": fan.last_name,
            "language": fan.language,
            "country": fan.country,
        },
        tickets=tickets_held([fan_id]).get(fan_id, ()),
        link_token="test",  # noqa: S106  a token that opens nothing
        pixel=False,
        unsubscribe_token="test",  # noqa: S106
    )
    untracked = replace(mailing_look(), track_url="")
    woven = loom(composition, mailing=untracked).weave(combination, personal)
    subject = str(make_header(decode_header(woven.subject.decode("ascii"))))
    return send_letter("test", address=address, subject=f"[test] {subject}", content=woven.content)
