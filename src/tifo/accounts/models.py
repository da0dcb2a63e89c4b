"""Who signs in, what she may do, and the trail of what was done."""

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils.crypto import salted_hmac


class UserManager(BaseUserManager["User"]):
    """Finds people by address, whatever its case."""

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)


class User(AbstractBaseUser):
    """Somebody who signs in by e-mail address, fan or staff; staff is who holds a role.

    Every session and API key made under another `security_stamp` than the present one is dead.
    """

    email = models.EmailField(max_length=254, unique=True)
    name = models.CharField(max_length=150, blank=True)
    language = models.CharField(max_length=8, default="en")
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField()
    security_stamp = models.CharField(max_length=32)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="accounts_user_email")]

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def role_names(self) -> frozenset[str]:
        """The roles held now, read once for this object."""
        known: frozenset[str] | None = self.__dict__.get("_role_names")
        if known is None:
            known = frozenset(self.grants.values_list("role", flat=True))
            self.__dict__["_role_names"] = known
        return known

    @property
    def is_staff(self) -> bool:
        return bool(self.role_names)

    def get_session_auth_hash(self) -> str:
        """Changes with the password and with the stamp, so that either ends all other sessions."""
        return self._get_session_auth_hash()

    def _get_session_auth_hash(self, secret: str | bytes | None = None) -> str:
        # Django asks this one for each retired SECRET_KEY too.
        return salted_hmac(
            "tifo.accounts.User.session",
            f"{self.password}\x00{self.security_stamp}",
            secret=secret,
            algorithm="sha256",
        ).hexdigest()


class RoleGrant(models.Model):
    """A role held by a person. Taking it away deletes the row; the audit trail keeps the story."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="grants")
    role = models.CharField(max_length=32)
    granted_at = models.DateTimeField()
    granted_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "role"], name="accounts_grant_once")]


class ApiKey(models.Model):
    """A key for /api/v1: only its hash is kept. Dead once the holder's stamp is another one."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=16)
    hash = models.BinaryField(max_length=32)
    roles = models.JSONField()
    stamp = models.CharField(max_length=32)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["prefix"], name="accounts_api_key_prefix")]


class AuditEntry(models.Model):
    """One act that mattered. Append-only (triggers), numbered without gaps, chained by SHA-256.

    The actor is a plain number: an entry outlives the account it names.
    """

    sequence = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    actor_id = models.BigIntegerField(null=True)
    act = models.CharField(max_length=80)
    subject = models.CharField(max_length=200)
    detail = models.TextField()
    previous = models.BinaryField(max_length=32)
    hash = models.BinaryField(max_length=32)

    class Meta:
        indexes = [
            models.Index(fields=["act", "-sequence"], name="accounts_audit_act"),
            models.Index(fields=["actor_id", "-sequence"], name="accounts_audit_actor"),
            models.Index(fields=["subject", "-sequence"], name="accounts_audit_subject"),
        ]


class AuditHead(models.Model):
    """Where the chain ends: one row, locked by whoever appends; `checkpoints` were signed so far."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    sequence = models.BigIntegerField(default=0)
    hash = models.BinaryField(max_length=32)
    checkpoints = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="accounts_audit_one_head")]


class SpentWork(models.Model):
    """A proof of work that was used: it counts no second time. Forgotten once nobody could use it."""

    digest = models.BinaryField(max_length=32, primary_key=True)
    expires_at = models.DateTimeField(db_index=True)
