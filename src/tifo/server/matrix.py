"""Who may open what. Every URL of tifo has its row here; what has none is refused, and a test says so.

A row is PUBLIC, FAN (anybody who is signed in), a set of roles, or `split(read, write)` where looking (GET, HEAD,
OPTIONS) and doing (all else) differ. The key is the URL's name as Django sees it: "campaigns:list". A name that ends
in * stands for all names that begin so, where a framework makes them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tifo.accounts.public import STAFF, Role

PUBLIC: Final = "public"
FAN: Final = "fan"
SIGNED_IN_FAN: Final = FAN

Rule = str | frozenset[str]


@dataclass(frozen=True)
class Split:
    """Looking and doing are different rights."""

    read: Rule
    write: Rule


def roles(*names: Role) -> frozenset[str]:
    """Whoever holds one of these."""
    return frozenset(name.value for name in names)


def split(read: Rule, write: Rule) -> Split:
    """`read` may look, `write` may do."""
    return Split(read, write)


LOOKING = frozenset({"GET", "HEAD", "OPTIONS"})

ADMIN = roles(Role.ADMIN)
AUDITORS = roles(Role.ADMIN, Role.DATA_PROTECTION)

ACCOUNTS: Mapping[str, Rule | Split] = {
    "account_login": PUBLIC,
    "account_request_login_code": PUBLIC,
    "account_confirm_login_code": PUBLIC,
    "account_inactive": PUBLIC,
    "account_logout": PUBLIC,
    "account_reset_password": PUBLIC,
    "account_reset_password_done": PUBLIC,
    "account_reset_password_from_key": PUBLIC,
    "account_reset_password_from_key_done": PUBLIC,
    "mfa_authenticate": PUBLIC,
    "mfa_login_webauthn": PUBLIC,
    "account_email": STAFF,  # a fan's address is changed in the club, where she is known by it
    "account_confirm_email": PUBLIC,
    "account_change_password": FAN,
    "account_set_password": FAN,
    "account_reauthenticate": FAN,
    "mfa_reauthenticate": FAN,
    "mfa_reauthenticate_webauthn": FAN,
    "usersessions_list": FAN,
    "mfa_index": FAN,
    "mfa_activate_totp": FAN,
    "mfa_deactivate_totp": FAN,
    "mfa_list_webauthn": FAN,
    "mfa_add_webauthn": FAN,
    "mfa_remove_webauthn": FAN,
    "mfa_edit_webauthn": FAN,
    "mfa_view_recovery_codes": FAN,
    "mfa_generate_recovery_codes": FAN,
    "mfa_download_recovery_codes": FAN,
    "accounts:invitation": PUBLIC,
    "accounts:work": PUBLIC,
    "accounts:mine": FAN,
    "accounts:api_keys": STAFF,
    "accounts:revoke_api_key": STAFF,
    "accounts:settings": STAFF,
    "accounts:people": ADMIN,
    "accounts:invite": ADMIN,
    "accounts:person": ADMIN,
    "accounts:audit": AUDITORS,
}

LOOK: Mapping[str, Rule | Split] = {
    "look:accent": PUBLIC,
    "look:language": PUBLIC,
    "ui:components": STAFF,
    "ui:components-club": STAFF,
    "ui:components-plain": STAFF,
    "ui:components-letter": STAFF,
    "ui:components-progress": STAFF,
}

INBOX: Mapping[str, Rule | Split] = {"inbox:*": PUBLIC}  # outside production only: its pages answer 404 there

HOOKS: Mapping[str, Rule | Split] = {  # who has the service's signature is heard
    "delivery:webhook": PUBLIC,
    "quest-hook:activity": PUBLIC,
}

FANCLUB: Mapping[str, Rule | Split] = {
    "fanclub:home": PUBLIC,
    "fanclub:join": PUBLIC,
    "fanclub:join-from": PUBLIC,
    "fanclub:look": PUBLIC,
    "fanclub:confirm": PUBLIC,
    "fanclub:manifest": PUBLIC,
    "fanclub:worker": PUBLIC,
    "fanclub:icon": PUBLIC,
    # by the token of a mail as well; the views decide whose they are
    "fanclub:preferences": PUBLIC,
    "fanclub:tastes": PUBLIC,
    "fanclub:reason": PUBLIC,
    "fanclub:answer": PUBLIC,
    "fanclub:confirm-answer": PUBLIC,
    "fanclub:unsubscribe": PUBLIC,
    "fanclub:sessions": FAN,
    "fanclub:facts": FAN,
    "fanclub:everything": FAN,
    "fanclub:leave": FAN,
    "fanclub:erase": FAN,
}

KEEP_SOURCES = roles(Role.COMMUNICATOR, Role.ANIMATOR, Role.ADMIN)

SOURCES: Mapping[str, Rule | Split] = {
    "sources:list": split(STAFF, KEEP_SOURCES),
    "sources:close": KEEP_SOURCES,
    "sources:news": split(STAFF, KEEP_SOURCES),
    "sources:take-down": KEEP_SOURCES,
}

ASKERS = roles(
    Role.COMMUNICATOR, Role.APPROVER, Role.ANIMATOR, Role.ANALYST, Role.DATA_PROTECTION, Role.ADMIN
)
KEEPERS_OF_AUDIENCES = roles(Role.COMMUNICATOR, Role.ANIMATOR, Role.ANALYST, Role.ADMIN)

AUDIENCES: Mapping[str, Rule | Split] = {
    "audiences:list": ASKERS,
    "audiences:words": ASKERS,
    "audiences:size": ASKERS,
    "audiences:answer": ASKERS,  # asks by POST because a question is long; writes nothing
    "audiences:who": ASKERS,
    "audiences:new": KEEPERS_OF_AUDIENCES,
    "audiences:edit": split(ASKERS, KEEPERS_OF_AUDIENCES),
    "audiences:delete": KEEPERS_OF_AUDIENCES,
}

SEE_FANS = roles(Role.SUPPORT, Role.DATA_PROTECTION, Role.COMMUNICATOR, Role.ANIMATOR, Role.ADMIN)
MEND_FANS = roles(Role.SUPPORT, Role.DATA_PROTECTION)
IMPORT_FANS = roles(Role.COMMUNICATOR, Role.DATA_PROTECTION, Role.ADMIN)

REGISTRY: Mapping[str, Rule | Split] = {
    "registry:fans": SEE_FANS,
    "registry:fan": SEE_FANS,
    "registry:edit": MEND_FANS,
    "registry:consent": MEND_FANS,
    "registry:export": roles(Role.DATA_PROTECTION),
    "registry:erase": roles(Role.DATA_PROTECTION),
    "registry:import-new": IMPORT_FANS,
    "registry:import": IMPORT_FANS,
    "registry:import-progress": IMPORT_FANS,
    "registry:import-begin": IMPORT_FANS,
    "registry:import-discard": IMPORT_FANS,
    "registry:import-rejects": IMPORT_FANS,
}

POINTS: Mapping[str, Rule | Split] = {
    "points:mine": FAN,
    "points:badges": FAN,
    "points:badge": FAN,
    "points:boards": FAN,
    "points:stand": FAN,
    "points:leave-boards": FAN,
    "points:issuer": PUBLIC,  # whoever is shown a badge checks it there
    "points:achievement": PUBLIC,
    "ledger:fan": SEE_FANS,
    "ledger:take-back": roles(Role.SUPPORT, Role.ANIMATOR, Role.ADMIN),
}

RUN_QUESTS = roles(Role.COMMUNICATOR, Role.ANIMATOR, Role.ADMIN)

QUESTS: Mapping[str, Rule | Split] = {
    "quests:list": FAN,
    "quests:quest": FAN,
    "quests:start": FAN,
    "quests:answer": FAN,
    "quests:appeal": FAN,
    "quests:turn": FAN,
    "quests:photo": FAN,
    "quests:team": FAN,
    "quests:link": FAN,
    "quest-desk:list": STAFF,
    "quest-desk:new": RUN_QUESTS,
    "quest-desk:build": RUN_QUESTS,
    "quest-desk:look": RUN_QUESTS,  # a POST because a quest is long; writes nothing
    "quest-desk:change": RUN_QUESTS,
    "quest-desk:file": STAFF,
    "quest-desk:quest": STAFF,
    "quest-desk:settle": RUN_QUESTS,
    "quest-desk:judge": RUN_QUESTS,
    "quest-desk:team-name": RUN_QUESTS,
    "quest-desk:guest": RUN_QUESTS,
    "quest-desk:photo": RUN_QUESTS,  # a person in it may be known: only who decides on it sees it
}

KEEP_OFFERS = roles(Role.ANIMATOR, Role.ADMIN)

REWARDS: Mapping[str, Rule | Split] = {
    "proof:check": PUBLIC,
    "proof:verifier": PUBLIC,
    "rewards:list": PUBLIC,
    "rewards:log": PUBLIC,
    "rewards:offer": PUBLIC,  # a draft is no page at all
    "rewards:transcript": PUBLIC,
    "rewards:enter": FAN,
    "rewards:withdraw": FAN,
    "rewards:claim": FAN,
    "rewards:receipt": FAN,
    "offer-desk:list": STAFF,
    "offer-desk:offer": STAFF,
    "offer-desk:record": STAFF,
    "offer-desk:new": KEEP_OFFERS,
    "offer-desk:build": KEEP_OFFERS,
    "offer-desk:look": KEEP_OFFERS,  # a POST because an offer is long; writes nothing
    "offer-desk:change": KEEP_OFFERS,
    "offer-desk:file": STAFF,
    "offer-desk:review": STAFF,
    "offer-desk:decide": KEEP_OFFERS,
    "offer-desk:edit": split(STAFF, KEEP_OFFERS),
    "offer-desk:act": KEEP_OFFERS,
    "offer-desk:pass-on": KEEP_OFFERS,
    "offer-desk:mark": KEEP_OFFERS,  # the jury sits here as animators
}

SPECTATORS: Mapping[str, Rule | Split] = {
    "spectators:programme": STAFF,
    "spectators:session": STAFF,
    "spectators:venues": STAFF,
    "spectators:venue": STAFF,
    "spectators:import": roles(Role.SUPPORT, Role.ADMIN),
    "spectators:import_run": roles(Role.SUPPORT, Role.ADMIN),
    "spectators:apply_import": roles(Role.SUPPORT, Role.ADMIN),
}

WRITE_CONTENT = roles(Role.COMMUNICATOR, Role.ADMIN)

CONTENT: Mapping[str, Rule | Split] = {
    "content:list": STAFF,
    "content:new": WRITE_CONTENT,
    "content:edit": split(STAFF, WRITE_CONTENT),
    "content:look": STAFF,  # both by POST because a text is long; they write nothing
    "content:see": STAFF,
    "content:preview": STAFF,
    "content:review": roles(Role.COMMUNICATOR, Role.APPROVER, Role.ADMIN),
    "content:restore": WRITE_CONTENT,
    "content:delete": WRITE_CONTENT,
}

API: Mapping[str, Rule | Split] = {
    "api:api-root": PUBLIC,
    "api:openapi-json": PUBLIC,  # which operations there are, nothing of what they hold
    "api:openapi-view": PUBLIC,
    "api:audiences-count": STAFF,
    "api:campaigns-list": STAFF,
    "api:contacts-wordings": STAFF,
    "api:contacts-add": IMPORT_FANS,
    "api:campaigns-one": STAFF,
    "api:insights-report": STAFF,
}

INSIGHTS: Mapping[str, Rule | Split] = {
    "insights:home": STAFF,
    "insights:club": STAFF,
    "insights:report": STAFF,
}

WRITE_CAMPAIGNS = split(STAFF, roles(Role.COMMUNICATOR, Role.ADMIN))
RUN_CAMPAIGNS = roles(Role.COMMUNICATOR, Role.APPROVER, Role.ADMIN)

CAMPAIGNS: Mapping[str, Rule | Split] = {
    "campaigns:list": STAFF,
    "campaigns:campaign": STAFF,
    "campaigns:file": STAFF,
    "campaigns:preview": STAFF,
    "campaigns:audience": STAFF,
    "campaigns:send": STAFF,
    "campaigns:sending": STAFF,
    "campaigns:state": STAFF,
    "campaigns:new": roles(Role.COMMUNICATOR, Role.ADMIN),
    "campaigns:import": roles(Role.COMMUNICATOR, Role.ADMIN),
    "campaigns:who": WRITE_CAMPAIGNS,
    "campaigns:slots": WRITE_CAMPAIGNS,
    "campaigns:subject": WRITE_CAMPAIGNS,
    "campaigns:new-block": WRITE_CAMPAIGNS,
    "campaigns:block": WRITE_CAMPAIGNS,
    "campaigns:when": WRITE_CAMPAIGNS,
    "campaigns:links": RUN_CAMPAIGNS,
    "campaigns:test": WRITE_CAMPAIGNS,
    "campaigns:start": WRITE_CAMPAIGNS,
    "campaigns:act": RUN_CAMPAIGNS,
}

SENDING: Mapping[str, Rule | Split] = {
    "sending:house": STAFF,
    "sending:act": ADMIN,
    "sending:doubts": roles(Role.SUPPORT, Role.DATA_PROTECTION),
    "sending:paces": STAFF,
    "sending:new-pace": ADMIN,
    "sending:pace": ADMIN,
}

MATRIX: dict[str, Rule | Split] = {
    **API,
    **INSIGHTS,
    **CONTENT,
    **CAMPAIGNS,
    **SENDING,
    **POINTS,
    **QUESTS,
    **REWARDS,
    **SPECTATORS,
    **REGISTRY,
    **AUDIENCES,
    **FANCLUB,
    **SOURCES,
    **INBOX,
    **HOOKS,
    **LOOK,
    **ACCOUNTS,
}

SECOND_FACTOR_PAGES: Final = frozenset(
    {
        "mfa_index",
        "mfa_activate_totp",
        "mfa_list_webauthn",
        "mfa_add_webauthn",
        "mfa_view_recovery_codes",
        "mfa_generate_recovery_codes",
        "mfa_download_recovery_codes",
        "account_reauthenticate",
        "mfa_reauthenticate",
        "mfa_reauthenticate_webauthn",
        "account_logout",
    }
)
"""All that staff reaches in production before her session has passed a second factor."""


def rule_for(name: str, method: str) -> Rule | None:
    """Who may do this; None for nobody."""
    row = MATRIX.get(name)
    if row is None:
        row = next(
            (rule for key, rule in MATRIX.items() if key.endswith("*") and name.startswith(key[:-1])), None
        )
    if isinstance(row, Split):
        return row.read if method in LOOKING else row.write
    return row


def allows(rule: Rule | None, *, signed_in: bool, roles: frozenset[str]) -> bool:
    """Whether somebody with these roles passes."""
    if rule is None:
        return False
    if isinstance(rule, frozenset):
        return bool(rule & roles)
    return rule == PUBLIC or (rule == FAN and signed_in)
