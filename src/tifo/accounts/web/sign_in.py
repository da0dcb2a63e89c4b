"""Forms of allauth in our words: signing in, and another address to sign in with."""

from typing import Any

from allauth.account.forms import AddEmailForm, ChangePasswordForm, LoginForm, SetPasswordForm
from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from tifo.accounts.models import User
from tifo.accounts.web.adapters import limit_desk

GOOD_PASSWORD = _("At least 10 characters; a sentence that only you would think of is best.")


class SignInForm(LoginForm):  # type: ignore[misc]
    """allauth's form; it forgets afterwards how long a desk stays open."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = _("E-mail address")
        for field in self.fields.values():
            field.help_text = ""
            field.widget.attrs.pop("placeholder", None)

    def login(self, request: HttpRequest, redirect_url: str | None = None) -> HttpResponse:
        response: HttpResponse = super().login(request, redirect_url=redirect_url)
        if request.user.is_authenticated:
            limit_desk(request, request.user)
        return response


def _calm(form: forms.Form) -> None:
    """A label says it once; what a good password is, in one line instead of four."""
    for name, field in form.fields.items():
        field.widget.attrs.pop("placeholder", None)
        if name.startswith("password"):
            field.help_text = GOOD_PASSWORD if name == "password1" else ""


class NewPasswordForm(ChangePasswordForm):  # type: ignore[misc]
    """allauth's form in our words."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _calm(self)


class FirstPasswordForm(SetPasswordForm):  # type: ignore[misc]
    """allauth's form in our words."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _calm(self)


class NewAddressForm(AddEmailForm):  # type: ignore[misc]
    """allauth's form; an address that another account signs in with is refused at once."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _calm(self)

    def clean_email(self) -> str:
        email: str = super().clean_email()
        if User.objects.filter(email__iexact=email).exclude(pk=self.user.pk).exists():
            raise ValidationError(_("Another account signs in with this address already."))
        return email
