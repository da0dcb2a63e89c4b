"""Settings in the studio: people and roles, the audit trail; and everybody's own account."""

from datetime import timedelta
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.core.mail import send_mail
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from tifo.accounts import actions, queries
from tifo.accounts.models import User
from tifo.accounts.types import AuditEntryValue
from tifo.accounts.web.entrance import stay_signed_in
from tifo.accounts.web.forms import (
    ApiKeyForm,
    InviteForm,
    NameForm,
    RolesForm,
    WelcomeForm,
    role_names,
)
from tifo.accounts.web.work import work
from tifo.kernel.public import Refused, clock

app_name = "accounts"

ENTRIES_A_PAGE = 50


def _me(request: HttpRequest) -> User:
    user = request.user
    assert isinstance(user, User)  # noqa: S101  the matrix let nobody else come here
    return user


def _roles(request: HttpRequest) -> frozenset[str]:
    roles: frozenset[str] = request.roles  # type: ignore[attr-defined]
    return roles


def home(request: HttpRequest) -> HttpResponse:
    """Settings: each person lands where she may do something."""
    if "admin" in _roles(request):
        return redirect("accounts:people")
    if "data-protection" in _roles(request):
        return redirect("accounts:audit")
    return redirect("accounts:mine")


# People and roles


@require_http_methods(["GET", "HEAD"])
def people(request: HttpRequest) -> HttpResponse:
    """Who is on the staff, and with what rights."""
    members = [(member, role_names(member.roles)) for member in queries.staff_members()]
    return render(
        request,
        "accounts/people.html",
        {"rail": "settings", "members": members, "required": settings.TIFO_ENV == "production"},
    )


def _send_invitation(user_id: int, host: User) -> None:
    user = User.objects.get(pk=user_id)
    token = queries.invitation_token(user)
    with override(user.language):
        words = {
            "name": user.name,
            "host": str(host),
            "event": settings.TIFO_EVENT_NAME,
            "url": settings.TIFO_PUBLIC_URL + reverse("accounts:invitation", args=[token]),
        }
        send_mail(
            _("Your desk at %(event)s") % words,
            render_to_string("accounts/invitation.txt", words),
            None,
            [user.email],
        )


@require_http_methods(["GET", "HEAD", "POST"])
def invite(request: HttpRequest) -> HttpResponse:
    """Somebody new: she gets a letter and chooses her own password."""
    form = InviteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                user_id = actions.invite(
                    form.cleaned_data["email"],
                    form.cleaned_data["name"],
                    form.cleaned_data["roles"],
                    actor_id=_me(request).pk,
                )
                _send_invitation(user_id, _me(request))
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("%(name)s is invited.") % {"name": form.cleaned_data["name"]})
            return redirect("accounts:people")
    return render(request, "accounts/invite.html", {"rail": "settings", "form": form})


def _change_person(request: HttpRequest, person_id: int, form: RolesForm) -> str:
    me = _me(request).pk
    act = request.POST.get("act", "roles")
    if act == "disable":
        actions.disable(person_id, actor_id=me)
        return _("The account is closed: every session and API key ended.")
    if act == "enable":
        actions.enable(person_id, actor_id=me)
        return _("The account is open again.")
    if act == "invite":
        with transaction.atomic():
            actions.repeat_invitation(person_id, actor_id=me)
            _send_invitation(person_id, _me(request))
        return _("The invitation is sent again; the one before no longer counts.")
    if not form.is_valid():
        raise Refused(_("Choose roles from the list."))
    if actions.set_roles(person_id, form.cleaned_data["roles"], actor_id=me):
        return _("The roles are changed.")
    return _("Nothing was changed.")


@require_http_methods(["GET", "HEAD", "POST"])
def person(request: HttpRequest, person_id: int) -> HttpResponse:
    """One member of the staff: roles, invitation, closing the account."""
    member = next((one for one in queries.staff_members(only=person_id)), None)
    if member is None:
        raise Http404
    form = RolesForm(
        request.POST if request.POST.get("act") == "roles" else None, initial={"roles": sorted(member.roles)}
    )
    if request.method == "POST":
        try:
            said = _change_person(request, person_id, form)
        except Refused as refused:
            messages.error(request, str(refused))
            return redirect("accounts:person", person_id)
        messages.success(request, said)
        me = _me(request)
        if me.pk == person_id:  # she stays signed in here; everywhere else she is out
            stay_signed_in(request)
            return redirect("accounts:people" if "admin" in queries.roles_of(me.pk) else "accounts:mine")
        still = queries.roles_of(person_id) or request.POST.get("act") == "disable"
        return redirect("accounts:person", person_id) if still else redirect("accounts:people")
    return render(
        request,
        "accounts/person.html",
        {
            "rail": "settings",
            "member": member,
            "title": member.name or member.email,
            "roles": role_names(member.roles),
            "form": form,
            "herself": member.id == _me(request).pk,
            "entries": queries.audit_entries(text=f"user:{member.id}", limit=8),
        },
    )


# The audit trail


@require_http_methods(["GET", "HEAD", "POST"])
def audit_trail(request: HttpRequest) -> HttpResponse:
    """Everything that mattered, searchable; and whether it is still what was written."""
    problems = None
    if request.method == "POST":
        problems = queries.verify_audit()
        if not problems:
            actions.sign_checkpoint()
    text = request.GET.get("q", "").strip()
    act = request.GET.get("act", "")
    entries: Any = queries.AuditPages(text=text, act=act)  # cut by the paginator, never iterated whole
    paginator: Paginator[AuditEntryValue] = Paginator(entries, ENTRIES_A_PAGE)
    return render(
        request,
        "accounts/audit.html",
        {
            "rail": "settings",
            "page": paginator.get_page(request.GET.get("page")),
            "acts": queries.audit_acts(),
            "act": act,
            "text": text,
            "problems": problems,
            "checkpoint": queries.latest_checkpoint(),
            "people": "admin" in _roles(request),
        },
    )


# My account


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def mine(request: HttpRequest) -> HttpResponse:
    """What protects my account, where I am signed in, which programs act in my name."""
    me = _me(request)
    form = NameForm(request.POST or None, initial={"name": me.name})
    if request.method == "POST" and form.is_valid():
        actions.rename(me.pk, form.cleaned_data["name"])
        messages.success(request, _("Your name is changed."))
        return redirect("accounts:mine")
    factors = Authenticator.objects.filter(user=me)
    sessions = UserSession.objects.purge_and_list(me)
    return render(
        request,
        "accounts/mine.html",
        {
            "rail": "settings",
            "base": "ui/studio.html" if _roles(request) else "ui/plain.html",
            "form": form,
            "roles": role_names(_roles(request)),
            "app": factors.filter(type=Authenticator.Type.TOTP).exists(),
            "passkeys": factors.filter(type=Authenticator.Type.WEBAUTHN).count(),
            "recovery": factors.filter(type=Authenticator.Type.RECOVERY_CODES).exists(),
            "sessions": len(sessions),
            "keys": sum(key.works for key in queries.api_keys_of(me.pk)),
            "required": bool(_roles(request)) and settings.TIFO_ENV == "production",
        },
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def api_keys(request: HttpRequest) -> HttpResponse:
    """Keys for programs; the text of a new one is shown once."""
    me = _me(request)
    form = ApiKeyForm(request.POST or None, holder=me)
    fresh = ""
    if request.method == "POST" and form.is_valid():
        try:
            fresh = actions.make_api_key(
                me.pk,
                form.cleaned_data["name"],
                form.cleaned_data["roles"],
                expires_at=clock.now() + timedelta(days=form.cleaned_data["days"]),
            )
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            form = ApiKeyForm(holder=me)
    keys = [(key, role_names(key.roles)) for key in queries.api_keys_of(me.pk)]
    return render(
        request, "accounts/api_keys.html", {"rail": "settings", "form": form, "fresh": fresh, "keys": keys}
    )


@require_POST
def revoke_api_key(request: HttpRequest, key_id: int) -> HttpResponse:
    """End one of my keys."""
    try:
        actions.revoke_api_key(key_id, actor_id=_me(request).pk)
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("The key no longer works."))
    return redirect("accounts:api_keys")


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """An invited person chooses name and password, and is in."""
    user_id = queries.invited_account(token)
    if user_id is None:
        return render(request, "accounts/invitation_over.html", status=410)
    user = User.objects.get(pk=user_id)
    form = WelcomeForm(request.POST or None, initial={"name": user.name})
    if request.method == "POST" and form.is_valid():
        try:
            actions.accept_invitation(
                user_id, form.cleaned_data["name"], form.cleaned_data["password"], token=token
            )
        except Refused as refused:
            form.add_error("password", str(refused))
        else:
            login(request, User.objects.get(pk=user_id), backend=settings.AUTHENTICATION_BACKENDS[0])
            return redirect("/studio/")
    return render(
        request,
        "accounts/invitation.html",
        {"form": form, "email": user.email, "event": settings.TIFO_EVENT_NAME},
    )


urlpatterns = [
    path("studio/settings/", home, name="settings"),
    path("studio/settings/people/", people, name="people"),
    path("studio/settings/people/invite/", invite, name="invite"),
    path("studio/settings/people/<int:person_id>/", person, name="person"),
    path("studio/settings/audit/", audit_trail, name="audit"),
    path("studio/invitation/<str:token>/", invitation, name="invitation"),
    path("work/<slug:action>/", work, name="work"),
    path("account/", mine, name="mine"),
    path("account/api-keys/", api_keys, name="api_keys"),
    path("account/api-keys/<int:key_id>/revoke/", revoke_api_key, name="revoke_api_key"),
]
