"""A member's way, in a real browser: join, confirm, play, see what was learnt and why, earn, enter, check the draw, claim."""

import json
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from tests.browsing import DESK, PHONE, browsing, faults, go
from tests.fanclub.world import joined, letters, link_in
from tests.quests.world import quiz
from tests.rewards.world import BEACON, CLOSES, OPENS, TEN, Hands, offered
from tifo.accounts.models import SpentWork
from tifo.fans.public import create_fan, fans
from tifo.kernel.public import clock, deliver_events
from tifo.preferences.public import Topic, ensure_topics
from tifo.quests.public import listed, open_quest
from tifo.rewards.public import draw, enter, freeze, open_offer, transcript
from tifo.server.demo.quests import load_quests

pytestmark = [pytest.mark.browser, pytest.mark.django_db]


@pytest.fixture
def hands(monkeypatch: pytest.MonkeyPatch) -> Hands:
    return Hands(monkeypatch, OPENS)


def joins(page: Any) -> None:
    go(page, "/join/")
    page.get_by_label("Your e-mail address").fill("lea@example.org")
    page.get_by_label("Your first name").fill("Léa")
    page.get_by_label("Your date of birth").fill("1996-05-01")
    page.get_by_label("Where you live").select_option("FR")
    page.get_by_role("button", name="Mail me the link").click()
    page.get_by_role("heading", name="Look into your mailbox").wait_for()
    (letter,) = letters()
    go(page, link_in(letter))
    page.get_by_role("button", name="Confirm").click()
    page.get_by_role("heading", name="Hello, Léa").wait_for()


def plays(page: Any) -> None:
    page.get_by_role("link", name="Quests").first.click()
    page.get_by_role("link", name="The judo quiz").click()
    page.get_by_label("Ippon").check()
    page.get_by_label("Osoto-gari").check()
    page.get_by_label("Uchi-mata").check()
    page.get_by_label("Learn from this what I may like").check()
    page.get_by_role("button", name="Send my answer").click()
    page.get_by_text("10 points earned", exact=True).wait_for()
    assert page.get_by_text("2 of 2 right.").is_visible()
    deliver_events()


def sees_why(page: Any) -> None:
    page.get_by_role("link", name="What we learnt from it").click()
    taste = page.locator("#taste-judo")
    taste.get_by_text("Why do I see this?").click()
    assert taste.get_by_text("because you answered a quiz about Judo").first.is_visible()
    page.get_by_role("link", name="Points").first.click()
    assert page.get_by_text("The judo quiz").first.is_visible()


def enters(page: Any) -> None:
    page.get_by_role("link", name="Rewards").first.click()
    page.get_by_role("link", name="Ten bibs").click()
    page.get_by_role("button", name="Enter", exact=True).click()
    page.get_by_text("You are in", exact=True).wait_for()


@pytest.mark.parametrize("script", [True, False])
def test_from_joining_to_the_claim_of_what_was_drawn(chromium: Any, hands: Hands, script: bool) -> None:
    ensure_topics([Topic("judo", "sport", {"en": "Judo"})])
    open_quest(quiz())
    open_offer(offered("places: 1\ninputs: {points: [0, 10]}\neligible: [points >= 10]\n"))
    page = browsing(chromium, Client(), viewport=PHONE, java_script_enabled=script)
    page.set_default_timeout(10_000)
    try:
        joins(page)
        plays(page)
        sees_why(page)
        enters(page)
        assert SpentWork.objects.count() == (3 if script else 0)  # to join, to play, to enter
        hands.go(CLOSES)
        freeze("ten-bibs")
        page.reload()
        assert page.get_by_text("All entries are fixed.").is_visible()
        hands.go(timedelta(hours=1))
        draw("ten-bibs", BEACON)
        page.reload()
        assert page.get_by_text("A place is yours to claim", exact=True).is_visible()
        assert page.get_by_text("Your rank: 1 of 1.").is_visible()
        if script:
            checks(page)
        page.get_by_role("button", name="Claim my place").click()
        page.get_by_text("It is yours", exact=True).wait_for()
    finally:
        page.context.close()


def checks(page: Any) -> None:
    """Her own browser computes the draw again, and finds her in it."""
    page.get_by_role("link", name="Check this draw").click()
    page.get_by_role("button", name="Check", exact=True).click()
    page.get_by_role("heading", name="The draw is right").wait_for()
    said = page.locator("#result li").all_inner_texts()
    assert "Your entry was in the draw. Your rank: 1 of 1 (all)." in said
    assert "It was drawn." in said
    for column, spoilt in enumerate(("0" * 64, "nobody", 2)):
        finds_out(page, column, spoilt)
    page.locator("#transcript").set_input_files(
        {"name": "t.json", "mimeType": "application/json", "buffer": b"{"}
    )
    page.get_by_role("button", name="Check", exact=True).click()
    page.get_by_role("heading", name="This file is no transcript").wait_for()
    go(page, "/rewards/ten-bibs/")


def finds_out(page: Any, column: int, spoilt: str | int) -> None:
    """A transcript in which an entry's commitment, part or weight was touched is not right."""
    told = transcript("ten-bibs")
    told["entries"]["rows"][0][column] = spoilt
    file = {"name": "t.json", "mimeType": "application/json", "buffer": json.dumps(told).encode()}
    page.locator("#transcript").set_input_files(file)
    page.get_by_role("button", name="Check", exact=True).click()
    page.get_by_role("heading", name="The draw is NOT right").wait_for()


@pytest.mark.parametrize(
    ("viewport", "scheme", "language"), [(PHONE, "dark", "ar"), (DESK, "light", "fr")], ids=["phone", "desk"]
)
def test_the_pages_of_quests_points_and_rewards_are_accessible_and_fit(
    chromium: Any, hands: Hands, viewport: dict[str, int], scheme: str, language: str
) -> None:
    client = Client()
    fan = joined(client, language=language)
    open_quest(quiz())
    open_offer(offered("places: 1\n"))
    open_offer(offered("places: 1\n", head=TEN.replace("ten-bibs", "more-bibs")))
    enter(fan, "ten-bibs")
    hands.go(CLOSES - timedelta(hours=1))
    pages = ["/", "/quests/", "/quests/judo-quiz/", "/rewards/", "/rewards/more-bibs/", "/rewards/ten-bibs/"]
    pages += ["/points/", "/points/badges/", "/points/boards/", "/rewards/check/"]
    troubles = seen(chromium, client, pages, viewport, scheme, language)
    client.post("/quests/judo-quiz/answer/", {"q1": "ippon", "q2": "osoto"})
    hands.go(CLOSES)
    freeze("ten-bibs")
    hands.go(timedelta(hours=1))
    draw("ten-bibs", BEACON)
    pages = ["/quests/judo-quiz/", "/rewards/ten-bibs/", "/points/"]
    assert [*troubles, *seen(chromium, client, pages, viewport, scheme, language)] == []


def test_every_kind_of_quest_is_accessible_and_fits_on_a_phone(chromium: Any) -> None:
    client = Client()
    joined(client, language="fr")
    others = [create_fan(source="test", email=f"fan{number}@example.org") for number in range(8)]
    ensure_topics([Topic(slug, "sport", {"en": slug}) for slug in ("judo", "surfing", "athletics")])
    load_quests(list(fans(others).values()), seed=1, first_day=clock.now().date())
    shown = [f"/quests/{one.name}/" for one in listed()]
    assert len({one.kind for one in listed()}) >= 14
    assert seen(chromium, client, shown, PHONE, "light", "fr") == []


def seen(
    chromium: Any, client: Client, pages: list[str], viewport: dict[str, int], scheme: str, language: str
) -> list[tuple[object, ...]]:
    page = browsing(chromium, client, viewport=viewport, color_scheme=scheme, locale=language)
    troubles: list[tuple[object, ...]] = []
    try:
        for where in pages:
            assert client.get(where).status_code == 200, where
            go(page, where)
            troubles += [(where, *one) for one in faults(page, viewport)]
            if folder := os.environ.get("TEST_SHOTS"):
                name = f"{language}-{scheme}{where.replace('/', '_')}{len(troubles)}.png"
                page.screenshot(path=Path(folder) / name, full_page=True)
    finally:
        page.context.close()
    return troubles
