"""Each write of accounts: one verb, one transaction."""

from tifo.accounts.actions.api_keys import make_api_key, note_api_key_use, revoke_api_key
from tifo.accounts.actions.audit_trail import audit, sign_checkpoint
from tifo.accounts.actions.people import (
    accept_invitation,
    close_account,
    create_staff,
    disable,
    enable,
    ensure_account,
    invite,
    rename,
    repeat_invitation,
    security_changed,
    set_password,
)
from tifo.accounts.actions.roles import grant_role, revoke_role, set_roles
from tifo.accounts.actions.sessions import forget_expired
from tifo.accounts.actions.work import forget_spent_work, spend_work, work_for

__all__ = [
    "accept_invitation",
    "audit",
    "close_account",
    "create_staff",
    "disable",
    "enable",
    "ensure_account",
    "forget_expired",
    "forget_spent_work",
    "grant_role",
    "invite",
    "make_api_key",
    "note_api_key_use",
    "rename",
    "repeat_invitation",
    "revoke_api_key",
    "revoke_role",
    "security_changed",
    "set_password",
    "set_roles",
    "sign_checkpoint",
    "spend_work",
    "work_for",
]
