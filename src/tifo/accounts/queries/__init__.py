"""Each read of accounts."""

from tifo.accounts.queries.api_keys import api_caller, api_keys_of
from tifo.accounts.queries.audit_trail import audit_acts, audit_count, audit_entries, verify_audit
from tifo.accounts.queries.people import (
    account_by_email,
    invited_account,
    name_of,
    names_of,
    roles_of,
    staff_members,
)

__all__ = [
    "account_by_email",
    "api_caller",
    "api_keys_of",
    "audit_acts",
    "audit_count",
    "audit_entries",
    "invited_account",
    "name_of",
    "names_of",
    "roles_of",
    "staff_members",
    "verify_audit",
]
