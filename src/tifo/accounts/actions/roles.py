"""Who is trusted with what."""

from collections.abc import Collection

from django.db import transaction
from django.utils.translation import gettext as _

from tifo.accounts.actions.audit_trail import audit
from tifo.accounts.actions.stamps import locked_account, renew_stamp
from tifo.accounts.models import RoleGrant
from tifo.accounts.types import STAFF, Role
from tifo.kernel.public import Refused, clock


def known_role(role: str) -> str:
    """`role`, if there is such a one."""
    if role not in STAFF:
        raise Refused(
            _("There is no role “%(role)s”; the roles are %(roles)s.")
            % {"role": role, "roles": ", ".join(sorted(STAFF))}
        )
    return str(role)


def keep_an_admin(leaving: int) -> None:
    """Refuse to lose the last person who can let others in."""
    others = RoleGrant.objects.filter(role=Role.ADMIN, user__is_active=True).exclude(user_id=leaving)
    if not others.exists():
        raise Refused(_("This is the last active admin; make somebody else admin first."))


def grant_role(user_id: int, role: str, *, actor_id: int | None = None) -> bool:
    """Trust somebody with a role; False when she holds it already. Ends her sessions and API keys."""
    role = known_role(role)
    with transaction.atomic():
        user = locked_account(user_id)
        grant, new = RoleGrant.objects.get_or_create(
            user=user, role=role, defaults={"granted_at": clock.now(), "granted_by_id": actor_id}
        )
        if new:
            renew_stamp(user)
            audit(actor_id, "accounts.grant_role", f"user:{user_id}", {"role": grant.role})
    return new


def revoke_role(user_id: int, role: str, *, actor_id: int | None = None) -> bool:
    """Take a role away; False when she does not hold it. Ends her sessions and API keys."""
    role = known_role(role)
    with transaction.atomic():
        user = locked_account(user_id)
        held = RoleGrant.objects.filter(user=user, role=role)
        if not held.exists():
            return False
        if role == Role.ADMIN and user.is_active:
            keep_an_admin(user_id)
        held.delete()
        renew_stamp(user)
        audit(actor_id, "accounts.revoke_role", f"user:{user_id}", {"role": role})
    return True


def set_roles(user_id: int, roles: Collection[str], *, actor_id: int | None = None) -> bool:
    """Have her hold exactly these roles: one entry in the trail for each role given or taken."""
    wanted = {known_role(role) for role in roles}
    with transaction.atomic():
        held = set(RoleGrant.objects.filter(user_id=user_id).values_list("role", flat=True))
        changes = [grant_role(user_id, role, actor_id=actor_id) for role in sorted(wanted - held)]
        changes += [revoke_role(user_id, role, actor_id=actor_id) for role in sorted(held - wanted)]
    return any(changes)
