"""The fan club in a real browser: a fan's whole way on a phone, with and without script; legible and reachable (A1)."""

from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client

from tests.browsing import DESK, PHONE, browsing, faults, go
from tests.fanclub.test_pages import programme
from tests.fanclub.world import joined, letters, link_in, mailed, said
from tifo.accounts.models import User
from tifo.fans.public import fan_by_email, fans
from tifo.preferences.public import Topic, declare, ensure_topics, preferences_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db]


@pytest.mark.parametrize("script", [True, False])
def test_her_whole_way_on_a_phone(chromium: Any, tmp_path: Path, script: bool) -> None:
    ensure_topics([Topic("surfing", "sport", {"en": "Surfing"}), Topic("judo", "sport", {"en": "Judo"})])
    page = browsing(chromium, Client(), viewport=PHONE, java_script_enabled=script)
    try:
        go(page, "/")
        page.get_by_role("link", name="Join the fan club").click()
        page.get_by_label("Your e-mail address").fill("lea@example.org")
        page.get_by_label("Your first name").fill("Léa")
        page.get_by_label("Your date of birth").fill("1996-05-01")
        page.get_by_label("Where you live").select_option("FR")
        page.get_by_label("Newsletter").check()
        page.get_by_role("button", name="Mail me the link").click()
        assert page.get_by_role("heading", level=1).inner_text() == "Look into your mailbox"
        (letter,) = letters()
        go(page, link_in(letter))
        page.get_by_role("button", name="Confirm").click()
        assert page.get_by_role("heading", level=1).inner_text() == "Hello, Léa"
        page.get_by_role("link", name="Say what you like").first.click()
        page.get_by_label("Surfing").check()
        page.get_by_role("button", name="I love these").click()
        taste = page.locator("#taste-surfing")
        assert taste.get_by_role("button", name="Love it").get_attribute("aria-pressed") == "true"
        taste.get_by_text("Why do I see this?").click()
        assert taste.get_by_text("because you told us on").is_visible()
        programme(tmp_path)
        page.get_by_role("link", name="My sessions").click()
        assert page.locator("article.ticket").count() == 2
        her = fan_by_email("lea@example.org")
        assert her is not None
        assert {one.topic.slug: one.score for one in preferences_of(her.id)} == {"surfing": 1.0}
        go(page, f"/unsubscribe/?t={mailed(her.id)}")
        page.get_by_role("button", name="No more “Newsletter”").click()
        assert said(her.id) == {"newsletter": "withdrawn"}
        page.get_by_role("link", name="My choices").or_(
            page.get_by_role("link", name="Choose what you get")
        ).click()
        go(page, "/preferences/")
        page.get_by_role("button", name="Forget me").click()
        page.get_by_role("dialog").get_by_role("textbox").fill("forget me")
        page.get_by_role("button", name="Erase everything").click()
        assert page.get_by_role("heading", level=1).inner_text() == "You are forgotten"
        assert fans([her.id])[her.id].erased_at is not None
    finally:
        page.context.close()


@pytest.mark.parametrize(
    ("viewport", "scheme", "language"),
    [(PHONE, "light", "fr"), (PHONE, "dark", "ar"), (DESK, "dark", "en")],
)
def test_each_page_is_accessible_and_fits(
    chromium: Any, tmp_path: Path, viewport: dict[str, int], scheme: str, language: str
) -> None:
    ensure_topics([Topic("surfing", "sport", {"en": "Surfing"}), Topic("judo", "sport", {"en": "Judo"})])
    client = Client()
    her = joined(client, "newsletter", language=language)
    programme(tmp_path)
    declare(her, "judo", 1.0)
    token = mailed(her)
    visitor = Client()
    pages = [(visitor, where) for where in ("/", "/join/", "/join/look/", "/sign-in/", "/unsubscribe/?t=x")]
    pages += [(visitor, f"/unsubscribe/?t={token}"), (visitor, f"/preferences/?t={token}")]
    pages += [(client, where) for where in ("/", "/sessions/", "/preferences/")]
    troubles: list[object] = []
    for who, where in pages:
        page = browsing(chromium, who, viewport=viewport, color_scheme=scheme, locale=language)
        try:
            go(page, where)
            troubles += [(where, *one) for one in faults(page, viewport)]
        finally:
            page.context.close()
    assert troubles == []


def test_a_form_that_was_wrong_says_where(chromium: Any) -> None:
    page = browsing(chromium, Client(), viewport=PHONE)
    try:
        go(page, "/join/")
        page.get_by_label("Newsletter").check()
        page.get_by_role("button", name="Mail me the link").click()
        summary = page.get_by_role("alert")
        assert summary.is_visible()
        assert page.get_by_label("Newsletter").is_checked()
        assert not User.objects.exists()
        assert [rule["id"] for rule in Axe().run(page).response["violations"]] == []
    finally:
        page.context.close()


@pytest.mark.parametrize("where", ["/", "/join/", "/quests/", "/rewards/", "/preferences/"])
def test_a_first_load_is_under_100_kb(chromium: Any, client: Client, where: str) -> None:
    """Without pictures, and before any compression: a poor phone on a poor line."""
    joined(client, language="en")
    page = browsing(chromium, client, viewport=PHONE)
    got: dict[str, int] = {}
    page.on("requestfinished", lambda asked: got.update({asked.url: len(asked.response().body())}))
    try:
        go(page, where)
        page.wait_for_load_state("networkidle")
    finally:
        page.context.close()
    assert len(got) > 5
    assert sum(size for url, size in got.items() if not url.endswith(".svg")) < 100_000, got
