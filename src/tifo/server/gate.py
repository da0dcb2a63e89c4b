"""Default deny: the one place where a request meets the matrix."""

import logging
from collections.abc import Callable
from datetime import timedelta

from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from tifo.accounts.public import ApiCaller, api_caller, note_api_key_use
from tifo.kernel.public import clock
from tifo.server.matrix import FAN, LOOKING, SECOND_FACTOR_PAGES, Rule, allows, rule_for

log = logging.getLogger(__name__)

API = "/api/"
USE_NOTED_EVERY = timedelta(minutes=1)


class DefaultDeny:
    """Lets a request pass that the matrix allows, and gives `request.roles` to views.

    Sessions count everywhere; an API key (`Authorization: Bearer …`) counts below /api/ and carries its own roles.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.roles = frozenset()  # type: ignore[attr-defined]
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_call: object) -> HttpResponse | None:
        """Refuse, or return None to let the view answer."""
        assert request.resolver_match is not None  # noqa: S101  Django resolves before it calls this
        name = request.resolver_match.view_name
        rule = rule_for(name, request.method or "GET")
        if rule is None:
            log.error("%s has no row in the matrix: refused", name)
        caller = _key_holder(request)
        if caller is not None:
            request.user = get_user_model().objects.get(pk=caller.user_id)
            request.roles = caller.roles  # type: ignore[attr-defined]
        elif settings.SESSION_COOKIE_NAME in request.COOKIES:
            request.roles = _session_roles(request)  # type: ignore[attr-defined]
        if caller is None and name not in SECOND_FACTOR_PAGES and _lacks_second_factor(request):
            return _refuse_for_second_factor(request)
        if rule == "public" or allows(
            rule,
            signed_in=request.user.is_authenticated,
            roles=request.roles,  # type: ignore[attr-defined]
        ):
            return None
        return _refuse(request, rule)


def _session_roles(request: HttpRequest) -> frozenset[str]:
    user = request.user
    return frozenset() if isinstance(user, AnonymousUser) else user.role_names


def _key_holder(request: HttpRequest) -> ApiCaller | None:
    if not request.path_info.startswith(API):
        return None
    scheme, _space, text = request.headers.get("Authorization", "").partition(" ")
    caller = api_caller(text.strip()) if scheme.lower() == "bearer" else None
    if caller and (caller.last_used_at is None or clock.now() - caller.last_used_at > USE_NOTED_EVERY):
        note_api_key_use(caller.key_id)
    return caller


def _lacks_second_factor(request: HttpRequest) -> bool:
    if settings.TIFO_ENV != "production" or not request.roles:  # type: ignore[attr-defined]
        return False
    records = get_authentication_records(request, request.user)
    return not any(record["method"] == "mfa" for record in records)


def _elsewhere(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """A redirect of the whole page, also when only a part of it was asked for."""
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(status=204, headers={"HX-Redirect": response["Location"]})
    return response


def _refuse_for_second_factor(request: HttpRequest) -> HttpResponse:
    if request.path_info.startswith(API):
        return JsonResponse({"detail": _("Set up your second factor first.")}, status=403)
    return _elsewhere(request, HttpResponseRedirect(reverse("mfa_index")))


def _refuse(request: HttpRequest, rule: Rule | None) -> HttpResponse:
    api = request.path_info.startswith(API)
    if not request.user.is_authenticated and rule is not None:
        if api:
            return JsonResponse(
                {"detail": _("Send an API key that works: Authorization: Bearer tifo_…")},
                status=401,
                headers={"WWW-Authenticate": "Bearer"},
            )
        door = reverse("account_request_login_code" if rule == FAN else "account_login")
        if request.method in LOOKING and request.headers.get("HX-Request") != "true":
            return redirect_to_login(request.get_full_path(), door)
        return _elsewhere(request, HttpResponseRedirect(door))
    if api:
        return JsonResponse({"detail": _("Your role does not allow this.")}, status=403)
    return render(request, "403.html", status=403)
