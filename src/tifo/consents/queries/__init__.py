"""Reading consents."""

from tifo.consents.queries.audit import broken_promises, ever_given
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
    "broken_promises",
    "check_purpose",
    "consent_states",
    "consents_of",
    "ever_given",
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
