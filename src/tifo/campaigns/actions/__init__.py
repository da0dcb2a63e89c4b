"""What can be done with a campaign, a verb each."""

from tifo.campaigns.actions.check import check_definition
from tifo.campaigns.actions.compose import (
    change_audience,
    change_block,
    change_composition,
    change_head,
    new_campaign,
)
from tifo.campaigns.actions.lifecycle import (
    approve,
    begin_due,
    cancel,
    finish_if_done,
    pause,
    resume,
    send_again,
    start_missed,
)
from tifo.campaigns.actions.plan import plan, plan_waiting
from tifo.campaigns.actions.save import save_campaign, set_timing
from tifo.campaigns.actions.send import send_chunk
from tifo.campaigns.actions.start import start
from tifo.campaigns.actions.test_send import test_send
from tifo.campaigns.actions.watching import go_on, watch_sendings

__all__ = [
    "approve",
    "begin_due",
    "cancel",
    "change_audience",
    "change_block",
    "change_composition",
    "change_head",
    "check_definition",
    "finish_if_done",
    "go_on",
    "new_campaign",
    "pause",
    "plan",
    "plan_waiting",
    "resume",
    "save_campaign",
    "send_again",
    "send_chunk",
    "set_timing",
    "start",
    "start_missed",
    "test_send",
    "watch_sendings",
]
