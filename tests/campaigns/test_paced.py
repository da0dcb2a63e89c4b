"""A sending above a destination's cap goes on to its end, no faster than the cap allows (M13, M12)."""

import time

import pytest
from django.conf import LazySettings

from tests.campaigns.made import definition, fan
from tests.campaigns.worlds import work
from tests.delivery.world import inbox
from tifo.campaigns.public import Stage, progress, save_campaign, start
from tifo.delivery.public import set_pace
from tifo.lake.public import refresh

FANS, CAP = 14, 6
LONGEST = 120.0  # seconds for what takes three


@pytest.mark.django_db(transaction=True)
def test_m13_a_whole_sending_keeps_the_cap_and_ends(settings: LazySettings) -> None:
    for number in range(FANS):
        fan(number, "newsletter")
    refresh()
    set_pace(None, name="Example", scope="group", domains=["example.org"], per_second=CAP)
    save_campaign(definition())
    with inbox() as (sink, url):
        settings.TIFO_SMTP_URL = url
        sending = start("the-week")
        begun = time.monotonic()
        while progress(sending).stage is not Stage.FINISHED:
            assert time.monotonic() - begun < LONGEST, progress(sending)
            work()
            found = progress(sending)
            assert found.planned == FANS
            time.sleep(0.05)
        took = time.monotonic() - begun
    assert (found.accepted, found.open, len(sink.contents)) == (FANS, 0, FANS)
    assert took >= (FANS - CAP) / CAP
