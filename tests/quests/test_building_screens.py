"""The sheets of quests and offers in a real browser: the preview follows, languages change, all is legible (A1)."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client

from tests.accounts.signing import staff_client
from tests.fanclub.test_browser import DESK, PHONE, browsing, go
from tests.rewards.world import TEN
from tifo.fans.public import create_fan
from tifo.quests.public import quest_named
from tifo.rewards.public import enter, open_offer, read_offer_file

pytestmark = [pytest.mark.browser, pytest.mark.django_db]
QUESTS, OFFERS = "/studio/club/quests/", "/studio/club/rewards/"


def test_the_preview_follows_what_is_written_in_the_language_that_is_chosen(chromium: Any) -> None:
    page = browsing(chromium, staff_client("animator"), viewport=DESK)
    try:
        go(page, QUESTS + "build/")
        page.get_by_role("link", name="Quiz", exact=True).click()
        look = page.locator("#look")
        page.locator("[id='title@en']").fill("Judo")
        look.get_by_role("heading", name="Judo").wait_for(timeout=5_000)
        page.get_by_role("radio", name="French").check()
        assert page.locator("[id='title@en']").is_hidden()
        page.locator("[id='title@fr']").fill("Le judo")
        look.get_by_role("heading", name="Le judo").wait_for(timeout=5_000)
        page.get_by_role("button", name="One more question").click()
        page.get_by_text("Question 2").wait_for(timeout=5_000)
        assert page.locator("[id='title@fr']").input_value() == "Le judo"
        page.get_by_role("button", name="Open it to the fans").click()
        page.get_by_role("link", name="Ask something.").first.wait_for(timeout=5_000)
        assert quest_named("judo") is None
    finally:
        page.context.close()


@pytest.mark.parametrize(
    ("viewport", "scheme", "language"), [(PHONE, "dark", "fr"), (DESK, "light", "ar")], ids=["phone", "desk"]
)
def test_the_club_desks_are_accessible_and_fit(
    chromium: Any, viewport: dict[str, int], scheme: str, language: str
) -> None:
    client: Client = staff_client("animator")
    open_offer(read_offer_file(TEN.replace("2026-03-08", "2090-03-08") + "places: 1\n"))
    who = {"first_name": "Léa", "last_name": "Moreau", "birth_date": "1996-05-01"}
    for number in range(2):
        enter(create_fan(source="test", email=f"lea{number}@example.org", **who), "ten-bibs")
    troubles: list[object] = []
    pages = [QUESTS + "build/?kind=quiz", OFFERS + "build/?method=draw", OFFERS + "ten-bibs/review/"]
    for where in pages:
        page = browsing(chromium, client, viewport=viewport, color_scheme=scheme, locale=language)
        try:
            go(page, where)
            found = Axe().run(page).response["violations"]
            troubles += [(where, rule["id"], [one["target"] for one in rule["nodes"]][:3]) for rule in found]
            wide = page.evaluate("document.documentElement.scrollWidth")
            troubles += [(where, "wide", wide)] if wide > viewport["width"] else []
        finally:
            page.context.close()
    assert troubles == []
