"""Signing in and out, and what protects an account: allauth's views at our addresses, in our look.

Whatever changes a password or a second factor ends the person's other sessions and API keys and leaves its
entry in the audit trail, all in one transaction.
"""

from typing import Any

from allauth.account import views as account
from allauth.account.decorators import reauthentication_required
from allauth.mfa.base import views as mfa
from allauth.mfa.base.internal.flows import post_authentication
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from allauth.usersessions import views as sessions
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.db import IntegrityError, transaction
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, re_path
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _

from tifo.accounts.actions import security_changed
from tifo.accounts.models import User
from tifo.accounts.rules.browsers import short_browser


def stay_signed_in(request: HttpRequest) -> None:
    """Keep this one session of a person whose sessions were just ended."""
    request.user.refresh_from_db()  # type: ignore[union-attr]
    update_session_auth_hash(request, request.user)  # type: ignore[arg-type]
    UserSession.objects.create_from_request(request)


class SecurityChange:
    """A form whose success counts as a change of what protects the account. `act`: its name in the trail."""

    act = ""
    request: HttpRequest

    def whose(self) -> User:
        assert isinstance(self.request.user, User)  # noqa: S101  the view let nobody else come here
        return self.request.user

    def form_valid(self, form: Form) -> HttpResponse:
        with transaction.atomic():
            response: HttpResponse = super().form_valid(form)  # type: ignore[misc]
            user = self.whose()
            security_changed(user.pk, self.act)
            if self.request.user.is_authenticated and self.request.user.pk == user.pk:
                stay_signed_in(self.request)
        return response


class PasswordChange(SecurityChange, account.PasswordChangeView):  # type: ignore[misc]
    act = "accounts.change_password"


class PasswordSet(SecurityChange, account.PasswordSetView):  # type: ignore[misc]
    act = "accounts.set_password"


class PasswordReset(SecurityChange, account.PasswordResetFromKeyView):  # type: ignore[misc]
    act = "accounts.reset_password"

    def whose(self) -> User:
        user: User = self.reset_user
        return user


@method_decorator(reauthentication_required, name="dispatch")
class Address(account.EmailView):  # type: ignore[misc]
    """Asking for another address to sign in with; it counts once the link mailed to it was followed."""


class ConfirmAddress(account.ConfirmEmailView):  # type: ignore[misc]
    """The link in that mail: the address is exchanged, the old one is told, all other sessions end."""

    def post(self, *arguments: Any, **words: Any) -> HttpResponse:
        user_id = self.get_object().email_address.user_id
        try:
            with transaction.atomic():
                response: HttpResponse = super().post(*arguments, **words)
                security_changed(user_id, "accounts.change_address")
        except IntegrityError:  # somebody took the address up between the letter and the link
            messages.error(self.request, _("Another account signs in with this address by now."))
            return redirect(self.get_redirect_url())
        if self.request.user.is_authenticated and self.request.user.pk == user_id:
            stay_signed_in(self.request)
        return response


class _ProvesPossession(SecurityChange):
    """Setting a factor up shows that one holds it: this session has passed it."""

    factor = ""

    def form_valid(self, form: Form) -> HttpResponse:
        response = super().form_valid(form)
        held = Authenticator.objects.filter(user=self.whose(), type=self.factor).order_by("-id").first()
        if held is not None:
            post_authentication(self.request, held)
        return response


class ActivateTotp(_ProvesPossession, totp.ActivateTOTPView):  # type: ignore[misc]
    act = "accounts.add_authenticator_app"
    factor = Authenticator.Type.TOTP


class AddPasskey(_ProvesPossession, webauthn.AddWebAuthnView):  # type: ignore[misc]
    act = "accounts.add_passkey"
    factor = Authenticator.Type.WEBAUTHN


class DeactivateTotp(SecurityChange, totp.DeactivateTOTPView):  # type: ignore[misc]
    act = "accounts.remove_authenticator_app"


class RemovePasskey(SecurityChange, webauthn.RemoveWebAuthnView):  # type: ignore[misc]
    act = "accounts.remove_passkey"


class GenerateRecoveryCodes(SecurityChange, recovery.GenerateRecoveryCodesView):  # type: ignore[misc]
    act = "accounts.make_recovery_codes"


class SecondFactor(mfa.IndexView):  # type: ignore[misc]
    def get_context_data(self, **words: Any) -> dict[str, Any]:
        return {**super().get_context_data(**words), "required": settings.TIFO_ENV == "production"}


class Sessions(sessions.ListUserSessionsView):  # type: ignore[misc]
    def get_context_data(self, **words: Any) -> dict[str, Any]:
        context = super().get_context_data(**words)
        named = [(session, short_browser(session.user_agent)) for session in reversed(context["sessions"])]
        return {**context, "named": named}


FACTOR = "account/second-factor"

urlpatterns: list[URLPattern] = [
    path("studio/sign-in/", account.login, name="account_login"),
    path("sign-in/", account.request_login_code, name="account_request_login_code"),
    path("sign-in/code/", account.confirm_login_code, name="account_confirm_login_code"),
    path("sign-in/second-factor/", mfa.authenticate, name="mfa_authenticate"),
    path("sign-in/passkey/", webauthn.login_webauthn, name="mfa_login_webauthn"),
    path("sign-in/closed/", account.account_inactive, name="account_inactive"),
    path("sign-out/", account.logout, name="account_logout"),
    path("forgotten-password/", account.password_reset, name="account_reset_password"),
    path("forgotten-password/sent/", account.password_reset_done, name="account_reset_password_done"),
    path(
        "forgotten-password/changed/",
        account.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    re_path(  # the shape that allauth writes into its letters
        r"^forgotten-password/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        PasswordReset.as_view(),
        name="account_reset_password_from_key",
    ),
    path("account/password/", PasswordChange.as_view(), name="account_change_password"),
    path("account/password/new/", PasswordSet.as_view(), name="account_set_password"),
    path("account/address/", Address.as_view(), name="account_email"),
    path("account/address/<str:key>/", ConfirmAddress.as_view(), name="account_confirm_email"),
    path("account/confirm/", account.reauthenticate, name="account_reauthenticate"),
    path("account/confirm/code/", mfa.reauthenticate, name="mfa_reauthenticate"),
    path("account/confirm/passkey/", webauthn.reauthenticate_webauthn, name="mfa_reauthenticate_webauthn"),
    path("account/sessions/", Sessions.as_view(), name="usersessions_list"),
    path(f"{FACTOR}/", SecondFactor.as_view(), name="mfa_index"),
    path(f"{FACTOR}/app/", ActivateTotp.as_view(), name="mfa_activate_totp"),
    path(f"{FACTOR}/app/remove/", DeactivateTotp.as_view(), name="mfa_deactivate_totp"),
    path(f"{FACTOR}/passkeys/", webauthn.list_webauthn, name="mfa_list_webauthn"),
    path(f"{FACTOR}/passkeys/add/", AddPasskey.as_view(), name="mfa_add_webauthn"),
    path(f"{FACTOR}/passkeys/<int:pk>/remove/", RemovePasskey.as_view(), name="mfa_remove_webauthn"),
    path(f"{FACTOR}/passkeys/<int:pk>/rename/", webauthn.edit_webauthn, name="mfa_edit_webauthn"),
    path(f"{FACTOR}/recovery-codes/", recovery.view_recovery_codes, name="mfa_view_recovery_codes"),
    path(
        f"{FACTOR}/recovery-codes/new/",
        GenerateRecoveryCodes.as_view(),
        name="mfa_generate_recovery_codes",
    ),
    path(
        f"{FACTOR}/recovery-codes/download/",
        recovery.download_recovery_codes,
        name="mfa_download_recovery_codes",
    ),
]
