"""The door of delivery."""

from tifo.delivery.actions.crossing import Crossing, cross
from tifo.delivery.actions.doubts import settle_doubts, sign_for
from tifo.delivery.actions.epoch import bind_new
from tifo.delivery.actions.erasure import forget_fan
from tifo.delivery.actions.feedback import count_inbound, hear, hear_mail, hear_service
from tifo.delivery.actions.hits import archived_hits, load_hits
from tifo.delivery.actions.inbound import fetch_inbound, open_mailbox, serve_inbound
from tifo.delivery.actions.judging import judge_again
from tifo.delivery.actions.ledger import claim, enter, expire, let_go, recover, release, settle, sum_up
from tifo.delivery.actions.letters import send_letter, send_letters, store_letter
from tifo.delivery.actions.mailings import (
    cancel,
    open_mailing,
    pause,
    register_links,
    restore_link_files,
    resume,
)
from tifo.delivery.actions.pace import forget_idle
from tifo.delivery.actions.paces import domains_of, remove_pace, set_pace
from tifo.delivery.actions.places import note_audit, raise_epoch, release_sending, stop_sending
from tifo.delivery.actions.places import watch as watch_epoch
from tifo.delivery.actions.reach import rests_until
from tifo.delivery.actions.suppression import suppress, unsuppress
from tifo.delivery.actions.transports import open_transport
from tifo.delivery.actions.upkeep import send_waiting_letters, tend_mailings
from tifo.delivery.actions.webhooks import hear_webhook
from tifo.delivery.actions.withdrawals import drain_withdrawals
from tifo.delivery.events import FeedbackHeard, HitsArchived, MessageRefused, PlannedAgain
from tifo.delivery.ports import Flight, Outcome, Parcel, Transport, Verdict
from tifo.delivery.queries import (
    broken_promises,
    counts,
    fans_of_chunk,
    is_suppressed,
    links_of,
    mailing,
    may_send_here,
    named_by,
    next_due,
    sending_state,
    sent_to,
    server_awaited,
    unsubscribed,
    waiting,
    why_nothing_leaves,
    word_to_type,
)
from tifo.delivery.queries.doubts import doubts, doubts_count, names_of_doubts
from tifo.delivery.queries.epoch import epoch_file
from tifo.delivery.queries.feedback import heard_of, inbound_counts, returned, suppressed_for
from tifo.delivery.queries.paces import paces, resting
from tifo.delivery.rules.pace import PaceInfo
from tifo.delivery.types import (
    Awaited,
    Claimed,
    Counts,
    CrossingReport,
    Doubt,
    Entered,
    FeedbackLine,
    Held,
    Link,
    MailingInfo,
    Named,
    PlaceInfo,
    Resting,
    Returned,
    SendingState,
    SendingStopped,
    SentMessage,
    ServiceReport,
    SettledDoubts,
    TrackedLink,
    Waiting,
    Woven,
)

__all__ = [
    "Awaited",
    "Claimed",
    "Counts",
    "Crossing",
    "CrossingReport",
    "Doubt",
    "Entered",
    "FeedbackHeard",
    "FeedbackLine",
    "Flight",
    "Held",
    "HitsArchived",
    "Link",
    "MailingInfo",
    "MessageRefused",
    "Named",
    "Outcome",
    "PaceInfo",
    "Parcel",
    "PlaceInfo",
    "PlannedAgain",
    "Resting",
    "Returned",
    "SendingState",
    "SendingStopped",
    "SentMessage",
    "ServiceReport",
    "SettledDoubts",
    "TrackedLink",
    "Transport",
    "Verdict",
    "Waiting",
    "Woven",
    "archived_hits",
    "bind_new",
    "broken_promises",
    "cancel",
    "claim",
    "count_inbound",
    "counts",
    "cross",
    "domains_of",
    "doubts",
    "doubts_count",
    "drain_withdrawals",
    "enter",
    "epoch_file",
    "expire",
    "fans_of_chunk",
    "fetch_inbound",
    "forget_fan",
    "forget_idle",
    "hear",
    "hear_mail",
    "hear_service",
    "hear_webhook",
    "heard_of",
    "inbound_counts",
    "is_suppressed",
    "judge_again",
    "let_go",
    "links_of",
    "load_hits",
    "mailing",
    "may_send_here",
    "named_by",
    "names_of_doubts",
    "next_due",
    "note_audit",
    "open_mailbox",
    "open_mailing",
    "open_transport",
    "paces",
    "pause",
    "raise_epoch",
    "recover",
    "register_links",
    "release",
    "release_sending",
    "remove_pace",
    "resting",
    "restore_link_files",
    "rests_until",
    "resume",
    "returned",
    "send_letter",
    "send_letters",
    "send_waiting_letters",
    "sending_state",
    "sent_to",
    "serve_inbound",
    "server_awaited",
    "set_pace",
    "settle",
    "settle_doubts",
    "sign_for",
    "stop_sending",
    "store_letter",
    "sum_up",
    "suppress",
    "suppressed_for",
    "tend_mailings",
    "unsubscribed",
    "unsuppress",
    "waiting",
    "watch_epoch",
    "why_nothing_leaves",
    "word_to_type",
]
