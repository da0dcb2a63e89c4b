"""U1, U2 for staff pages: every URL has its row, and exactly those pass whom the row names."""

import re
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, get_resolver, path
from django.urls.resolvers import ResolverMatch

from tests.accounts.signing import fan_account, staff, staff_client
from tifo.accounts.models import User
from tifo.accounts.public import STAFF, Role
from tifo.fans.public import create_fan
from tifo.server import matrix
from tifo.server.gate import DefaultDeny

ROLES = sorted(STAFF)


def url_names(resolver: URLResolver, namespaces: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    """(name as views see it, route) of every URL below `resolver`."""
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            inner = (*namespaces, entry.namespace) if entry.namespace else namespaces
            yield from url_names(entry, inner)
        else:
            assert isinstance(entry, URLPattern)
            yield ":".join((*namespaces, entry.name or "")), str(entry.pattern)


ALL = sorted(set(url_names(get_resolver())))


def test_u1_every_url_has_a_row() -> None:
    missing = [(name, route) for name, route in ALL if matrix.rule_for(name, "GET") is None]
    assert missing == [], "add their rows to src/tifo/server/matrix.py"


def test_every_row_has_a_url() -> None:
    names = {name for name, _ in ALL}
    idle = [
        key
        for key in matrix.MATRIX
        if not (any(name.startswith(key[:-1]) for name in names) if key.endswith("*") else key in names)
    ]
    assert idle == [], "these rows name no URL: a typing error, or left over"


def test_rows_name_known_roles() -> None:
    for name, row in matrix.MATRIX.items():
        for rule in (row.read, row.write) if isinstance(row, matrix.Split) else (row,):
            assert rule in (matrix.PUBLIC, matrix.FAN) or (rule and rule <= STAFF), name


def _asked(name: str, method: str, user: User | AnonymousUser, roles: frozenset[str]) -> HttpResponse | None:
    request = RequestFactory().generic(method, "/somewhere/")
    request.resolver_match = ResolverMatch(lambda: None, (), {}, url_name=name)
    request.user, request.session = user, SessionStore()
    request.roles = roles  # type: ignore[attr-defined]
    return DefaultDeny(lambda _: HttpResponse()).process_view(request)


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
@pytest.mark.parametrize("name", sorted({name for name, _ in ALL}))
def test_u1_each_role_passes_or_not_as_its_row_says(
    name: str, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tifo.server.gate.render", lambda *_, status: HttpResponse(status=status))
    row = matrix.MATRIX.get(name) or next(
        r for k, r in matrix.MATRIX.items() if k.endswith("*") and name.startswith(k[:-1])
    )
    rule = row if not isinstance(row, matrix.Split) else row.read if method == "GET" else row.write
    someone = User(pk=1, email="a@example.org")
    for role in ROLES:
        passed = _asked(name, method, someone, frozenset({role})) is None
        assert passed == (rule in ("public", "fan") or role in rule), role
    fan = _asked(name, method, someone, frozenset())
    assert (fan is None) == (rule in ("public", "fan"))
    assert fan is None or fan.status_code == 403
    stranger = _asked(name, method, AnonymousUser(), frozenset())
    assert (stranger is None) == (rule == "public")
    assert stranger is None or stranger.status_code == 302


def _unlisted(request: HttpRequest) -> HttpResponse:
    return HttpResponse("reached")


urlpatterns = [
    path("new/", _unlisted, name="brand-new"),
    path("api/v1/thing", _unlisted, name="accounts:people"),
    path("no-name/", _unlisted),
    *get_resolver(settings.ROOT_URLCONF).url_patterns,
]


@pytest.mark.django_db
@pytest.mark.urls(__name__)
@pytest.mark.parametrize("where", ["/new/", "/no-name/"])
def test_u1_a_url_without_a_row_is_refused_to_everybody(where: str) -> None:
    assert Client().get(where).status_code == 403
    assert staff_client(*STAFF).get(where).status_code == 403


@pytest.mark.django_db
def test_strangers_come_back_to_where_they_wanted() -> None:
    answer = Client().get("/studio/settings/people/?a=1")
    assert answer.status_code == 302
    assert answer["Location"] == "/studio/sign-in/?next=/studio/settings/people/%3Fa%3D1"
    assert Client().get("/account/")["Location"] == "/sign-in/?next=/account/"
    assert Client().post("/studio/settings/people/invite/")["Location"] == "/studio/sign-in/"
    part = Client().get("/studio/settings/people/", headers={"HX-Request": "true"})
    assert (part.status_code, part["HX-Redirect"]) == (204, "/studio/sign-in/")


@pytest.mark.django_db
def test_u2_the_wrong_role_gets_the_same_page_whether_the_person_exists_or_not() -> None:
    client = staff_client("analyst")
    other = staff("support")
    pages = []
    for number in (other.pk, 10**9):
        answer = client.get(f"/studio/settings/people/{number}/")
        assert answer.status_code == 403
        page = answer.content.decode().replace(f"/people/{number}/", "/people/…/")
        pages.append(re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page))
    assert pages[0] == pages[1]
    assert "not open to you" in pages[0]


@pytest.mark.django_db
def test_u2_the_wrong_role_costs_the_same_work_whether_the_thing_exists_or_not() -> None:
    """Who may not look learns nothing from how long it takes: she is turned away before anything is looked for."""
    someone = create_fan(source="tests", email="lea@lac.example", first_name="Léa")
    analyst, other = staff_client("analyst"), staff("support")
    for known in (f"/studio/fans/{someone}/", f"/studio/settings/people/{other.pk}/"):
        missing = re.sub(r"\d+", "999999999", known)
        asked = []
        for address in (known, missing, known):
            with CaptureQueriesContext(connection) as queries:
                assert analyst.get(address).status_code == 403
            asked.append([re.sub(r"\d+", "…", query["sql"]) for query in queries])
        assert asked[0] == asked[1] == asked[2]


@pytest.mark.django_db
@pytest.mark.urls(__name__)
def test_the_api_answers_in_its_own_way() -> None:
    assert Client().get("/api/v1/thing").status_code == 401
    assert staff_client("support").get("/api/v1/thing").status_code == 403
    assert Client().get("/api/v1/thing", headers={"Authorization": "Bearer tifo_x"}).status_code == 401


@pytest.mark.django_db
def test_a_fan_reaches_her_account_and_no_desk() -> None:
    client = Client()
    client.force_login(fan_account())
    assert client.get("/account/").status_code == 200
    assert client.get("/studio/settings/").status_code == 403


def test_reading_and_doing_can_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    row = matrix.split(STAFF, matrix.roles(Role.COMMUNICATOR))
    monkeypatch.setitem(matrix.MATRIX, "campaigns:any", row)
    assert matrix.rule_for("campaigns:any", "HEAD") == STAFF
    assert matrix.rule_for("campaigns:any", "POST") == {"communicator"}
    assert matrix.rule_for("campaigns:other", "GET") is None
