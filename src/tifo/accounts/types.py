"""Who may do what, as plain values."""

import enum
from dataclasses import dataclass
from datetime import datetime


class Role(enum.StrEnum):
    """What a member of the staff is trusted with. One person may hold several."""

    COMMUNICATOR = "communicator"  # writes content, composes and sends campaigns
    APPROVER = "approver"  # says yes to a campaign that another person prepared
    ANIMATOR = "animator"  # the life of the club
    ANALYST = "analyst"  # reads figures, asks questions about audiences
    SUPPORT = "support"  # answers one fan at a time; programme and tickets
    DATA_PROTECTION = "data-protection"  # consents, access, erasure, audit trail
    ADMIN = "admin"  # people, roles, settings


STAFF: frozenset[str] = frozenset(role.value for role in Role)
"""Every role: whoever holds any of them is staff."""


@dataclass(frozen=True)
class StaffMember:
    """One member of the staff as lists show her. `second_factor`: she has set one up."""

    id: int
    email: str
    name: str
    roles: frozenset[str]
    active: bool
    invited: bool
    second_factor: bool
    last_sign_in: datetime | None


@dataclass(frozen=True)
class AuditEntryValue:
    """One line of the audit trail. `detail` is the JSON text that the hash covers, `words` the same to read."""

    sequence: int
    at: datetime
    actor_id: int | None
    actor: str
    act: str
    subject: str
    detail: str
    words: str
    hash: str


@dataclass(frozen=True)
class ApiKeyValue:
    """An API key as lists show it: the secret itself is known to nobody but its holder."""

    id: int
    name: str
    prefix: str
    roles: frozenset[str]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    works: bool


@dataclass(frozen=True)
class ApiCaller:
    """Who calls the API: the key's holder, with the roles of the key that she still holds herself."""

    user_id: int
    key_id: int
    roles: frozenset[str]
    last_used_at: datetime | None
