"""An account's row under lock, and the stamp that everything opened with it hangs on."""

import secrets

from django.utils.translation import gettext as _

from tifo.accounts.models import User
from tifo.kernel.public import Refused


def fresh_stamp() -> str:
    """A stamp that no session or API key was made under."""
    return secrets.token_hex(16)


def locked_account(user_id: int) -> User:
    """The account, its row locked until the transaction ends."""
    user = User.objects.select_for_update().filter(id=user_id).first()
    if user is None:
        raise Refused(_("There is no account number %(id)s.") % {"id": user_id})
    return user


def renew_stamp(user: User) -> None:
    """End every session and API key of this account at once."""
    user.security_stamp = fresh_stamp()
    user.save(update_fields=["security_stamp"])
