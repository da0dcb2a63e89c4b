"""How the API knows who calls."""

from django.http import HttpRequest
from ninja.security import HttpBearer

from tifo.accounts.public import ApiCaller, api_caller


class ApiKeyAuth(HttpBearer):
    """`NinjaAPI(auth=ApiKeyAuth())`: only API keys open operations; which roles may call what says the matrix.

    In operations `request.auth` is the ApiCaller, `request.roles` what the key may do.
    """

    def authenticate(self, request: HttpRequest, token: str) -> ApiCaller | None:  # noqa: ARG002  ninja's signature
        return api_caller(token)
