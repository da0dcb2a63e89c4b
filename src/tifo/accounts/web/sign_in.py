"""The form behind /studio/sign-in/."""

from allauth.account.forms import LoginForm
from django.http import HttpRequest, HttpResponse

from tifo.accounts.web.adapters import limit_desk


class SignInForm(LoginForm):  # type: ignore[misc]
    """allauth's form; it forgets afterwards how long a desk stays open."""

    def login(self, request: HttpRequest, redirect_url: str | None = None) -> HttpResponse:
        response: HttpResponse = super().login(request, redirect_url=redirect_url)
        if request.user.is_authenticated:
            limit_desk(request, request.user)
        return response
