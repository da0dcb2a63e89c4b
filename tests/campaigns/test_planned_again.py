"""A doubt that the relay never took goes its way after all, also where its sending had finished (M6)."""

import pytest
from django.conf import LazySettings

from tests.campaigns.made import definition, fan
from tests.delivery.test_doubts import AT_ONCE, Known
from tests.delivery.world import inbox
from tests.server.test_audit import sql
from tifo.campaigns.public import Stage, cancel, latest_occurrence, occurrence, progress, save_campaign, start
from tifo.delivery.models import Message
from tifo.delivery.public import settle_doubts
from tifo.server.worker import run_until_idle

pytestmark = pytest.mark.django_db(transaction=True)


def finished(settings: LazySettings, url: str) -> int:
    """A finished sending to four fans, one message of it in doubt."""
    for number in range(4):
        fan(number, "newsletter")
    save_campaign(definition())
    settings.TIFO_SMTP_URL = url
    sending = start("the-week")
    run_until_idle()
    sql(
        "UPDATE delivery_message SET state = 'unknown', owner = 'gone' WHERE id = (SELECT min(id) FROM delivery_message)"
    )()
    sql("UPDATE delivery_part SET sums = NULL")()
    assert occurrence(sending).stage is Stage.FINISHED
    return sending


def test_m6_a_finished_sending_goes_on_for_it(settings: LazySettings) -> None:
    with inbox() as (sink, url):
        sending = finished(settings, url)
        assert settle_doubts(Known(), AT_ONCE) == (0, 1, 0)
        run_until_idle()
        assert occurrence(sending).stage is Stage.FINISHED
        done = progress(sending)
        assert (done.accepted, done.unknown, done.open) == (4, 0, 0)
        assert len(sink.contents) == 5  # this test's sink had taken it, whatever the log in it says


def test_m6_where_the_campaign_is_being_sent_again_it_expires(settings: LazySettings) -> None:
    with inbox() as (sink, url):
        sending = finished(settings, url)
        settings.TIFO_APPROVAL_ABOVE = 0
        save_campaign(definition(edition=2))
        newer = start("the-week", again=True)
        run_until_idle()
        assert not occurrence(newer).stage.ended
        settle_doubts(Known(), AT_ONCE)
        run_until_idle()
        assert occurrence(sending).stage is Stage.FINISHED
        assert len(sink.contents) == 4
        assert Message.objects.filter(state="planned").count() == 1
        cancel(newer)
        assert latest_occurrence("the-week") is not None
