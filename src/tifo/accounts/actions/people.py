"""Who can sign in."""

import unicodedata
from collections.abc import Collection

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from tifo.accounts.actions.audit_trail import audit
from tifo.accounts.actions.roles import keep_an_admin, known_role, set_roles
from tifo.accounts.actions.stamps import fresh_stamp, locked_account, renew_stamp
from tifo.accounts.models import ApiKey, RoleGrant, User
from tifo.accounts.queries.people import invited_account
from tifo.kernel.public import Refused, clock


def login_address(text: str) -> str:
    """The spelling of an address that accounts are known by; raises Refused for what is none."""
    address = unicodedata.normalize("NFC", text.strip()).lower()
    try:
        validate_email(address)
    except ValidationError:
        raise Refused(_("“%(text)s” is not an e-mail address.") % {"text": text.strip()}) from None
    return address


def checked_password(password: str, user: User) -> str:
    """`password`, if it is good enough."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Refused(" ".join(error.messages)) from None
    return password


def _new_account(email: str, name: str, language: str, *, verified: bool) -> User:
    user = User(
        email=email,
        name=name.strip()[:150],
        language=language,
        date_joined=clock.now(),
        security_stamp=fresh_stamp(),
    )
    user.set_unusable_password()
    user.save(force_insert=True)
    EmailAddress.objects.create(user=user, email=email, primary=True, verified=verified)
    return user


def ensure_account(email: str, *, name: str = "", language: str = "en") -> int:
    """The account of this address, made where there is none: without password, she signs in by mailed code."""
    address = login_address(email)
    with transaction.atomic():
        user = User.objects.filter(email__iexact=address).first()
        if user is None:
            user = _new_account(address, name, language, verified=False)
    return user.id


def create_staff(email: str, name: str, password: str | None, roles: Collection[str]) -> int:
    """Have this person on the staff with exactly these roles; calling it again changes nothing.

    Without a password she is left to set one from an invitation.
    """
    wanted = {known_role(role) for role in roles}
    if not wanted:
        raise Refused(_("Somebody on the staff needs at least one role."))
    address = login_address(email)
    with transaction.atomic():
        user = User.objects.select_for_update().filter(email__iexact=address).first()
        if user is None:
            user = _new_account(address, name, "en", verified=True)
            audit(None, "accounts.create", f"user:{user.id}", {"roles": sorted(wanted)})
        if name.strip() and user.name != name.strip()[:150]:
            rename(user.id, name)
        set_roles(user.id, wanted)
        if password and not user.check_password(password):
            set_password(user.id, password)
    return user.id


def rename(user_id: int, name: str) -> None:
    """Change how this person is called."""
    User.objects.filter(id=user_id).update(name=name.strip()[:150])


def set_password(user_id: int, password: str, *, actor_id: int | None = None) -> None:
    """Give the account a new password. Ends its sessions and API keys."""
    with transaction.atomic():
        user = locked_account(user_id)
        user.set_password(checked_password(password, user))
        user.save(update_fields=["password"])
        renew_stamp(user)
        audit(actor_id, "accounts.set_password", f"user:{user_id}")


def invite(
    email: str, name: str, roles: Collection[str], *, actor_id: int | None, language: str = "en"
) -> int:
    """Put somebody on the staff who sets her password herself; the letter is sent by the screen that asks."""
    wanted = {known_role(role) for role in roles}
    if not wanted:
        raise Refused(_("Choose at least one role for her."))
    address = login_address(email)
    with transaction.atomic():
        user = User.objects.select_for_update().filter(email__iexact=address).first()
        if user is not None and RoleGrant.objects.filter(user=user).exists():
            raise Refused(_("%(email)s is on the staff already.") % {"email": address})
        if user is None:
            user = _new_account(address, name, language, verified=True)
        elif name.strip():
            rename(user.id, name)
        audit(actor_id, "accounts.invite", f"user:{user.id}")
        set_roles(user.id, wanted, actor_id=actor_id)
    return user.id


def repeat_invitation(user_id: int, *, actor_id: int) -> None:
    """Make the invitations sent so far worthless; the screen that asks sends a new one."""
    with transaction.atomic():
        user = locked_account(user_id)
        if user.has_usable_password() or not user.is_active:
            raise Refused(_("This person has taken up her invitation, or her account is closed."))
        renew_stamp(user)
        audit(actor_id, "accounts.invite", f"user:{user_id}")


def accept_invitation(user_id: int, name: str, password: str, *, token: str) -> None:
    """An invited person chooses how she is called and her password; the invitation is used up."""
    with transaction.atomic():
        user = locked_account(user_id)
        if invited_account(token) != user_id:
            raise Refused(_("This invitation was used already, or a newer one was sent."))
        user.name = name.strip()[:150]
        user.set_password(checked_password(password, user))
        user.save(update_fields=["name", "password"])
        renew_stamp(user)
        audit(user_id, "accounts.accept_invitation", f"user:{user_id}")


def disable(user_id: int, *, actor_id: int | None = None) -> None:
    """Keep somebody out from this moment: no sign-in, no session, no API key."""
    with transaction.atomic():
        user = locked_account(user_id)
        if not user.is_active:
            return
        if user.id == actor_id:
            raise Refused(_("Nobody disables herself; ask another admin."))
        if "admin" in user.role_names:
            keep_an_admin(user_id)
        user.is_active = False
        user.save(update_fields=["is_active"])
        renew_stamp(user)
        audit(actor_id, "accounts.disable", f"user:{user_id}")


def enable(user_id: int, *, actor_id: int | None = None) -> None:
    """Let somebody in again; what was open before stays closed."""
    with transaction.atomic():
        user = locked_account(user_id)
        if user.is_active:
            return
        user.is_active = True
        user.save(update_fields=["is_active"])
        renew_stamp(user)
        audit(actor_id, "accounts.enable", f"user:{user_id}")


def security_changed(user_id: int, act: str) -> None:
    """Note that somebody changed her own password or second factor: ends her sessions and API keys."""
    with transaction.atomic():
        renew_stamp(locked_account(user_id))
        audit(user_id, act, f"user:{user_id}")


def close_account(user_id: int) -> None:
    """Forget a fan's account: address, name, factors and sessions go, the number stays for the trail."""
    with transaction.atomic():
        user = locked_account(user_id)
        if RoleGrant.objects.filter(user=user).exists():
            raise Refused(_("This account is on the staff; take its roles away first."))
        EmailAddress.objects.filter(user=user).delete()
        Authenticator.objects.filter(user=user).delete()
        ApiKey.objects.filter(user=user).delete()
        user.email, user.name, user.is_active = f"closed-{user.id}@account.invalid", "", False
        user.set_unusable_password()
        user.save(update_fields=["email", "name", "is_active", "password"])
        renew_stamp(user)
        audit(None, "accounts.close", f"user:{user_id}")
