"""Reading consents."""

from tifo.consents.queries.states import (
    check_purpose,
    consent_states,
    consents_of,
    heads,
    ledger,
    lock_heads,
    notice,
    notices,
    notices_by_id,
    purpose_keys,
    purposes,
)
from tifo.consents.queries.verify import verify_ledger

__all__ = [
    "check_purpose",
    "consent_states",
    "consents_of",
    "heads",
    "ledger",
    "lock_heads",
    "notice",
    "notices",
    "notices_by_id",
    "purpose_keys",
    "purposes",
    "verify_ledger",
]
