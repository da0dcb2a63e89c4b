"""The form behind /studio/sign-in/."""

from typing import Any

from allauth.account.forms import LoginForm
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from tifo.accounts.web.adapters import limit_desk


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
