"""What allauth asks us."""

import base64
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet
from django.conf import settings
from django.http import HttpRequest

from tifo.accounts.models import User
from tifo.kernel.public import tokens

STAFF_SESSION_SECONDS = 12 * 3600


def limit_desk(request: HttpRequest, user: User) -> None:
    """A desk is left at the end of the day."""
    if user.is_staff:
        request.session.set_expiry(STAFF_SESSION_SECONDS)


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Where people land, and how a sign-in is kept."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002  allauth's signature
        """Staff is invited; fans join through the club."""
        return False

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        return "/studio/" if isinstance(request.user, User) and request.user.is_staff else "/"

    def get_logout_redirect_url(self, request: HttpRequest) -> str:
        return "/studio/sign-in/" if isinstance(request.user, User) and request.user.is_staff else "/"

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:  # noqa: ARG002  allauth's signature
        return "/account/"

    def get_email_verification_redirect_url(self, email_address: EmailAddress) -> str:  # noqa: ARG002  allauth's signature
        """Where the link that confirms an address leads."""
        return "/account/" if self.request.user.is_authenticated else "/studio/sign-in/"

    def login(self, request: HttpRequest, user: User) -> None:
        super().login(request, user)
        limit_desk(request, user)

    def set_password(self, user: User, password: str) -> None:
        """Only the password is written: an admin may be disabling this account at the same moment."""
        user.set_password(password)
        user.save(update_fields=["password"])

    def add_message(
        self, request: HttpRequest, level: int, message_template: str | None = None, *args: Any, **kwargs: Any
    ) -> None:
        """Nobody needs to be told that she has just signed in or out."""
        if message_template not in ("account/messages/logged_in.txt", "account/messages/logged_out.txt"):
            super().add_message(request, level, message_template, *args, **kwargs)

    def format_email_subject(self, subject: str) -> str:
        return str(subject)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        super().send_mail(template_prefix, email, {"event": settings.TIFO_EVENT_NAME, **context})


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Secrets of authenticator apps are kept encrypted: a stolen copy of the database opens no second factor."""

    @staticmethod
    def _box() -> Fernet:
        key = tokens.keyed_hash("accounts.second-factor.1", b"") + tokens.keyed_hash(
            "accounts.second-factor.2", b""
        )
        return Fernet(base64.urlsafe_b64encode(key))

    def encrypt(self, text: str) -> str:
        return self._box().encrypt(text.encode()).decode("ascii")

    def decrypt(self, encrypted_text: str) -> str:
        return self._box().decrypt(encrypted_text.encode("ascii")).decode()

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        entity: dict[str, str] = super().get_public_key_credential_rp_entity()
        return {**entity, "name": settings.TIFO_EVENT_NAME}
