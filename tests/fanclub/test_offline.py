"""Without a network a member still sees her sessions and badges; whoever signs out leaves nothing on the device."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from tests.browsing import PHONE
from tests.fanclub.test_pages import programme
from tests.fanclub.world import joined
from tifo.points.public import give_badge, set_badge

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
KEPT = """Promise.all(['/sessions/', '/points/badges/'].map(one => caches.match(one)))
          .then(all => all.every(Boolean) && navigator.serviceWorker.controller !== null)"""
GONE = "caches.has('hers').then(there => !there)"


def until(page: Any, holds: str) -> None:
    for _ in range(100):
        if page.evaluate(holds):
            return
        page.wait_for_timeout(50)
    raise AssertionError(holds)


@pytest.fixture
def page(chromium: Any, live_server: Any, tmp_path: Path) -> Iterator[Any]:
    """A member's phone, signed in, which has opened the club once."""
    client = Client()
    fan = joined(client, language="en")
    programme(tmp_path)
    set_badge("first-steps", {"en": "First steps"}, {"en": "Began"})
    give_badge(fan, "first-steps")
    context = chromium.new_context(base_url=live_server.url, viewport=PHONE, locale="en")
    session = {
        "name": settings.SESSION_COOKIE_NAME,
        "value": client.cookies[settings.SESSION_COOKIE_NAME].value,
    }
    context.add_cookies([{**session, "url": live_server.url}])
    page = context.new_page()
    page.set_default_timeout(10_000)
    page.goto("/")
    until(page, KEPT)
    yield page
    context.close()


def test_her_sessions_and_badges_are_there_without_a_network(page: Any) -> None:
    page.context.set_offline(True)
    page.goto("/sessions/")
    assert page.locator("article.ticket").count() == 2
    assert page.get_by_text("You are offline.").is_visible()
    page.goto("/points/badges/")
    assert page.get_by_text("First steps").first.is_visible()
    page.goto("/rewards/")
    assert page.get_by_role("heading", level=1).inner_text() == "No network"
    page.get_by_role("link", name="My sessions").click()
    assert page.locator("article.ticket").count() == 2
    page.context.set_offline(False)
    page.goto("/sessions/")
    assert not page.get_by_text("You are offline.").is_visible()


def test_nothing_of_hers_stays_once_she_signs_out(page: Any) -> None:
    page.goto("/sign-out/")
    page.get_by_role("button", name="Sign out").click()
    until(page, GONE)
    page.context.set_offline(True)
    page.goto("/sessions/")
    assert page.get_by_role("heading", level=1).inner_text() == "No network"
