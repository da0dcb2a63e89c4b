"""News of the club: written once in each language, read by members until it is over."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from tests.accounts.signing import staff_client
from tests.fanclub.world import joined
from tifo.accounts.public import audit_entries
from tifo.fanclub.public import NewsText, news, publish_news, take_down_news
from tifo.kernel.public import Refused, clock

pytestmark = pytest.mark.django_db
TEXTS = {"en": NewsText("The torch is lit", "Come and see."), "fr": NewsText("La flamme est allumée")}


def test_each_reads_it_in_her_language_until_it_is_over(client: Client) -> None:
    joined(client, language="fr")
    publish_news(TEXTS, until=clock.now() + timedelta(hours=2), link="/sessions/", actor_id=None)
    page = client.get("/").content.decode()
    assert "La flamme est allumée" in page
    assert 'href="/sessions/">' in page
    assert [(one.title, one.language) for one in news("ar")] == [("The torch is lit", "en")]
    with time_machine.travel(clock.now() + timedelta(hours=3)):
        assert news("fr") == []


def test_the_three_newest_stand_on_the_first_page(client: Client) -> None:
    joined(client, language="en")
    numbers = [publish_news({"en": NewsText(f"News {n}")}, actor_id=None) for n in range(5)]
    take_down_news(numbers[4], actor_id=None)
    page = client.get("/").content.decode()
    assert [f"News {n}" in page for n in range(5)] == [False, True, True, True, False]


def test_what_is_written_stands_there_as_text(client: Client) -> None:
    joined(client, language="en")
    publish_news({"en": NewsText("<b>x</b>", "<script>y</script>")}, actor_id=None)
    page = client.get("/").content.decode()
    assert "<b>x" not in page
    assert "<script>y" not in page


@pytest.mark.parametrize(
    "link",
    ["javascript:alert(1)", "http://example.org", "//example.org", "https://", "x", "https://a@example.org/", "/a b", "/\\example.org", "https://x.example/" + "x" * 500],
)  # fmt: skip
def test_a_link_that_could_lead_astray_is_refused(link: str) -> None:
    with pytest.raises(Refused, match="begins with"):
        publish_news(TEXTS, link=link, actor_id=None)


def test_what_nobody_could_read_is_refused() -> None:
    for texts in (
        {},
        {"fr": NewsText("x")},
        {"en": NewsText("")},
        {"en": NewsText("x" * 121)},
        {"en": NewsText("x", "y" * 1001)},
    ):
        with pytest.raises(Refused):
            publish_news(texts, actor_id=None)
    with pytest.raises(Refused, match="over already"):
        publish_news(TEXTS, until=clock.now(), actor_id=None)


def test_v2_staff_tells_and_takes_down_and_the_trail_says_so() -> None:
    desk = staff_client("animator")
    assert desk.post("/studio/club/news/", {"title_en": ""}).status_code == 422
    assert desk.post("/studio/club/news/", {"title_en": "x", "link": "javascript:x"}).status_code == 422
    day = (clock.now() + timedelta(days=3)).date().isoformat()
    assert (
        desk.post("/studio/club/news/", {"title_en": "Hello", "title_fr": "Salut", "until": day}).status_code
        == 302
    )
    (one,) = news("fr")
    assert (one.title, one.languages) == ("Salut", ("en", "fr"))
    assert one.until is not None
    assert "Hello" in desk.get("/studio/club/news/").content.decode()
    for _twice in range(2):
        desk.post(f"/studio/club/news/{one.id}/take-down/")
    assert news("fr") == []
    acts = sorted(entry.act for entry in audit_entries() if entry.act.startswith("fanclub."))
    assert acts == ["fanclub.publish-news", "fanclub.take-down-news"]
