"""Her first page: how far the event is, and what she has of points."""

from datetime import date, timedelta
from pathlib import Path

import pytest
import time_machine
from django.test import Client

from tests.fanclub.world import joined
from tests.quests.world import quiz
from tests.spectators.files import GATES, SESSIONS, TICKETS, VENUES, write
from tifo.fanclub.rules import countdown
from tifo.fanclub.types import Countdown
from tifo.kernel.public import clock
from tifo.points.public import Level, Rule, earn, publish_rule, set_ladder
from tifo.preferences.public import Topic, declare, ensure_topics
from tifo.quests.public import open_quest
from tifo.rewards.public import enter, open_offer, read_offer_file
from tifo.spectators.public import import_programme

FIRST, LAST = date(2027, 7, 20), date(2027, 8, 1)


@pytest.mark.parametrize(
    ("today", "where"),
    [
        (date(2027, 4, 11), Countdown("coming", 100)),
        (date(2027, 7, 19), Countdown("coming", 1)),
        (FIRST, Countdown("on", 1, 13)),
        (LAST, Countdown("on", 13, 13)),
        (date(2027, 8, 2), Countdown("over")),
    ],
)
def test_the_days_to_go_end_with_the_first_session(today: date, where: Countdown) -> None:
    assert countdown(today, FIRST, LAST) == where


@pytest.mark.django_db
def test_she_reads_how_far_the_event_is_and_her_points(client: Client, tmp_path: Path) -> None:
    fan = joined(client, language="en")
    assert "days to go" not in client.get("/").content.decode()
    import_programme(write(tmp_path, venues=VENUES, sessions=SESSIONS, gates=GATES, tickets=TICKETS))
    set_ladder([Level(1, "gold", {"en": "Gold"}, at_least=10, keeps_at=10)])
    publish_rule(Rule("quiz", "answer", points=1_200, status=4))
    earn(fan, "quiz", "one")
    page = client.get("/").content.decode()
    assert "1,200" in page
    assert "6 status points to Gold" in page


@pytest.mark.django_db
def test_days_are_those_of_the_venues(client: Client, tmp_path: Path) -> None:
    venues = "venue_code,name,timezone\nT,Shore,Pacific/Tahiti\nP,Arena,Europe/Paris\n"
    sessions = (
        "session_code,sport,venue_code,starts_at,ends_at\n"
        "A,Judo,P,2027-07-27T10:00,2027-07-27T11:00\nB,Surfing,T,2027-07-29T23:00,2027-07-29T23:30\n"
    )
    import_programme(write(tmp_path, venues=venues, sessions=sessions))
    for moment, says in (
        ("2027-07-26T21:59:00Z", "1 day to go until"),
        ("2027-07-26T22:00:00Z", "is on: day 1 of 3"),
        ("2027-07-29T21:00:00Z", "is on: day 3 of 3"),
        ("2027-07-30T22:00:00Z", "is over"),
    ):
        with time_machine.travel(moment, tick=False):
            assert says in Client().get("/").content.decode(), moment


def an_offer() -> str:
    """Two places by draw, open since an hour, for another day."""
    opens, closes = clock.now() - timedelta(hours=1), clock.now() + timedelta(days=1)
    return (
        "offer: two-seats\ntitle: {en: Two seats at the final, fr: Deux places en finale}\n"
        "lead: {en: In the first row., fr: Au premier rang.}\nterms: {en: Two are drawn., fr: Deux sont tirées.}\n"
        f"opens: {opens.isoformat()}\ncloses: {closes.isoformat()}\n"
        f"randomness: {{source: reveal, margin: 1800, parties: {{a: '{'0' * 64}', b: '{'1' * 64}'}}}}\n"
        "places: 2\n"
    )


@pytest.mark.django_db(transaction=True)
def test_what_she_can_win_stands_on_her_first_page(client: Client) -> None:
    fan = joined(client, language="fr")
    assert "Ce que tu peux gagner" not in client.get("/").content.decode()
    open_offer(read_offer_file(an_offer()))
    page = client.get("/").content.decode()
    assert "Ce que tu peux gagner" in page
    assert "Deux places en finale" in page
    assert 'href="/rewards/two-seats/"' in page
    assert "tu participes" not in page
    enter(fan, "two-seats")
    assert "tu participes" in client.get("/").content.decode()


@pytest.mark.django_db
def test_an_open_quest_is_the_thing_to_do_until_she_did_it(client: Client) -> None:
    fan = joined(client, "newsletter", language="en")
    ensure_topics([Topic("rowing", "sport", {"en": "Rowing"})])
    declare(fan, "rowing", 1.0)
    open_quest(quiz())
    page = client.get("/").content.decode()
    hero = page.partition('class="hero"')[2].partition("What to do now")[0]
    assert 'href="/quests/judo-quiz/"' in hero
    client.post("/quests/judo-quiz/answer/", {"q1": "ippon", "q2": ["osoto", "uchi"]})
    page = client.get("/").content.decode()
    hero, _title, below = page.partition('class="hero"')[2].partition("What to do now")
    assert "/quests/judo-quiz/" not in hero
    assert "/quests/judo-quiz/" in below
