"""V6: logs hold no address, phone or token."""

import io
import logging
import logging.config
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import get_resolver, path
from hypothesis import given
from hypothesis import strategies as st

from tests.accounts.signing import PASSWORD, staff
from tifo.accounts.public import make_api_key
from tifo.kernel.public import redact, tokens
from tifo.server import matrix

CANARIES = (
    "canary.fan+x@example.org",
    "Ünï.Canary@exämple.org",
    "+33 6 55 44 33 22",
    "+33655443322",
    "06 55 44 33 22",
)
TOKEN = tokens.sign("tests.logs", b"the canary sings")


def broken(request: HttpRequest) -> HttpResponse:
    """Fails as code fails: with what it was working on in the message."""
    raise ValueError(f"cannot mail {', '.join(CANARIES)} with {TOKEN} and {request.GET.get('t')}")


def refused(request: HttpRequest, word: str) -> HttpResponse:
    logging.getLogger("tifo.tests").warning("refused %s for %s", word, CANARIES[0])
    logging.getLogger("tifo.tests").error("stack of %s", CANARIES[1], stack_info=True)
    return HttpResponse(status=404)


urlpatterns = [
    path("broken/", broken, name="tests-broken"),
    path("refused/<str:word>/", refused, name="tests-refused"),
    *get_resolver(settings.ROOT_URLCONF).url_patterns,
]


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What the configured handlers write."""
    written = io.StringIO()
    logging.config.dictConfig(settings.LOGGING)
    (handler,) = (h for h in logging.getLogger().handlers if type(h) is logging.StreamHandler)
    stream = handler.setStream(written)
    yield written
    handler.setStream(stream)


@pytest.mark.django_db
@pytest.mark.urls(__name__)
def test_v6_no_canary_reaches_the_log(log: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(matrix.MATRIX, "tests-broken", matrix.PUBLIC)
    monkeypatch.setitem(matrix.MATRIX, "tests-refused", matrix.PUBLIC)
    user = staff("analyst")
    key = make_api_key(user.pk, "shop", ["analyst"])
    client = Client(raise_request_exception=False)
    assert client.get("/broken/", {"t": TOKEN}).status_code == 500
    for canary in (*CANARIES, TOKEN, key):
        assert client.get(f"/refused/{canary}/", {"email": canary}).status_code == 404
        assert client.get(f"/nowhere/{canary}", {"t": TOKEN}).status_code == 404
        client.post("/studio/sign-in/", {"login": canary, "password": PASSWORD})
        client.post("/sign-in/", {"email": canary})
        client.get("/api/v1/thing", headers={"Authorization": f"Bearer {key}"})
        client.get(f"/studio/invitation/{TOKEN}/")
    client.post("/studio/sign-in/", {"login": user.email, "password": PASSWORD})
    client.get("/studio/settings/people/")
    text = log.getvalue()
    assert "Internal Server Error" in text
    assert "ValueError: cannot mail" in text
    assert "Traceback" in text
    assert "refused" in text
    lowered = text.casefold()
    for canary in (*CANARIES, TOKEN, key, user.email, PASSWORD, client.session.session_key):
        assert canary is not None
        assert canary.casefold() not in lowered, canary
    for part in (
        "canary.fan",
        "ünï.canary",
        "655443322",
        "55 44 33",
        "exämple",
        key.split("_", 2)[2].casefold(),
    ):
        assert part not in lowered, part


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-22 23:24:49,123 sent 12,345,678 messages in 3.1415926535 s",
        "campaign 'the-week-of-judo-and-fencing' chunk 17 of 1100",
        "tifo.delivery.actions.crossing_the_line.commit_intents took 12 ms",
        "GET /studio/campaigns/the-week-of-judo/ 200 in 0.012 s",
        'File "/srv/tifo/src/tifo/accounts/actions/audit_trail.py", line 123',
        "fan 11000000, message 123456789",
    ],
)
def test_what_engineers_need_stays_readable(text: str) -> None:
    assert redact(text) == text


_local = st.text(
    st.sampled_from("abcdefghijklmnopqrstuvwxyzABCXYZ0123456789._%+-äéß"), min_size=1, max_size=30
)
_domain = st.lists(
    st.text(st.sampled_from("abcdefghijxyzü0123456789"), min_size=1, max_size=12), min_size=2, max_size=4
)


@given(_local, _domain, st.sampled_from([" ", "<", "'", '"', "(", "/", "=", ":", ","]))
def test_v6_every_address_is_blotted_out(local: str, domain: list[str], before: str) -> None:
    address = f"{local}@{'.'.join(domain)}"
    written = redact(f"to{before}{address}\n")
    assert address not in written
    assert "@" not in written


@given(st.binary(min_size=1, max_size=40))
def test_v6_every_token_is_blotted_out(payload: bytes) -> None:
    token = tokens.sign("tests.logs", payload)
    assert token not in redact(f"GET /u/{token} and ?t={token}& again, {token}.")


@given(
    st.integers(1, 99), st.text("0123456789", min_size=6, max_size=11), st.sampled_from(["", " ", "-", "."])
)
def test_v6_every_international_number_is_blotted_out(country: int, digits: str, gap: str) -> None:
    number = f"+{country}{gap}" + gap.join(digits[n : n + 2] for n in range(0, len(digits), 2))
    assert digits[-4:] not in redact(f"call {number} now").replace(gap or "?", "")
