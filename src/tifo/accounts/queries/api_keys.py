"""Which API keys there are, and who calls."""

import hmac

from tifo.accounts.models import ApiKey
from tifo.accounts.queries.people import roles_of
from tifo.accounts.rules import api_keys as rules
from tifo.accounts.types import ApiCaller, ApiKeyValue
from tifo.kernel.public import clock


def _works(key: ApiKey) -> bool:
    return (
        key.revoked_at is None
        and key.user.is_active
        and hmac.compare_digest(key.stamp, key.user.security_stamp)
        and (key.expires_at is None or key.expires_at > clock.now())
    )


def api_caller(text: str) -> ApiCaller | None:
    """Who holds this key, with the roles that both the key and its holder have; None for a key that is dead."""
    prefix = rules.prefix_of(text)
    if prefix is None:
        return None
    key = ApiKey.objects.select_related("user").filter(prefix=prefix).first()
    if key is None or not hmac.compare_digest(bytes(key.hash), rules.key_hash(text)) or not _works(key):
        return None
    return ApiCaller(key.user_id, key.id, frozenset(key.roles) & roles_of(key.user_id), key.last_used_at)


def api_keys_of(user_id: int) -> list[ApiKeyValue]:
    """A person's keys, the newest first."""
    return [
        ApiKeyValue(
            id=key.id,
            name=key.name,
            prefix=key.prefix,
            roles=frozenset(key.roles),
            created_at=key.created_at,
            expires_at=key.expires_at,
            last_used_at=key.last_used_at,
            works=_works(key),
        )
        for key in ApiKey.objects.select_related("user").filter(user_id=user_id).order_by("-id")
    ]
