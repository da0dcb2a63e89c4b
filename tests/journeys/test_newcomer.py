"""The newcomer's way, in a real browser: see, send, read in three languages, click, find it reported, unsubscribe."""

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Error

from tests.processes import house_of_its_own, run_tifo, served, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

CAMPAIGN = "three-weeks-to-go"
LOGIN, PASSWORD = "camille@valmera.example", "valmera-demo-2027"
READERS = {"fr": "Plus que trois semaines", "es": "Faltan tres semanas", "ar": "بقيت ثلاثة أسابيع"}
SCANNERS_ARE_QUICKER = 2.5  # seconds: whoever clicks sooner after the hand-over is taken for a machine


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The demo, served as `make run` serves it."""
    folder = tmp_path_factory.mktemp("newcomer")
    variables = house_of_its_own(folder / "my data")
    process = served(variables, folder / "log", "--demo")
    try:
        wait_for(f"{variables['TIFO_PUBLIC_URL']}/studio/sign-in/", process, 90)
        yield variables
    finally:
        process.terminate()
        assert process.wait(30) == 0


@pytest.fixture
def page(house: dict[str, str], chromium: Any) -> Iterator[Any]:
    """A browser that reads English."""
    context = chromium.new_context(base_url=house["TIFO_PUBLIC_URL"], locale="en-GB")
    faults: list[str] = []
    context.set_default_timeout(15_000)
    page = context.new_page()
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if "Content Security" in said.text else None)
    yield page
    context.close()
    assert faults == []


def _until(found: Callable[[], Any], seconds: float = 60) -> Any:
    end = time.monotonic() + seconds
    while not (answer := found()):
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.3)
    return answer


def _mails_to(page: Any, text: str) -> list[tuple[str, str, str]]:
    """Address, subject and place of the mails in the inbox that match."""
    page.goto(f"/inbox/?q={quote(text)}")
    rows = page.locator("main tbody tr")
    return [
        (
            rows.nth(row).locator("td").nth(0).inner_text(),
            rows.nth(row).locator("td").nth(1).inner_text(),
            rows.nth(row).locator("a").first.get_attribute("href"),
        )
        for row in range(rows.count())
    ]


def _body(page: Any, place: str) -> Any:
    page.goto(f"{place}body/")
    return page


def _followed(page: Any, link: str) -> str:
    """Where a link leads; the event's own site does not exist, so the browser comes no further than its address."""
    tab = page.context.new_page()
    with tab.expect_response(link) as answered, pytest.raises(Error, match="ERR_NAME_NOT_RESOLVED"):
        tab.goto(link)
    tab.close()
    assert answered.value.status == 302
    return str(answered.value.headers["location"])


def _offered(page: Any, name: str) -> int:
    """The number on the button of the quiet page."""
    page.goto(f"/studio/campaigns/{name}/send/")
    button = page.get_by_role("button", name=re.compile(r"^Send to [\d,]+$"))
    return int(button.inner_text().removeprefix("Send to ").replace(",", ""))


def _send(page: Any, name: str) -> int:
    """Press the button on the quiet page; how many it named."""
    number = _offered(page, name)
    page.get_by_label(re.compile("I have read")).check()
    page.get_by_role("button", name=re.compile("^Send to ")).click()
    page.wait_for_url(re.compile(r"/sendings/\d+/$"))
    _until(lambda: page.reload() and page.get_by_text("sent", exact=True).count(), 90)
    return number


def _reported(page: Any, label: str) -> str:
    page.goto(f"/studio/campaigns/{CAMPAIGN}/report/")
    return str(page.locator(".figure", has_text=label).locator(".figure-value").inner_text())


def test_from_the_first_look_to_the_next_sending(page: Any, house: dict[str, str]) -> None:
    # the studio, and the demo's campaign on its first page
    page.goto("/studio/")
    page.get_by_label("E-mail address").fill(LOGIN)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("link", name=re.compile(CAMPAIGN)).click()

    # who gets which block
    page.wait_for_url(f"**/studio/campaigns/{CAMPAIGN}/")
    covered = page.locator("#slot-ticketing tbody tr td.numeric").all_inner_texts()
    assert len(covered) == 2
    assert page.frame_locator("iframe.by-day").locator("h1, h2").first.inner_text()

    # sent, and settled to the unit
    planned = _send(page, CAMPAIGN)
    assert sum(int(part.replace(",", "")) for part in covered) == planned
    equation = page.locator("p", has_text="planned").inner_text()
    total, *parts = (int(part.replace(",", "")) for part in re.findall(r"[\d,]+", equation))
    assert total == sum(parts) == planned
    sent_at = time.monotonic()

    # three mails in three languages
    mails = {}
    for language, subject in READERS.items():
        address, said, place = _until(lambda subject=subject: _mails_to(page, subject))[0]
        assert said.startswith(subject)
        assert _body(page, place).locator("html").get_attribute("lang").startswith(language)
        mails[language] = (address, place)
    assert _body(page, mails["ar"][1]).locator("html").get_attribute("dir") == "rtl"

    # a click is seen in the report
    assert _reported(page, "clicked") == "0% … 0%"
    time.sleep(max(0, SCANNERS_ARE_QUICKER - (time.monotonic() - sent_at)))
    link = _body(page, mails["fr"][1]).locator("a[href*='/c/']").first.get_attribute("href")
    assert _followed(page, link).startswith("https://valmera.example/")
    _until(lambda: _reported(page, "clicked") != "0% … 0%")

    # unsubscribed by the link in another mail, without signing in
    leaver, place = mails["es"]
    page.goto(_body(page, place).locator("a[href*='/u/']").first.get_attribute("href"))
    page.get_by_role("button", name="Unsubscribe").click()
    _until(lambda: _reported(page, "unsubscribed") == "1")

    # the next sending leaves her out, and reaches the others
    page.goto("/studio/campaigns/import/")
    text = page.request.get(f"/studio/campaigns/{CAMPAIGN}/file/").text()
    page.get_by_label("or its text").fill(text.replace(CAMPAIGN, "two-weeks-to-go"))
    page.get_by_role("button", name="Take it in").click()
    _until(lambda: _offered(page, "two-weeks-to-go") == planned - 1)
    assert _send(page, "two-weeks-to-go") == planned - 1
    assert len(_mails_to(page, leaver)) == 1
    assert len(_until(lambda: len(found := _mails_to(page, mails["fr"][0])) == 2 and found)) == 2

    # the command line tells the same
    data = Path(house["TIFO_DATA"])
    said = run_tifo("campaigns", "report", CAMPAIGN, "--json", data=data)
    assert said.returncode == 0, said.stderr
    assert f'"planned": {planned}' in said.stdout
