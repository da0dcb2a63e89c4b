"""Who there is and what she may do."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from allauth.mfa.models import Authenticator

from tifo.accounts.models import RoleGrant, User
from tifo.accounts.types import StaffMember
from tifo.kernel.public import clock, tokens

INVITATION = "accounts.invitation"
INVITATION_LIFE = timedelta(days=7)


def roles_of(user_id: int) -> frozenset[str]:
    """The roles of somebody who may sign in; none for anybody else."""
    return frozenset(
        RoleGrant.objects.filter(user_id=user_id, user__is_active=True).values_list("role", flat=True)
    )


def account_by_email(email: str) -> int | None:
    """The account that signs in with this address."""
    return User.objects.filter(email__iexact=email.strip()).values_list("id", flat=True).first()


def names_of(user_ids: Collection[int]) -> dict[int, str]:
    """How to call these people: name, or address where no name is known."""
    return {user.id: str(user) for user in User.objects.filter(id__in=user_ids).only("id", "name", "email")}


def name_of(user_id: int | None) -> str:
    """How to call this person; empty for nobody (an act of the system)."""
    return names_of([user_id]).get(user_id, f"#{user_id}") if user_id is not None else ""


def staff_members(only: int | None = None) -> list[StaffMember]:
    """Everybody who holds a role, and the disabled among them, by name; or `only` this person."""
    with_second_factor = set(
        Authenticator.objects.exclude(type=Authenticator.Type.RECOVERY_CODES).values_list(
            "user_id", flat=True
        )
    )
    people = User.objects.filter(grants__isnull=False).distinct().prefetch_related("grants")
    if only is not None:
        people = people.filter(id=only)
    members = [
        StaffMember(
            id=user.id,
            email=user.email,
            name=user.name,
            roles=frozenset(grant.role for grant in user.grants.all()),
            active=user.is_active,
            invited=not user.has_usable_password(),
            second_factor=user.id in with_second_factor,
            last_sign_in=user.last_login,
        )
        for user in people
    ]
    return sorted(members, key=lambda member: (not member.active, (member.name or member.email).casefold()))


def invitation_token(user: User) -> str:
    """Opens the page that takes an invitation up, for a week or until the account's stamp changes."""
    until = int((clock.now() + INVITATION_LIFE).timestamp())
    return tokens.sign(INVITATION, f"{user.id}:{until}:{user.security_stamp}".encode())


def invited_account(token: str) -> int | None:
    """The account that this invitation is for, while it still counts."""
    payload = tokens.read(INVITATION, token)
    if payload is None:
        return None
    user_id, until, stamp = payload.decode().split(":")
    if clock.over(datetime.fromtimestamp(int(until), UTC)):
        return None
    return (
        User.objects.filter(id=int(user_id), security_stamp=stamp, is_active=True)
        .values_list("id", flat=True)
        .first()
    )
