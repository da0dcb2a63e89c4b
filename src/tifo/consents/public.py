"""The door of consents."""

from tifo.consents.actions import (
    confirm,
    forget,
    give,
    publish_notice,
    record_imported,
    request,
    withdraw,
    withdraw_all,
)
from tifo.consents.events import ConsentGiven, ConsentsImported, ConsentWithdrawn
from tifo.consents.queries import (
    broken_promises,
    consent_states,
    consents_of,
    ever_given,
    heads,
    ledger,
    lock_heads,
    notice,
    notices,
    notices_by_id,
    purpose_keys,
    purposes,
    verify_ledger,
)
from tifo.consents.rules import age_needed, may_give
from tifo.consents.types import Answer, ConsentState, Entry, Notice, Purpose

__all__ = [
    "Answer",
    "ConsentGiven",
    "ConsentState",
    "ConsentWithdrawn",
    "ConsentsImported",
    "Entry",
    "Notice",
    "Purpose",
    "age_needed",
    "broken_promises",
    "confirm",
    "consent_states",
    "consents_of",
    "ever_given",
    "forget",
    "give",
    "heads",
    "ledger",
    "lock_heads",
    "may_give",
    "notice",
    "notices",
    "notices_by_id",
    "publish_notice",
    "purpose_keys",
    "purposes",
    "record_imported",
    "request",
    "verify_ledger",
    "withdraw",
    "withdraw_all",
]
