"""Signing in by mailed code, for fans whom we know but who have no account yet too."""

from typing import Any

from allauth.account.forms import RequestLoginCodeForm
from allauth.account.views import RequestLoginCodeView
from django import forms
from django.urls import path
from django.utils.translation import gettext_lazy as _

from tifo.fanclub.actions import account_for


class SignInForm(RequestLoginCodeForm):  # type: ignore[misc]
    """Her address. Before allauth looks for an account, a fan who has none gets one."""

    def __init__(self, *args: Any, **words: Any) -> None:
        super().__init__(*args, **words)
        self.fields["email"].label = _("Your e-mail address")
        self.fields["email"].widget = forms.EmailInput(
            attrs={"autocomplete": "email", "inputmode": "email", "required": True}
        )

    def clean_email(self) -> str:
        account_for(self.cleaned_data["email"])
        email: str = super().clean_email()
        return email


class SignInView(RequestLoginCodeView):  # type: ignore[misc]
    """Answers the same whether the address is known or not."""

    template_name = "fanclub/sign_in.html"

    def get_form_class(self) -> type[SignInForm]:
        return SignInForm


urlpatterns = [path("sign-in/", SignInView.as_view(), name="account_request_login_code")]
