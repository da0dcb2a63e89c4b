"""The look in a real browser: legible, reachable, nothing wider than the screen, also without script."""

import mimetypes
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.staticfiles import finders
from django.test import Client

pytestmark = pytest.mark.browser

STUDIO, CLUB, PLAIN = "/studio/components/", "/studio/components/club/", "/studio/components/plain/"
PHONE = {"width": 360, "height": 740}
DESK = {"width": 1440, "height": 900}


def opened(chromium: Any, client: Client, address: str, *, language: str = "en", **options: Any) -> Any:
    """A page whose requests Django answers directly; any other host is refused."""
    context = chromium.new_context(**options)
    page = context.new_page()

    def answer(route: Any) -> None:
        parts = urlsplit(route.request.url)
        if parts.netloc != "tifo.localhost":
            route.abort()
        elif parts.path.startswith("/static/"):
            found = Path(str(finders.find(parts.path.removeprefix("/static/"))))
            kind = mimetypes.guess_type(found.name)[0]
            route.fulfill(body=found.read_bytes(), content_type=kind)
        else:
            got = client.get(f"{parts.path}?{parts.query}", headers={"Accept-Language": language})
            headers = dict(got.headers)
            if not parts.path.endswith("/letter/"):  # mails bring their own styles, and their own policy
                headers["Content-Security-Policy"] = "default-src 'self'"
            route.fulfill(status=got.status_code, body=got.content, headers=headers)

    page.route("**/*", answer)
    page.goto(f"http://tifo.localhost{address}")
    page.wait_for_load_state("load")
    return page


@pytest.mark.parametrize("address", [STUDIO, CLUB, PLAIN])
@pytest.mark.parametrize(
    ("viewport", "scheme", "language"), [(PHONE, "light", "fr"), (PHONE, "dark", "ar"), (DESK, "dark", "en")]
)
def test_pages_are_accessible_and_fit(
    chromium: Any, client: Client, address: str, viewport: dict[str, int], scheme: str, language: str
) -> None:
    page = opened(chromium, client, address, language=language, viewport=viewport, color_scheme=scheme)
    try:
        found = Axe().run(page).response["violations"]
        assert [(rule["id"], [node["target"] for node in rule["nodes"]]) for rule in found] == []
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
        small = page.evaluate(
            """[...document.querySelectorAll('button, .button, nav a, input:not([type=hidden]), select, textarea')]
               .filter(e => e.offsetParent && !e.matches('[type=radio], [type=checkbox]'))
               .filter(e => e.getBoundingClientRect().height < 43.9).map(e => e.outerHTML.slice(0, 80))"""
        )
        assert small == []
    finally:
        page.context.close()


@pytest.mark.parametrize("script", [True, False])
def test_studio_on_a_phone_with_and_without_script(chromium: Any, client: Client, script: bool) -> None:
    page = opened(chromium, client, STUDIO, viewport=PHONE, java_script_enabled=script)
    try:
        fans = page.get_by_role("link", name="Fans", exact=True)
        assert not fans.is_visible()
        page.get_by_role("button", name="Menu").click()
        assert fans.is_visible()
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Erase this fan").click()
        erase = page.get_by_role("button", name="Erase for good")
        assert erase.is_enabled() is not script
        page.get_by_role("dialog").get_by_role("textbox").fill(" LEA.martin@example.org")
        assert erase.is_enabled()
    finally:
        page.context.close()


def test_preview_turns_dark_and_wide(chromium: Any, client: Client) -> None:
    page = opened(chromium, client, STUDIO, viewport=DESK, color_scheme="light")
    try:
        ground = "getComputedStyle(document.body).backgroundColor"
        page.locator(".preview").scroll_into_view_if_needed()
        page.wait_for_selector(".by-day")
        day = page.query_selector(".by-day").content_frame()
        day.wait_for_selector("h1")
        assert day.evaluate(ground) == "rgb(255, 255, 255)"
        narrow = page.locator(".by-day").bounding_box()["width"]
        page.get_by_label("Dark").check()
        night = page.query_selector(".by-night").content_frame()
        night.wait_for_selector("h1")
        assert night.evaluate(ground) == "rgb(20, 21, 19)"
        page.get_by_label("Desk").check()
        assert page.locator(".by-night").bounding_box()["width"] >= narrow
    finally:
        page.context.close()


@pytest.mark.parametrize("address", [STUDIO, CLUB, PLAIN])
def test_a_strict_policy_forbids_nothing_we_need(chromium: Any, client: Client, address: str) -> None:
    page = opened(chromium, client, "/look/accent.css", viewport=DESK)
    try:
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.goto(f"http://tifo.localhost{address}")
        page.wait_for_load_state("load")
        assert said == []
        accent = "getComputedStyle(document.documentElement).getPropertyValue('--accent')"
        assert page.evaluate(accent) == "#1f5fbf"
    finally:
        page.context.close()


def test_a_live_part_is_fetched_until_it_ends(chromium: Any, client: Client) -> None:
    page = opened(chromium, client, STUDIO, viewport=DESK)
    try:
        page.get_by_text("12,312 of 12,312").wait_for(timeout=10_000)
    finally:
        page.context.close()


def test_the_keyboard_alone_is_enough(chromium: Any, client: Client) -> None:
    page = opened(chromium, client, STUDIO, viewport=DESK)
    try:
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"
        page.keyboard.press("/")
        assert page.evaluate("document.activeElement.type") == "search"
    finally:
        page.context.close()
