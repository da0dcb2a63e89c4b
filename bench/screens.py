"""`python -m bench.screens CAMPAIGN ADDRESS`: each page of the studio over the whole base, by HTTP, signed in.

A page is asked for three times, as a person comes back to it; the best counts, the first stands beside it.
"""

import json
import os
import re
import sys
import time
from http.cookiejar import CookieJar
from urllib.error import HTTPError
from urllib.parse import quote, urlencode
from urllib.request import HTTPCookieProcessor, OpenerDirector, build_opener

from bench.children import StepError, free_port, run, serving, tifo
from bench.questions import AUDIENCES

WHO, PASSWORD = "bench@games.example", "only for the bench 2027"
ROLES = ("admin", "communicator", "analyst", "animator", "data-protection", "support")
ROUNDS = 3
PATIENCE = 120


def _screens(campaign: str, address: str) -> dict[str, tuple[str, dict[str, str]]]:
    """What it shows, its address, and what is posted to it."""
    asked = {"text": AUDIENCES[0]}
    pages: dict[str, tuple[str, dict[str, str]]] = {
        name: (way, {}) for name, way in _pages(campaign, address).items()
    }
    return {
        **pages,
        "an audience, answered": ("/studio/audiences/answer/", asked),
        "who is in an audience": ("/studio/audiences/who/", asked),
        "who is in it, of all": ("/studio/audiences/who/", {"text": "everyone()"}),
    }


def _pages(campaign: str, address: str) -> dict[str, str]:
    return {
        "home": "/studio/",
        "club": "/studio/club/",
        "fans": "/studio/fans/",
        "fans found by name": "/studio/fans/?q=Moreau",
        "fans found by both names": "/studio/fans/?q=" + quote("Léa Moreau"),
        "fan found by address": "/studio/fans/?q=" + quote(address),
        "nobody found": "/studio/fans/?q=Zzyzx",
        "a fan": "/studio/fans/7/",
        "audiences": "/studio/audiences/",
        "an audience": "/studio/audiences/new/?text=" + quote(AUDIENCES[0]),
        "campaigns": "/studio/campaigns/",
        "a campaign": f"/studio/campaigns/{campaign}/",
        "who gets a campaign": f"/studio/campaigns/{campaign}/who/",
        "a campaign's review": f"/studio/campaigns/{campaign}/send/",
        "a sending": f"/studio/campaigns/{campaign}/sendings/1/",
        "report of a campaign": f"/studio/campaigns/{campaign}/report/",
        "programme": "/studio/spectators/",
        "content": "/studio/content/",
        "house of sending": "/studio/settings/sending/",
        "doubts": "/studio/settings/doubts/",
    }


def _sign_in(site: str) -> OpenerDirector:
    browser = build_opener(HTTPCookieProcessor(CookieJar()))
    form = {"login": WHO, "password": PASSWORD, **_token(browser, f"{site}/studio/sign-in/")}
    browser.open(f"{site}/studio/sign-in/", urlencode(form).encode(), timeout=PATIENCE)
    return browser


def _token(browser: OpenerDirector, address: str) -> dict[str, str]:
    page = browser.open(address, timeout=PATIENCE).read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    if token is None:
        raise StepError(f"{address} has no token")
    return {"csrfmiddlewaretoken": token[1]}


def _timed(browser: OpenerDirector, address: str, posted: dict[str, str]) -> dict[str, object]:
    body = urlencode(posted).encode() if posted else None
    times: list[float] = []
    try:
        for _ in range(ROUNDS):
            began = time.perf_counter()
            with browser.open(address, body, timeout=PATIENCE) as answer:
                answer.read()
                if "sign-in" in answer.url:
                    return {"wrong": "signed out"}
            times.append(time.perf_counter() - began)
    except HTTPError as error:
        return {"wrong": f"HTTP {error.code}"}
    except TimeoutError:
        return {"wrong": f"no answer in {PATIENCE} s"}
    return {"seconds": min(times), "first": times[0]}


def main() -> None:
    """One line of JSON: seconds of each."""
    port = free_port()
    site = f"http://127.0.0.1:{port}"
    env = {**os.environ, "TIFO_WEB_BIND": f"127.0.0.1:{port}", "TIFO_PUBLIC_URL": site}
    roles = [word for role in ROLES for word in ("--role", role)]
    run(tifo("accounts", "add", WHO, *roles, "--password", PASSWORD, "--json"), env)
    with serving(tifo("web"), env, port) as server:
        browser = _sign_in(site)
        token = _token(browser, f"{site}/studio/audiences/new/")
        found = {
            name: _timed(browser, site + way, {**posted, **token} if posted else {})
            for name, (way, posted) in _screens(*sys.argv[1:3]).items()
        }
    print(json.dumps({"screens": found, "megabytes": server.megabytes}))


if __name__ == "__main__":
    main()
