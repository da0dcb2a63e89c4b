"""Whatever is asked of whichever page, the answer is a page: never a fault of ours (5xx), and nothing is half done."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client
from django.urls import NoReverseMatch, reverse

from tests.accounts.signing import staff_client
from tests.promises.world import ROUTES, furnish
from tifo.accounts.public import STAFF
from tifo.kernel.public import Refused

HUGE = "9" * 30
PLACES = {
    "IntConverter": ("0", "1", HUGE),
    "SlugConverter": ("x", "a" * 3000, "new"),
    "StringConverter": ("x", "é☃\u202e", "a\x00b", "'\";--", "a\r\nb", HUGE),
}
RUBBISH = (
    "",
    "\x00",
    HUGE,
    "-1",
    "☃\u202e" * 900,
    "[",
    '{"and": [[[]]]}',
    "2027-13-45",
    "' OR 1=1 --",
    "true",
)

ASKED_FOR = re.compile(
    r"""(?:GET|POST|FILES|params|data)(?:\.get(?:list)?\(|\[)\s*["']([\w:-]+)["']"""
    r"""|^\s+(\w+) = forms\.|name="([\w:-]+)\"""",
    re.MULTILINE,
)


def _addresses(name: str) -> Iterator[str]:
    """Addresses of a URL with rubbish in each of its places."""
    converters = list(ROUTES[name].pattern.converters.values())
    groups = getattr(getattr(ROUTES[name].pattern, "regex", None), "groupindex", {})
    kinds = [type(one).__name__ for one in converters] or ["StringConverter"] * len(groups)
    most = max((len(PLACES.get(kind, PLACES["StringConverter"])) for kind in kinds), default=1)
    for turn in range(most):
        values = [
            choices[turn % len(choices)]
            for choices in (PLACES.get(k, PLACES["StringConverter"]) for k in kinds)
        ]
        try:
            yield reverse(
                name, args=[int(v) if k == "IntConverter" else v for v, k in zip(values, kinds, strict=True)]
            )
        except NoReverseMatch:
            continue


def _names_asked_for(context: str) -> list[str]:
    """The parameters that a context's own pages read, found in its sources."""
    folder = Path("src/tifo") / context
    files = [*folder.rglob("web/*.py"), *folder.rglob("templates/**/*.html")]
    found = {
        name for file in files for names in ASKED_FOR.findall(file.read_text()) for name in names if name
    }
    return sorted(found - {"csrfmiddlewaretoken", "viewport", "color-scheme", "robots"})


def _context(name: str) -> str:
    module = ROUTES[name].callback.__module__.split(".")
    return module[1] if module[0] == "tifo" else "accounts"


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(ROUTES))
def test_no_rubbish_breaks_a_page(name: str, tmp_path: Path) -> None:
    furnish(tmp_path)
    client = staff_client(*STAFF)
    client.raise_request_exception = False
    stranger = Client(raise_request_exception=False)
    asked = _names_asked_for(_context(name))
    broken = []
    for address in _addresses(name):
        for value in RUBBISH if address == next(_addresses(name)) else RUBBISH[:2]:
            said = dict.fromkeys(asked, value)
            for who in (client, stranger) if value in RUBBISH[:2] else (client,):
                for method in ("get", "post"):
                    answer = getattr(who, method)(address, said)
                    if answer.status_code >= 500:
                        broken.append((method, address[:80], value[:20], answer.status_code))
    assert broken == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b'"x"', b'{"expression": 5}', b'{"expression": null}', b'{"expression": "\\ud800"}',
     b'{"expression": "' + b"(" * 100_000 + b'"}', b"[" * 100_000, b"\xff\xfe{}", b'{"expression": "a\\u0000"}'],
)  # fmt: skip
def test_bad_json_gets_a_reason(body: bytes) -> None:
    client = staff_client("analyst")
    client.raise_request_exception = False
    answer = client.post("/api/v1/audiences/count", body, "application/json")
    assert answer.status_code in (400, 401, 413, 422)
    assert answer.json()["detail"]


@pytest.mark.django_db
def test_what_a_screen_forgot_to_refuse_is_said_as_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> int:
        raise Refused("The lake is empty: start `tifo worker`.")

    monkeypatch.setattr("tifo.registry.web.staff.newest_fans", refused)
    answer = staff_client("support").get("/studio/fans/")
    assert answer.status_code == 409
    assert "The lake is empty: start `tifo worker`." in answer.content.decode()


@pytest.mark.django_db
def test_text_that_no_database_keeps_is_not_let_in(client: Client) -> None:
    assert client.get("/studio/sign-in/", {"next": "a\0b"}).status_code == 400
    assert client.post("/studio/sign-in/", {"login": "a\0b"}).status_code == 400
    assert client.get("/studio/sign-in/").status_code == 200
