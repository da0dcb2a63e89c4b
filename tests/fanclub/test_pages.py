"""What each page is whoever looks: in her language, light, without script, complete catalogues, no secrets in links."""

import io
import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
import time_machine
from babel.messages.pofile import read_po
from django.conf import LazySettings
from django.contrib.staticfiles import finders
from django.test import Client

from tests.fanclub.world import joined, mailed
from tests.spectators.files import GATES, SESSIONS, TICKETS, VENUES, write
from tifo.accounts.models import User
from tifo.consents.public import give
from tifo.preferences.public import Topic, declare, ensure_topics
from tifo.spectators.public import import_programme, link_fans

LOCALE = Path(__file__).parents[2] / "src/tifo/fanclub/locale"
VISITORS = ("/", "/join/", "/join/look/", "/sign-in/", "/unsubscribe/", "/join/confirm/?t=x")
MEMBERS = ("/", "/sessions/", "/preferences/", "/points/", "/points/badges/", "/points/boards/")
LANGUAGES = {"en": "ltr", "fr": "ltr", "es": "ltr", "ar": "rtl"}


def test_french_says_tu() -> None:
    catalogue = read_po(io.BytesIO((LOCALE / "fr/LC_MESSAGES/django.po").read_bytes()), locale="fr")
    texts = [
        text
        for one in catalogue
        if one.id
        for text in ([one.string] if isinstance(one.string, str) else one.string or ())
    ]
    assert [text for text in texts if re.search(r"\b(vous|votre|vos)\b", text, re.IGNORECASE)] == []


@pytest.mark.django_db
@pytest.mark.parametrize("language", LANGUAGES)
def test_visitors_read_their_own_language(language: str) -> None:
    for where in VISITORS:
        page = Client().get(where, headers={"Accept-Language": language})
        text = page.content.decode()
        assert f'<html lang="{language}" dir="{LANGUAGES[language]}"' in text
        assert page["Content-Language"] == language
        title = re.findall(r"<h1>(.*?)</h1>", tight(text))
        english = re.findall(r"<h1>(.*?)</h1>", tight(Client().get(where).content.decode()))
        assert (title == english) == (language == "en"), where


@pytest.mark.django_db
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_member_reads_hers_whatever_the_browser_says_until_she_chose_there(language: str) -> None:
    client = Client()
    her = joined(client, "newsletter", language=language)
    token = mailed(her)
    for where in (*MEMBERS, f"/preferences/?t={token}", f"/unsubscribe/?t={token}"):
        text = client.get(where, headers={"Accept-Language": "es"}).content.decode()
        assert f'<html lang="{language}"' in text, where
    client.post("/look/language/", {"language": "en", "next": "/"})
    assert '<html lang="en"' in client.get("/").content.decode()


def programme(folder: Path) -> None:
    """The small programme, in a time to come."""
    files = {"venues": VENUES, "gates": GATES, "tickets": TICKETS}
    sessions = SESSIONS.replace("2024-", "2099-")
    import_programme(write(folder / "event", sessions=sessions, **files))
    link_fans()


def tight(page: str) -> str:
    """Without the white space between tags and words."""
    return re.sub(r"\s*(<[^>]*>)\s*", r"\1", re.sub(r"\s+", " ", page))


def weight(page: str) -> int:
    """Bytes of the page with all that it asks for, as they lie on disk."""
    needed = re.findall(r'(?:href|src)="/static/([^"?]+)"', page)
    return len(page.encode()) + sum(Path(str(finders.find(one))).stat().st_size for one in set(needed))


@pytest.mark.django_db
def test_pages_are_light_on_a_poor_phone() -> None:
    client = Client()
    joined(client, "newsletter", "tracking", "research")
    heavy = {where: weight(Client().get(where).content.decode()) for where in VISITORS}
    heavy |= {f"her {where}": weight(client.get(where).content.decode()) for where in MEMBERS}
    assert {where: size for where, size in heavy.items() if size >= 100_000} == {}


@pytest.mark.django_db
def test_nothing_comes_from_elsewhere_and_no_script_stands_in_a_page() -> None:
    client = Client()
    joined(client, "newsletter")
    for page in [Client().get(where) for where in VISITORS] + [client.get(where) for where in MEMBERS]:
        text = page.content.decode()
        assert re.findall(r'(?:src|<link[^>]*href)="(?!/)', text) == []
        assert re.findall(r"<script(?![^>]* src=)|\son\w+=|\sstyle=", text) == []
        assert "no-store" in page["Cache-Control"] or page.status_code == 404 or "/sign-in/" in text


@pytest.mark.django_db
def test_her_first_page_shows_what_is_next_what_she_likes_allows_and_got(tmp_path: Path) -> None:
    client = Client()
    her = joined(client, language="en")
    assert "Tick it, and everything here follows" in client.get("/").content.decode()
    ensure_topics([Topic("surfing", "sport", {"en": "Surfing", "fr": "Surf"})])
    declare(her, "surfing", 1.0)
    assert "Shall we write to you?" in client.get("/").content.decode()
    give(her, "newsletter", source="test")
    assert "All is said and done" in client.get("/").content.decode()
    programme(tmp_path)
    mailed(her, "the-week-of-surfing")
    page = tight(client.get("/").content.decode())
    assert "Your next session: Athletics, Sunday 2 August." in page
    assert re.search(r'<a [^>]*/sessions/">1 more session</a>', page)
    coming = page[page.index("Coming up") : page.index("What you like")]
    assert "Surfing" in coming
    assert '/preferences/#taste-surfing">Why do I see this?' in coming
    assert "ATH" not in coming
    assert re.search(r'Newsletter</span><span class="badge good">', page)
    assert "The week of surfing" in page


@pytest.mark.django_db
def test_her_sessions_stand_in_the_venues_time_in_her_words(tmp_path: Path) -> None:
    client = Client()
    joined(client, language="fr")
    assert "Aucune séance à venir" in client.get("/sessions/").content.decode()
    ensure_topics([Topic("athletics", "sport", {"en": "Athletics", "fr": "Athlétisme"})])
    programme(tmp_path)
    page = tight(client.get("/sessions/").content.decode())
    assert page.count('<article class="ticket">') == 2  # the cancelled and the passed-on one are not hers
    assert re.findall(r'class="ticket-time"><time[^>]*>([^<]*)<', page) == ["10:00", "19:00"]
    assert page.count("<h3>Athlétisme</h3>") == 2
    assert "Finals; 10,000 m" in page
    with time_machine.travel(datetime(2099, 8, 2, 9, tzinfo=UTC), tick=False):  # 11 o'clock in Paris
        client.force_login(User.objects.get(email="lea@example.org"))
        assert "en ce moment" in client.get("/sessions/").content.decode()
    with time_machine.travel(datetime(2099, 9, 1, tzinfo=UTC), tick=False):
        client.force_login(User.objects.get(email="lea@example.org"))
        over = client.get("/sessions/").content.decode()
        assert 'id="over"' in over
        assert "Aucune séance à venir" in over


@pytest.mark.django_db
def test_the_club_can_be_installed(settings: LazySettings) -> None:
    settings.TIFO_EVENT_NAME, settings.TIFO_ACCENT = "Valmera 2027", "#c13d0c"
    page = Client().get("/").content.decode()
    assert '<link rel="manifest" href="/club.webmanifest">' in page
    manifest = Client().get("/club.webmanifest", headers={"Accept-Language": "ar"})
    assert manifest["Content-Type"] == "application/manifest+json"
    said = json.loads(manifest.content)
    assert (said["name"], said["dir"], said["theme_color"], said["start_url"]) == (
        "Valmera 2027",
        "rtl",
        "#c13d0c",
        "/",
    )
    icon = Client().get(said["icons"][0]["src"])
    assert icon["Content-Type"] == "image/svg+xml"
    assert b'fill="#c13d0c"' in icon.content
