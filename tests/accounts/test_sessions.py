"""U4: password, second factor, role change or closing ends all other sessions and API keys at once."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from tests.accounts.signing import PASSWORD, client_of, fan_account, staff, staff_client
from tests.accounts.test_entrance import set_up_app, sign_in
from tifo.accounts import actions
from tifo.accounts.jobs import forget_expired
from tifo.accounts.models import User
from tifo.accounts.public import (
    api_caller,
    close_account,
    grant_role,
    make_api_key,
    revoke_api_key,
    revoke_role,
    set_password,
)
from tifo.accounts.rules.browsers import short_browser
from tifo.kernel.public import Refused, clock

pytestmark = pytest.mark.django_db

ENDS: dict[str, Callable[[User], object]] = {
    "password": lambda user: set_password(user.pk, "another calm evening"),
    "role given": lambda user: grant_role(user.pk, "support"),
    "role taken": lambda user: revoke_role(user.pk, "analyst"),
    "closed": lambda user: actions.disable(user.pk),
    "closed and opened": lambda user: (actions.disable(user.pk), actions.enable(user.pk)),
}


@pytest.mark.parametrize("how", sorted(ENDS))
def test_u4_all_sessions_and_keys_end(how: str) -> None:
    user = staff("analyst", "communicator")
    clients = [client_of(user) for _ in range(3)]
    key = make_api_key(user.pk, "shop", ["analyst"])
    assert all(client.get("/account/").status_code == 200 for client in clients)
    assert api_caller(key) is not None
    ENDS[how](user)
    assert [client.get("/account/").status_code for client in clients] == [302] * 3
    assert api_caller(key) is None


def test_u4_changing_my_password_keeps_only_the_session_where_i_do_it() -> None:
    user = staff("analyst")
    here, there = Client(), Client()
    sign_in(here, user)
    sign_in(there, user)
    key = make_api_key(user.pk, "shop", ["analyst"])
    new = "an even calmer morning"
    here.post("/account/password/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert here.get("/account/").status_code == 200
    assert there.get("/account/").status_code == 302
    assert api_caller(key) is None
    listed = here.get("/account/sessions/").content.decode()
    assert listed.count("127.0.0.1") == 1
    assert "this browser" in listed


def test_u4_a_new_second_factor_keeps_only_the_session_where_it_was_set_up() -> None:
    user = staff("analyst")
    here, there = Client(), Client()
    sign_in(here, user)
    sign_in(there, user)
    key = make_api_key(user.pk, "shop", ["analyst"])
    set_up_app(here)
    assert here.get("/account/").status_code == 200
    assert there.get("/account/").status_code == 302
    assert api_caller(key) is None


def test_other_sessions_can_be_ended_by_hand() -> None:
    user = staff("analyst")
    here, there = Client(), Client()
    sign_in(here, user)
    sign_in(there, user)
    here.post("/account/sessions/")
    assert here.get("/account/").status_code == 200
    assert there.get("/account/").status_code == 302


def test_a_key_carries_no_more_than_its_holder_has() -> None:
    user = staff("analyst", "support")
    with pytest.raises(Refused, match="your own roles"):
        make_api_key(user.pk, "shop", ["admin"])
    key = make_api_key(user.pk, "shop", ["analyst"])
    caller = api_caller(key)
    assert caller is not None
    assert (caller.user_id, caller.roles) == (user.pk, {"analyst"})
    assert User.objects.filter(api_keys__hash=key.encode()).count() == 0
    for wrong in ("", "tifo_", key[:-1], key + "A", key.upper(), key[:-1] + ("a" if key[-1] != "a" else "b")):
        assert api_caller(wrong) is None, wrong


def test_a_key_ends_with_its_date_or_by_hand() -> None:
    user = staff("analyst")
    old = make_api_key(user.pk, "old", ["analyst"], expires_at=clock.now() - timedelta(seconds=1))
    assert api_caller(old) is None
    key = make_api_key(user.pk, "shop", ["analyst"])
    caller = api_caller(key)
    assert caller is not None
    with pytest.raises(Refused):
        revoke_api_key(caller.key_id, actor_id=staff("analyst").pk)
    revoke_api_key(caller.key_id, actor_id=user.pk)
    assert api_caller(key) is None


def test_a_new_key_is_shown_once() -> None:
    client = staff_client("analyst")
    page = client.post("/account/api-keys/", {"name": "Ticket shop", "roles": ["analyst"], "days": "30"})
    text = page.content.decode()
    key = text[text.index("tifo_") :][: len("tifo_") + 12 + 1 + 43]
    assert api_caller(key) is not None
    assert key not in client.get("/account/api-keys/").content.decode()


def test_a_fans_account_is_forgotten() -> None:
    user = fan_account()
    client = client_of(user)
    address = user.email
    close_account(user.pk)
    assert client.get("/account/").status_code == 302
    forgotten = User.objects.get(pk=user.pk)
    assert (forgotten.name, forgotten.is_active) == ("", False)
    assert not User.objects.filter(email=address).exists()
    with pytest.raises(Refused, match="on the staff"):
        close_account(staff("analyst").pk)


def test_what_is_over_is_forgotten() -> None:
    from allauth.usersessions.models import UserSession
    from django.contrib.sessions.models import Session
    from django.core.cache import cache

    user = staff("analyst")
    here, there = Client(), Client()
    sign_in(here, user)
    sign_in(there, user)
    Session.objects.filter(session_key=there.session.session_key).update(
        expire_date=clock.now() - timedelta(days=1)
    )
    cache.set("over", 1, timeout=-1)
    cache.set("current", 1, timeout=60)
    forget_expired()
    assert list(UserSession.objects.values_list("session_key", flat=True)) == [here.session.session_key]
    assert Session.objects.filter(session_key=there.session.session_key).count() == 0
    assert cache.get("current") == 1


@pytest.mark.parametrize(
    ("agent", "short"),
    [
        (
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0 Safari/537.36",
            "Chrome · Linux",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605 Version/19.0 Safari/604",
            "Safari · iPhone",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64) AppleWebKit/537.36 Chrome/156.0 Safari/537.36 Edg/156.0",
            "Edge · Windows",
        ),
        ("Mozilla/5.0 (Android 16; Mobile; rv:150.0) Gecko/150.0 Firefox/150.0", "Firefox · Android"),
        ("curl/8.9", "curl/8.9"),
        ("", ""),
    ],
)
def test_browsers_have_the_names_people_know(agent: str, short: str) -> None:
    assert short_browser(agent) == short
