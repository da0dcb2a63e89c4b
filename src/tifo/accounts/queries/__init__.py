"""Each read of accounts."""

from tifo.accounts.queries.api_keys import api_caller, api_keys_of
from tifo.accounts.queries.audit import broken_promises
from tifo.accounts.queries.audit_trail import (
    AuditPages,
    audit_acts,
    audit_count,
    audit_entries,
    latest_checkpoint,
    verify_audit,
)
from tifo.accounts.queries.people import (
    account_by_email,
    invitation_token,
    invited_account,
    name_of,
    names_of,
    roles_of,
    staff_members,
)

__all__ = [
    "AuditPages",
    "account_by_email",
    "api_caller",
    "api_keys_of",
    "audit_acts",
    "audit_count",
    "audit_entries",
    "broken_promises",
    "invitation_token",
    "invited_account",
    "latest_checkpoint",
    "name_of",
    "names_of",
    "roles_of",
    "staff_members",
    "verify_audit",
]
