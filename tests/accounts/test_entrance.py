"""Signing in: password, mailed code, second factor, limits; U3."""

import re
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.conf import LazySettings
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import NoReverseMatch, URLPattern, get_resolver, reverse

from tests.accounts.signing import PASSWORD, client_of, fan_account, staff
from tifo.accounts.models import AuditEntry, User
from tifo.accounts.public import ensure_account
from tifo.server.matrix import SECOND_FACTOR_PAGES

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_limits_left_over() -> None:
    cache.clear()


@pytest.fixture
def _production(settings: LazySettings) -> None:
    settings.TIFO_ENV = "production"


def totp_code(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))


def signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def sign_in(client: Client, user: User, password: str = PASSWORD, where: str = "") -> Any:
    return client.post(f"/studio/sign-in/{where}", {"login": user.email, "password": password})


def test_staff_signs_in_by_password_and_lands_where_she_wanted() -> None:
    user = staff("admin")
    client = Client()
    page = client.get("/studio/settings/people/", follow=True)
    assert page.request["PATH_INFO"] == "/studio/sign-in/"
    assert 'name="next" value="/studio/settings/people/"' in page.content.decode()
    wanted = client.post(
        "/studio/sign-in/", {"login": user.email, "password": PASSWORD, "next": "/studio/settings/people/"}
    )
    assert wanted["Location"] == "/studio/settings/people/"
    assert client.get("/studio/settings/people/").status_code == 200
    assert client.session.get_expiry_age() <= 12 * 3600


def test_without_a_wish_staff_lands_in_the_studio_and_never_elsewhere() -> None:
    user = staff("analyst")
    assert sign_in(Client(), user)["Location"] == "/studio/"
    assert sign_in(Client(), user, where="?next=https://evil.example/")["Location"] == "/studio/"


@pytest.mark.parametrize("email", ["somebody", "nobody@example.org"])
def test_a_bad_sign_in_says_the_same_for_known_and_unknown(email: str) -> None:
    user = staff("analyst")
    address = user.email if email == "somebody" else email
    client = Client()
    answer = client.post("/studio/sign-in/", {"login": address, "password": "not this one at all"})
    assert answer.status_code == 200
    assert "The email address and/or password you specified are not correct." in answer.content.decode()
    assert not signed_in(client)


def test_the_address_is_found_whatever_its_case() -> None:
    user = staff("analyst")
    client = Client()
    client.post("/studio/sign-in/", {"login": user.email.upper(), "password": PASSWORD})
    assert signed_in(client)


def test_a_fan_signs_in_by_mailed_code() -> None:
    user = fan_account()
    client = Client()
    asked = client.post("/sign-in/", {"email": user.email}, follow=True)
    assert asked.request["PATH_INFO"] == "/sign-in/code/"
    (letter,) = mail.outbox
    assert letter.to == [user.email]
    code = letter.subject.split()[0]
    assert code in letter.body
    assert client.post("/sign-in/code/", {"code": "WRONG1"}).status_code == 200
    done = client.post("/sign-in/code/", {"code": code})
    assert done["Location"] == "/"
    assert signed_in(client)


def test_a_strangers_address_gets_the_same_page_and_no_mail() -> None:
    known = Client().post("/sign-in/", {"email": fan_account().email}, follow=True)
    mail.outbox.clear()
    unknown = Client().post("/sign-in/", {"email": "stranger@example.org"}, follow=True)
    assert unknown.request["PATH_INFO"] == known.request["PATH_INFO"] == "/sign-in/code/"
    assert mail.outbox == []


def test_u5_limits_count_in_the_database_whatever_forwarded_for_says() -> None:
    user = staff("analyst")
    for attempt in range(5):
        Client().post(
            "/studio/sign-in/",
            {"login": user.email, "password": f"wrong {attempt}"},
            headers={"X-Forwarded-For": f"10.0.0.{attempt}"},
        )
    client = Client()
    answer = client.post(
        "/studio/sign-in/",
        {"login": user.email, "password": PASSWORD},
        headers={"X-Forwarded-For": "10.9.9.9"},
    )
    assert "Too many failed login attempts" in answer.content.decode()
    assert not signed_in(client)


def set_up_app(client: Client) -> str:
    """Set up an authenticator app as a person does; its secret."""
    page = client.get("/account/second-factor/app/")
    if page.status_code == 302:
        client.post(page["Location"], {"password": PASSWORD})
        page = client.get("/account/second-factor/app/")
    match = re.search(r"<code[^>]*>([A-Z2-7]{16,})</code>", page.content.decode())
    assert match is not None
    done = client.post("/account/second-factor/app/", {"code": totp_code(match[1])})
    assert done["Location"] == "/account/second-factor/recovery-codes/"
    return match[1]


def test_an_app_is_set_up_asked_for_and_its_secret_kept_encrypted() -> None:
    user = staff("admin")
    client = Client()
    sign_in(client, user)
    secret = set_up_app(client)
    codes = re.findall(
        r"<code>(\d{8})</code>", client.get("/account/second-factor/recovery-codes/").content.decode()
    )
    assert len(codes) == 10
    assert secret not in str(Authenticator.objects.values_list("data", flat=True))
    assert TOTP(Authenticator.objects.get(type="totp")).validate_code("000000") is False

    other = Client()
    assert sign_in(other, user)["Location"] == "/sign-in/second-factor/"
    assert not signed_in(other)
    assert other.get("/studio/settings/people/").status_code == 302
    assert other.get("/sign-in/second-factor/").status_code == 200
    assert other.post("/sign-in/second-factor/", {"code": "000000"}).status_code == 200
    assert not signed_in(other)
    assert other.post("/sign-in/second-factor/", {"code": codes[0]})["Location"] == "/studio/"
    assert signed_in(other)

    again = Client()
    sign_in(again, user)
    again.post("/sign-in/second-factor/", {"code": codes[0]})
    assert not signed_in(again), "a recovery code counts once"


def every_path() -> list[tuple[str, str]]:
    """(name, an address of it) for every URL of tifo that can be made with numbers and words."""
    made = []

    def walk(resolver: Any, namespaces: tuple[str, ...]) -> None:
        for entry in resolver.url_patterns:
            if isinstance(entry, URLPattern):
                name = ":".join((*namespaces, entry.name or ""))
                arguments = {
                    key: 1 if "Int" in type(c).__name__ else "x"
                    for key, c in entry.pattern.converters.items()
                }
                try:
                    made.append((name, reverse(name, kwargs=arguments)))
                except NoReverseMatch:
                    continue
            else:
                walk(entry, (*namespaces, entry.namespace) if entry.namespace else namespaces)

    walk(get_resolver(), ())
    return made


@pytest.mark.usefixtures("_production")
def test_u3_without_second_factor_staff_reaches_nothing_but_its_pages() -> None:
    client = Client()
    sign_in(client, staff("admin", "data-protection", "communicator"))
    paths = every_path()
    assert len(paths) > 35
    to_people = (302, "/account/second-factor/")
    to_programs = (403, '{"detail": "Set up your second factor first."}')
    for name, address in paths:
        for method in (client.get, client.post):
            answer = method(address)
            if name in SECOND_FACTOR_PAGES:
                continue
            assert said(answer) == (to_programs if name.startswith("api:") else to_people), (name, address)
        if name == "account_logout":
            sign_in(client, User.objects.get(email=client_email(client)))
    assert client.get("/account/second-factor/").status_code == 200


def said(answer: Any) -> tuple[int, str]:
    """What an answer comes to: its status with where it sends people, or with what it holds."""
    return answer.status_code, answer.get("Location") or answer.content.decode()


def client_email(client: Client) -> str:
    """Who was signed in here, or else the newest account."""
    user_id = client.session.get("_auth_user_id")
    return (User.objects.get(pk=user_id) if user_id else User.objects.latest("id")).email


@pytest.mark.parametrize("path", ["/api/v1/campaigns/", "/api/v1/campaigns/x", "/api/v1/reports/x"])
def test_a_session_opens_nothing_of_the_api_only_a_key_does(path: str) -> None:
    client = Client()
    sign_in(client, staff("admin", "data-protection", "communicator"))
    assert client.get("/studio/settings/people/").status_code == 200
    assert said(client.get(path)) == (401, '{"detail": "Unauthorized"}')


@pytest.mark.usefixtures("_production")
def test_u3_setting_one_up_opens_the_studio_and_each_new_session_must_pass_it() -> None:
    user = staff("admin")
    client = Client()
    sign_in(client, user)
    assert client.get("/studio/settings/people/")["Location"] == "/account/second-factor/"
    set_up_app(client)
    assert client.get("/studio/settings/people/").status_code == 200
    assert client.get("/account/second-factor/recovery-codes/").status_code == 200
    assert client_of(user).get("/studio/settings/people/").status_code == 302
    part = client_of(user).get("/studio/settings/people/", headers={"HX-Request": "true"})
    assert part["HX-Redirect"] == "/account/second-factor/"


@pytest.mark.usefixtures("_production")
def test_u3_is_for_staff_a_fan_needs_none() -> None:
    assert client_of(fan_account()).get("/account/").status_code == 200


def test_changing_what_protects_the_account_leaves_its_entry() -> None:
    user = staff("admin")
    client = Client()
    sign_in(client, user)
    start = AuditEntry.objects.latest("sequence").sequence
    set_up_app(client)
    client.post("/account/second-factor/recovery-codes/new/")
    client.post("/account/second-factor/app/remove/")
    client.post(
        "/account/password/",
        {
            "oldpassword": PASSWORD,
            "password1": "an even calmer morning",
            "password2": "an even calmer morning",
        },
    )
    entries = AuditEntry.objects.filter(sequence__gt=start).order_by("sequence")
    assert [(entry.actor_id, entry.act, entry.subject) for entry in entries] == [
        (user.pk, act, f"user:{user.pk}")
        for act in (
            "accounts.add_authenticator_app",
            "accounts.make_recovery_codes",
            "accounts.remove_authenticator_app",
            "accounts.change_password",
        )
    ]
    assert not Authenticator.objects.exists()
    assert signed_in(client)
    assert client.get("/studio/settings/people/").status_code == 200


def test_a_forgotten_password_is_chosen_anew_by_a_mailed_link() -> None:
    user = staff("admin")
    client = Client()
    client.post("/forgotten-password/", {"email": user.email})
    link = re.search(r"http://testserver(/forgotten-password/\S+)", mail.outbox[0].body)
    assert link is not None
    form = client.get(link[1], follow=True)
    new = {"password1": "a brand new evening", "password2": "a brand new evening"}
    done = client.post(form.request["PATH_INFO"], new)
    assert done["Location"] == "/forgotten-password/changed/"
    assert AuditEntry.objects.latest("sequence").act == "accounts.reset_password"
    fresh = Client()
    sign_in(fresh, user, "a brand new evening")
    assert signed_in(fresh)
    assert "no longer counts" in Client().get(link[1]).content.decode()


def test_a_closed_account_cannot_sign_in() -> None:
    user = staff("analyst")
    User.objects.filter(pk=user.pk).update(is_active=False)
    client = Client()
    sign_in(client, user)
    assert not signed_in(client)


def test_recovery_codes_are_kept_encrypted() -> None:
    user = staff("analyst")
    codes = RecoveryCodes.activate(user).generate_codes()
    assert codes
    assert codes[0] not in str(Authenticator.objects.get(user=user).data)


def test_an_account_is_one_per_address() -> None:
    first = ensure_account("Lea@Example.org", name="Léa")
    assert ensure_account(" lea@example.ORG ") == first
