"""The club's page: members only, each figure a way to its audience."""

import re
from datetime import timedelta

import pyarrow as pa
import pytest

from tests.accounts.signing import staff_client
from tifo.consents.public import give
from tifo.fans.public import create_fan, join_club
from tifo.insights.public import club
from tifo.kernel.public import clock
from tifo.lake.public import refresh
from tifo.preferences.public import declare, ensure_topics, learn, taught_since

pytestmark = pytest.mark.django_db(transaction=True)


def test_before_anybody_joined_it_says_how_people_join() -> None:
    page = staff_client("communicator").get("/studio/club/")
    assert page.status_code == 200
    assert 'href="/join/"' in page.content.decode()


def test_only_members_count() -> None:
    ensure_topics(["judo"])
    lea, max_, zoe = (
        create_fan(source="tests", email=f"{name}@lac.example", language=language)
        for name, language in (("lea", "fr"), ("max", "fr"), ("zoe", "en"))
    )
    for fan in (lea, max_):
        join_club(fan)
    for fan in (lea, zoe):
        give(fan, "newsletter", source="tests")
        declare(fan, "judo", 1.0)
    refresh()
    found = club()
    assert (found.members, found.members_this_week, found.ticket_holders) == (2, 2, 0)
    assert found.by_language == {"fr": 2}
    assert found.by_topic == {"judo": 1}
    assert found.by_purpose == {"newsletter": 1}


def test_a_bar_leads_to_the_audience_it_counts() -> None:
    lea = create_fan(source="tests", email="lea@lac.example", language="fr")
    join_club(lea)
    refresh()
    client = staff_client("communicator")
    page = client.get("/studio/club/").content.decode()
    (href,) = re.findall(r'href="(/studio/audiences/new/[^"]+)"', page)
    desk = client.get(href.replace("&amp;", "&"))
    assert desk.status_code == 200
    assert "club.member and language = &quot;fr&quot;" in desk.content.decode()


def test_it_says_what_the_week_taught_of_tastes() -> None:
    ensure_topics(["judo", "rowing"])
    lea, max_ = (create_fan(source="tests", email=f"{name}@lac.example") for name in ("lea", "max"))
    join_club(lea)
    now = clock.now()
    acts = [
        (lea, "judo", "quiz", now, "q1"),
        (lea, "judo", "quiz", now, "q2"),
        (max_, "judo", "quiz", now, "q1"),
        (max_, "rowing", "ticket", now - timedelta(days=6), "t1"),
        (lea, "rowing", "quiz", now - timedelta(days=8), "q0"),
    ]
    names = ("fan_id", "topic", "source", "at", "reference")
    columns = dict(zip(names, map(list, zip(*acts, strict=True)), strict=True))
    learn(pa.table({**columns, "weight": pa.nulls(len(acts), pa.float64())}))
    refresh()
    found = taught_since(now - timedelta(days=7))
    assert [(one.topic.slug, one.source, one.fans) for one in found] == [
        ("judo", "quiz", 2),
        ("rowing", "ticket", 1),
    ]
    page = staff_client("animator").get("/studio/club/").content.decode()
    assert "Judo · quizzes" in page
    assert "Rowing · tickets" in page
    assert "text=club.member+and+likes%28%22judo%22%29+%3E+0" in page
