"""Keys for programs that act in somebody's name."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from tifo.accounts.actions.audit_trail import audit
from tifo.accounts.actions.stamps import locked_account
from tifo.accounts.models import ApiKey
from tifo.accounts.rules.api_keys import fresh_key
from tifo.kernel.public import Refused, clock


def make_api_key(
    user_id: int, name: str, roles: Collection[str], *, expires_at: datetime | None = None
) -> str:
    """A new key in somebody's name with some of her roles; the answer is the only time its text is known."""
    with transaction.atomic():
        user = locked_account(user_id)
        wanted = set(roles)
        if not wanted or not wanted <= user.role_names:
            raise Refused(_("A key carries one or more of your own roles."))
        if not name.strip():
            raise Refused(_("Name the key after the program that will use it."))
        key = fresh_key()
        row = ApiKey.objects.create(
            user=user,
            name=name.strip()[:80],
            prefix=key.prefix,
            hash=key.hash,
            roles=sorted(wanted),
            stamp=user.security_stamp,
            created_at=clock.now(),
            expires_at=expires_at,
        )
        audit(user_id, "accounts.make_api_key", f"api_key:{row.id}", {"roles": sorted(wanted)})
    return key.text


def revoke_api_key(key_id: int, *, actor_id: int) -> None:
    """End a key of one's own."""
    with transaction.atomic():
        changed = ApiKey.objects.filter(id=key_id, user_id=actor_id, revoked_at=None).update(
            revoked_at=clock.now()
        )
        if not changed:
            raise Refused(_("You have no such key, or it was revoked already."))
        audit(actor_id, "accounts.revoke_api_key", f"api_key:{key_id}")


def note_api_key_use(key_id: int) -> None:
    """Remember when a key was last used."""
    ApiKey.objects.filter(id=key_id).update(last_used_at=clock.now())
