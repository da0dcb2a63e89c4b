"""The tracker: links, picture, way out (T1, T2, T3, T7, C7)."""

import asyncio
import json
import re
import time
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from django.conf import LazySettings
from django.db import connection
from hypothesis import HealthCheck, given
from hypothesis import settings as rules
from hypothesis import strategies as st

from tests.delivery.world import newsletter
from tests.loops import elsewhere
from tifo.delivery.public import Link, register_links, restore_link_files
from tifo.delivery.rules import seals
from tifo.delivery.web import journal
from tifo.delivery.web import tracker as module
from tifo.delivery.web.journal import HitJournal
from tifo.delivery.web.pages import TEXTS, language_of, page
from tifo.delivery.web.tracker import GIF, Tracker
from tifo.kernel.public import Refused, data_path, tokens
from tifo.ui.rules.colour import contrast

URLS = {
    0: "https://tickets.example.org/judo?a=1&b=2",
    1: "https://example.org/é/où?q=à",
    7: "http://example.org/",
}


@pytest.fixture
def mailing(db: None) -> int:
    number = newsletter()
    register_links(number, [Link(index, url, "block", "en", ("judo",)) for index, url in URLS.items()])
    return number


@pytest.fixture
def offline(mailing: int) -> Iterator[int]:
    """The database answers nobody any more: whoever asks it fails the test."""

    def gone(*arguments: object) -> None:
        raise AssertionError("the tracker asked the database")

    with connection.execute_wrapper(gone):
        yield mailing


def visit(calls: Coroutine[Any, Any, Any]) -> Any:
    return elsewhere(asyncio.run, calls)


async def ask(method: str, path: str, app: Tracker | None = None, **more: Any) -> httpx.Response:
    app = app or Tracker()
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://t.example.org", follow_redirects=False
    ) as client:
        answer = await client.request(method, path, **more)
    await app.close()
    return answer


def hits() -> list[dict[str, Any]]:
    folder = data_path("hits", "x").parent
    lines = [line for path in sorted(folder.glob("*")) for line in path.read_text().splitlines()]
    return [json.loads(line) for line in lines]


def withdrawals() -> list[dict[str, Any]]:
    folder = data_path("spool", "x").parent
    return [
        json.loads(line) for path in sorted(folder.glob("*.jsonl")) for line in path.read_text().splitlines()
    ]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_link_leads_where_the_mailing_said_with_the_database_down(offline: int, method: str) -> None:
    """T1, T3."""
    token = seals.link_token(offline, 42)
    answer = visit(ask(method, f"/c/{token}/0", headers={"User-Agent": "Mozilla"}))
    assert (answer.status_code, answer.headers["location"]) == (302, URLS[0])
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.content == b""
    (hit,) = hits()
    assert hit.pop("t") > 1_700_000_000_000
    assert hit == {
        "k": "c",
        "m": offline,
        "i": 42,
        "l": 0,
        "h": method == "HEAD",
        "a": "Mozilla",
        "n": "127.0.0.0",
    }


def test_a_nameless_link_counts_without_naming(offline: int) -> None:
    answer = visit(ask("GET", f"/c/{seals.link_token(offline, None)}/1"))
    assert answer.headers["location"] == "https://example.org/%C3%A9/o%C3%B9?q=%C3%A0"
    assert hits()[0]["i"] is None


def test_the_picture_is_always_there(offline: int) -> None:
    for token in (seals.link_token(offline, 42), "forged", ""):
        answer = visit(ask("GET", f"/o/{token}.gif"))
        assert (answer.status_code, answer.content) == (200, GIF)
        assert answer.headers["content-type"] == "image/gif"
    assert [hit["k"] for hit in hits()] == ["o"]


@rules(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(data=st.data())
def test_no_changed_token_opens_anything(offline: int, data: st.DataObject) -> None:
    """T2: every flipped bit, cut, addition, other purpose or other mailing's number gets the same neutral answer."""
    token = seals.link_token(offline, 42)
    way = data.draw(st.sampled_from(["flip", "cut", "more", "purpose", "other"]))
    if way == "flip":
        at = data.draw(st.integers(0, len(token) - 1))
        bad = token[:at] + chr(ord(token[at]) ^ (1 << data.draw(st.integers(0, 6)))) + token[at + 1 :]
        if not bad.isprintable() or set(bad) & set("/?#%\\ "):
            return
    elif way == "cut":
        bad = token[: data.draw(st.integers(0, len(token) - 1))]
    elif way == "more":
        bad = token + data.draw(st.sampled_from(["A", "==", "-", "AAAA"]))
    elif way == "purpose":
        bad = seals.unsubscribe_token(offline, 42)
    else:
        bad = tokens.sign(seals.LINK, data.draw(st.binary(max_size=3)))
    neutral = visit(ask("GET", "/c/nonsense/0"))
    answer = visit(ask("GET", f"/c/{bad}/0"))
    assert (answer.status_code, answer.content) == (404, neutral.content)
    assert visit(ask("POST", f"/u/{bad}")).status_code == (200 if way == "purpose" else 404)
    assert visit(ask("GET", f"/u/{token}")).content == neutral.content
    assert hits() == []


@pytest.mark.parametrize("index", ["2", "8", "-1", "00", "0x0", "", "1e0", "٠", "9" * 30, "0/..", "0%2f"])
def test_only_registered_numbers_lead_anywhere(offline: int, index: str) -> None:
    """T1: any other number leads nowhere, and leaves nothing."""
    answer = visit(ask("GET", f"/c/{seals.link_token(offline, 42)}/{index}"))
    assert answer.status_code == 404
    assert "location" not in answer.headers
    assert hits() == []


def test_a_mailing_without_links_leads_nowhere(offline: int) -> None:
    """T1: a token of one mailing opens no link of another."""
    assert visit(ask("GET", f"/c/{seals.link_token(offline + 1, 42)}/0")).status_code == 404


def test_links_stay_as_they_were_registered(mailing: int) -> None:
    """T1: what a number leads to never changes, and is always a web address."""
    register_links(mailing, [Link(0, URLS[0]), Link(2, "https://example.org/new")])
    with pytest.raises(Refused):
        register_links(mailing, [Link(0, "https://elsewhere.example.org/")])
    for bad in ("javascript:alert(1)", "//x", "https://", "mailto:a@example.org", "https://a.example/\r\nx"):
        with pytest.raises(Refused):
            register_links(mailing, [Link(9, bad)])
    file = data_path("links", f"{mailing}.json")
    before = file.read_bytes()
    file.unlink()
    assert restore_link_files() == 1
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("fr-FR,fr;q=0.9,en;q=0.5", "fr"),
        ("de,es;q=0.4,en;q=0.3", "es"),
        ("ar", "ar"),
        ("", "en"),
        ("x;q=y", "en"),
    ],
)
def test_the_page_speaks_the_readers_language(offline: int, accepted: str, language: str) -> None:
    token = seals.unsubscribe_token(offline, 42)
    answer = visit(ask("GET", f"/u/{token}", headers={"Accept-Language": accepted}))
    assert answer.status_code == 200
    assert f'lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}"' in answer.text
    assert answer.text.count("<button>") == 1
    assert TEXTS[language]["button"] in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert language_of(accepted) == language


@pytest.mark.parametrize("accent", ["#c4410c", "#ffd400", "#00e5ff", "#111111"])
@pytest.mark.parametrize("kind", ["ask", "done", "lost", "busy"])
def test_every_page_is_legible_and_needs_no_script(kind: str, accent: str) -> None:
    """AA contrast of text, button and link on their grounds, light and dark, whatever the event's colour."""
    html = page(
        kind, "ar", event="Lumen <2027>", accent=accent, preferences="https://x.example/?a=1&b=2"
    ).decode()
    light, dark = html.split("@media (prefers-color-scheme:dark)", 1)
    for worn, sheet, ink in ((light, "#ffffff", "#1b1c1a"), (dark, "#1d1f1c", "#f2f1eb")):
        found = dict(re.findall(r"--([a-z-]+):(#[0-9a-f]{6})", worn.partition("}")[0]))
        assert contrast(found["accent"], found["accent-on"]) >= 4.5
        assert contrast(found["accent-ink"], sheet) >= 4.5
        assert contrast(ink, sheet) >= 7
    assert "<script" not in html
    assert "Lumen &lt;2027&gt;" in html
    assert html.count("<button>") == (1 if kind in ("ask", "busy") else 0)


def test_asking_changes_nothing(offline: int) -> None:
    """T7: every method but POST leaves consents and hits as they are; a POST to a link is no visit."""
    token = seals.unsubscribe_token(offline, 42)
    for method in ("GET", "HEAD", "PUT", "DELETE", "OPTIONS"):
        visit(ask(method, f"/u/{token}"))
    assert withdrawals() == []
    assert hits() == []
    assert visit(ask("POST", f"/c/{seals.link_token(offline, 42)}/0")).status_code == 405
    assert visit(ask("DELETE", f"/u/{token}")).headers["allow"] == "GET, HEAD, POST"


WAYS = st.sampled_from(["", "u", "c", "o", "x", "alive", "..", "u/u", "%75"])


@rules(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(
    way=WAYS,
    method=st.sampled_from(["GET", "HEAD"]),
    tail=st.sampled_from(["", "/", "/0", ".gif", "?a=1", "/1/2"]),
)
def test_t7_looking_at_any_address_changes_no_consent(offline: int, way: str, method: str, tail: str) -> None:
    """T7: whatever is visited with a good token, no withdrawal is kept, and nothing but a hit is written down."""
    for token in (seals.unsubscribe_token(offline, 42), seals.link_token(offline, 42)):
        answer = visit(ask(method, f"/{way}/{token}{tail}"))
        assert answer.status_code in (200, 302, 404, 405)
        assert "set-cookie" not in answer.headers
    assert withdrawals() == []
    assert {hit["k"] for hit in hits()} <= {"o", "c"}


@rules(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(index=st.text(max_size=12), query=st.text(max_size=20))
def test_t1_nothing_in_an_address_can_name_where_it_leads(offline: int, index: str, query: str) -> None:
    """T1: a Location is one of the registered addresses, whatever stands in the path or the query."""
    path = quote(index, safe="/")
    answer = visit(
        ask(
            "GET",
            f"/c/{seals.link_token(offline, 42)}/{path}",
            params={"url": query, "to": "https://evil.example"},
        )
    )
    location = answer.headers.get("location")
    assert location in (None, URLS[0], URLS[7], "https://example.org/%C3%A9/o%C3%B9?q=%C3%A0")
    assert (answer.status_code == 302) == (location is not None)


@pytest.mark.parametrize(
    "more",
    [
        {
            "content": b"List-Unsubscribe=One-Click",
            "headers": {"Content-Type": "application/x-www-form-urlencoded"},
        },
        {"files": {"List-Unsubscribe": (None, "One-Click")}},
        {"content": b""},
    ],
)
def test_one_click_is_durable_before_its_answer(offline: int, more: dict[str, Any]) -> None:
    """C7: no cookie, no redirect, under a second, the database down."""
    token = seals.unsubscribe_token(offline, 42)
    app, began = Tracker(), time.monotonic()

    async def clicks() -> list[httpx.Response]:
        return [await ask("POST", f"/u/{token}", app, **more) for _ in range(3)]

    answers = visit(clicks())
    assert time.monotonic() - began < 1
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.content for answer in answers} == {answers[0].content}
    assert "set-cookie" not in answers[0].headers
    (entry,) = withdrawals()
    assert (entry["m"], entry["i"]) == (offline, 42)


def test_clicks_that_come_together_share_the_disk(offline: int) -> None:
    app = Tracker()

    async def together() -> None:
        tokens = [seals.unsubscribe_token(offline, number) for number in range(200)]
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://t.example.org"
        ) as client:
            answers = await asyncio.gather(*(client.post(f"/u/{token}") for token in tokens))
        assert {answer.status_code for answer in answers} == {200}

    visit(together())
    assert sorted(entry["i"] for entry in withdrawals()) == list(range(200))
    assert len(list(data_path("spool", "x").parent.iterdir())) < 20


def test_a_disk_that_fails_is_not_acknowledged(offline: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    app, token = Tracker(), seals.unsubscribe_token(offline, 42)
    with monkeypatch.context() as patch:
        patch.setattr(journal.os, "fsync", full)
        answer = visit(ask("POST", f"/u/{token}", app))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")
    assert visit(ask("POST", f"/u/{token}", app)).status_code == 200
    assert len(withdrawals()) == 1


def test_links_work_while_the_disk_does_not(offline: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    async def scenario() -> None:
        app = Tracker()
        monkeypatch.setattr(journal, "COMMIT_EVERY", 0.01)
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://t.example.org"
        ) as client:
            with monkeypatch.context() as patch:
                patch.setattr(journal.os, "fdatasync", full)
                for _ in range(3):
                    assert (await client.get(f"/c/{seals.link_token(offline, 42)}/0")).status_code == 302
                    await asyncio.sleep(0.03)
            await asyncio.sleep(0.05)
        await app.close()

    visit(scenario())
    assert len(hits()) == 3


def test_what_memory_can_not_hold_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "MAX_WAITING", 2)

    async def scenario() -> None:
        kept = HitJournal(tmp_path)
        for number in range(5):
            kept.add(b'{"t":%d}' % number)
        await kept.close()

    visit(scenario())
    (file,) = tmp_path.iterdir()
    assert file.suffix == ".jsonl"
    assert file.read_text().splitlines() == ['{"t":0}', '{"t":1}', '{"dropped":3}']


def test_a_body_that_is_too_big_is_refused(offline: int) -> None:
    token = seals.unsubscribe_token(offline, 42)
    assert visit(ask("POST", f"/u/{token}", content=b"x" * 20_000)).status_code == 413
    assert withdrawals() == []


def test_a_body_that_never_ends_is_cut_off(offline: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BODY_SECONDS", 0.05)

    async def drip() -> Any:
        yield b"x"
        await asyncio.sleep(1)

    assert visit(ask("POST", f"/u/{seals.unsubscribe_token(offline, 42)}", content=drip())).status_code == 413


def test_the_address_itself_is_never_kept(offline: int) -> None:
    path = f"/o/{seals.link_token(offline, 42)}.gif"
    visit(ask("GET", path, headers={"X-Forwarded-For": "evil, 203.0.113.77"}))
    visit(ask("GET", path, headers={"X-Forwarded-For": "2001:db8:1:2:3::4"}))
    visit(ask("GET", path, headers={"X-Forwarded-For": "no address"}))
    assert [hit["n"] for hit in hits()] == ["203.0.113.0", "2001:db8:1::", ""]


def test_tokens_of_a_retired_key_still_open(settings: LazySettings, offline: int) -> None:
    """T5 in small: the key moves on, the links that are out there stay."""
    settings.SECRET_KEY = "first secret"
    token = seals.link_token(offline, 42)
    settings.TIFO_RETIRED_KEYS = f"1:{settings.SECRET_KEY}"
    settings.SECRET_KEY, settings.TIFO_SECRET_KEY_ID = "another secret", 2
    assert visit(ask("GET", f"/c/{token}/0")).status_code == 302
    assert visit(ask("GET", f"/c/{seals.link_token(offline, 42)}/0")).status_code == 302


@pytest.mark.parametrize("domain", ["links-of-last-year.example.net", "203.0.113.9:8090"])
def test_t5_links_below_a_domain_of_former_days_still_open(offline: int, domain: str) -> None:
    token = seals.link_token(offline, 42)
    for way in (f"/c/{token}/0", f"/c/{token}/7"):
        now, then = visit(ask("GET", way)), visit(ask("GET", f"http://{domain}{way}"))
        assert (then.status_code, then.headers["location"]) == (302, now.headers["location"])
    assert visit(ask("GET", f"http://{domain}/o/{token}.gif")).headers["content-type"] == "image/gif"
    assert visit(ask("POST", f"http://{domain}/u/{seals.unsubscribe_token(offline, 42)}")).status_code == 200
    assert len(withdrawals()) == 1


def test_golden_tokens(settings: LazySettings) -> None:
    """T5: these were issued once; no change of the code may keep them from opening."""
    settings.SECRET_KEY, settings.TIFO_SECRET_KEY_ID, settings.TIFO_RETIRED_KEYS = "golden", 1, ""
    assert seals.read_link_token("AQAAAAcAAAAAB1vNFRUK0ApCvSIErLHRi5qXDdU") == (7, 123456789)
    assert seals.read_link_token("AQAAAAcSgbC7KGTuKcq06bhpK0MV") == (7, None)
    assert seals.read_unsubscribe_token("AQAAAAcAAAAAB1vNFSszMCxDYDiro0LLEDb2KOE") == (7, 123456789)
    assert seals.read_message_key("AQAAAAcAAAAAB1vNFd5UHA1XwPoK4cpj4JurkFA") == (7, 123456789)


def test_everything_else_is_neutral(offline: int) -> None:
    for path in ("/", "/c", "/c/", "/u", "/admin", "/../etc/passwd", "/o/", "/%00"):
        assert visit(ask("GET", path)).status_code in (404, 200)
    assert visit(ask("GET", "/alive")).text == "alive\n"
    assert hits() == []
