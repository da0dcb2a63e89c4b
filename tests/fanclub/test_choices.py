"""The preference centre, signed in and by the token of a mail: tastes with their reasons, consents, facts (C7)."""

import re
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
import time_machine
from django.db import transaction
from django.test import Client

from tests.delivery.world import fan
from tests.fanclub.world import born, joined, letters, link_in, mailed, press, said, wordings
from tifo.consents.public import consents_of, give, ledger, publish_notice
from tifo.delivery.rules import seals
from tifo.fans.public import create_fan, erase_fan, fans
from tifo.kernel.public import clock, tokens
from tifo.preferences.public import Topic, declare, ensure_topics, learn, preferences_of

pytestmark = pytest.mark.django_db

JUDO = Topic("judo", "sport", {"en": "Judo", "fr": "Judo", "ar": "الجودو"})
SURF = Topic("surfing", "sport", {"en": "Surfing", "fr": "Surf"})


@pytest.fixture(autouse=True)
def _topics() -> None:
    ensure_topics([JUDO, SURF])


def clicked(fan_id: int, topic: str, reference: str = "m1") -> None:
    """She followed a link about it."""
    give(fan_id, "tracking", source="test")
    rows = {
        "fan_id": pa.array([fan_id], pa.int64()),
        "topic": [topic],
        "source": ["click"],
        "weight": pa.array([None], pa.float64()),
        "at": pa.array([datetime(2026, 1, 2, tzinfo=UTC)], pa.timestamp("us", tz="UTC")),
        "reference": [reference],
    }
    with transaction.atomic():
        learn(pa.table(rows))


def tastes(fan_id: int) -> dict[str, tuple[float, bool]]:
    return {one.topic.slug: (one.score, one.declared) for one in preferences_of(fan_id)}


@pytest.fixture(params=["signed in", "by token"])
def her(request: pytest.FixtureRequest) -> tuple[Client, int, dict[str, str]]:
    """(browser, fan, what her forms carry along)."""
    client = Client()
    fan_id = joined(client, "newsletter")
    if request.param == "signed in":
        return client, fan_id, {}
    return Client(), fan_id, {"t": mailed(fan_id)}


def test_she_says_corrects_and_takes_back_what_she_likes(her: tuple[Client, int, dict[str, str]]) -> None:
    client, fan_id, way = her
    both = client.post("/preferences/tastes/", {**way, "topic": ["judo", "surfing"], "say": "love"})
    assert both.status_code == 302
    assert tastes(fan_id) == {"judo": (1.0, True), "surfing": (1.0, True)}
    client.post("/preferences/tastes/", {**way, "topic": "surfing", "say": "no"})
    assert tastes(fan_id)["surfing"] == (0.0, True)
    client.post("/preferences/tastes/", {**way, "topic": "judo", "say": "forget"})
    assert "judo" not in tastes(fan_id)
    page = client.get(both["Location"]).content.decode()
    assert "Pas pour toi" in page
    assert page.count('name="t"') == (
        page.count("<form") - 1 if way else 0
    )  # each but the choice of language


@pytest.mark.parametrize(
    ("topics", "say"), [([], "love"), (["judo"], "adore"), (["judo", "no-such-thing"], "love")]
)
def test_an_answer_that_is_none_changes_nothing(
    topics: list[str], say: str, her: tuple[Client, int, dict[str, str]]
) -> None:
    client, fan_id, way = her
    answer = client.post("/preferences/tastes/", {**way, "topic": topics, "say": say}, follow=True)
    assert answer.status_code == 200
    assert 'class="notice stop"' in answer.content.decode()
    assert tastes(fan_id) == {}


def test_each_taste_says_why_and_a_reason_can_be_forgotten(
    her: tuple[Client, int, dict[str, str]],
) -> None:
    client, fan_id, way = her
    clicked(fan_id, "judo")
    where = "/preferences/" + ("?t=" + way["t"] if way else "")
    page = client.get(where, headers={"Accept-Language": "en"}).content.decode()
    assert 'id="taste-judo"' in page
    (reason,) = re.findall(r'name="reason" value="(\d+)"', page)
    other = fan(2)
    clicked(other, "judo")
    (hers,) = [one.id for taste in preferences_of(other) for one in taste.reasons]
    for wrong in (str(hers), "0", "x", "9" * 30, ""):
        assert client.post("/preferences/reason/", {**way, "reason": wrong}).status_code == 404
    assert client.post("/preferences/reason/", {**way, "reason": reason}).status_code == 302
    assert tastes(fan_id) == {}
    assert "judo" in tastes(other)
    clicked(fan_id, "judo")  # the same click is read again
    assert tastes(fan_id) == {}


def test_a_no_counts_at_once_with_its_proof(her: tuple[Client, int, dict[str, str]]) -> None:
    client, fan_id, way = her
    client.post("/preferences/answer/", {**way, "purpose": "newsletter", "say": "no"})
    assert said(fan_id) == {"newsletter": "withdrawn"}
    entry = ledger(fan_id)[-1]
    assert entry.proof["by"] == ("token of a mail" if way else "account")


def test_a_yes_counts_at_once_signed_in_and_after_a_letter_by_token(
    her: tuple[Client, int, dict[str, str]],
) -> None:
    client, fan_id, way = her
    notice = dict(wordings(client.get("/join/").content.decode()))
    page = client.get("/preferences/" + ("?t=" + way["t"] if way else "")).content.decode()
    number = re.search(r'value="ticketing">\s*<input type="hidden" name="notice" value="(\d+)"', page)
    assert number is not None
    assert notice is not None
    yes = {**way, "purpose": "ticketing", "say": "yes", "notice": number[1]}
    client.post("/preferences/answer/", yes)
    if not way:
        assert said(fan_id)["ticketing"] == "given"
        return
    assert said(fan_id)["ticketing"] == "pending"
    (letter,) = letters()
    assert letter["To"] == "Léa <lea@example.org>"
    link = link_in(letter)
    assert press(Client(), link).status_code == 200
    assert consents_of(fan_id) == {"newsletter", "ticketing"}
    assert Client().get(link).status_code == 404  # it counted, it opens nothing more
    client.post("/preferences/answer/", yes)
    assert letters() == []  # it stands already


def test_the_letter_about_a_yes_is_over_after_thirty_days() -> None:
    her = joined(Client(), "newsletter")
    token = mailed(her)
    page = Client().get(f"/preferences/?t={token}").content.decode()
    number = re.search(r'value="ticketing">\s*<input type="hidden" name="notice" value="(\d+)"', page)
    assert number is not None
    yes = {"t": token, "purpose": "ticketing", "say": "yes", "notice": number[1]}
    Client().post("/preferences/answer/", yes)
    (letter,) = letters()
    link = link_in(letter)
    with time_machine.travel(clock.now() + timedelta(days=31), tick=False):
        late = Client().post("/preferences/confirm/", {"t": link.partition("?t=")[2]})
        assert late.status_code == 404
        assert "refais la demande" in late.content.decode()
    assert said(her)["ticketing"] == "pending"


def test_a_yes_is_refused_below_the_age_and_for_a_wording_that_is_not_its_own() -> None:
    today = clock.now().date()
    client = Client()
    her = joined(client, "newsletter", birth_date=born(16, today))
    page = client.get("/preferences/").content.decode()
    assert "à partir de 18 ans" in page
    numbers = dict(re.findall(r'value="([\w-]+)">\s*<input type="hidden" name="notice" value="(\d+)"', page))
    young = {"purpose": "tracking", "say": "yes", "notice": numbers["tracking"]}
    assert "quand tu auras l’âge" in client.post("/preferences/answer/", young, follow=True).content.decode()
    for wrong in (numbers["newsletter"], "999999", "x", ""):
        sent = {"purpose": "ticketing", "say": "yes", "notice": wrong}
        again = client.post("/preferences/answer/", sent, follow=True)
        assert "relis-le" in again.content.decode()
    publish_notice("ticketing", {"en": "Another."})
    assert said(her) == {"newsletter": "given"}
    assert client.post("/preferences/answer/", {"purpose": "ticketing", "say": "maybe"}).status_code == 404


def test_unknown_purposes_are_refused_in_words() -> None:
    client = Client()
    her = joined(client, "newsletter")
    for say in ("yes", "no"):
        answer = client.post("/preferences/answer/", {"purpose": "world-peace", "say": say}, follow=True)
        assert answer.status_code == 200
        assert 'class="notice stop"' in answer.content.decode()
    assert said(her) == {"newsletter": "given"}


def test_she_corrects_what_we_know_and_writes_her_age_once() -> None:
    client = Client()
    her = joined(client, "newsletter")
    facts = {
        "first_name": "Léonie",
        "last_name": "Martin",
        "language": "ar",
        "country": "MA",
        "postcode": "1",
    }
    assert client.post("/preferences/facts/", {**facts, "birth_date": "1950-01-01"}).status_code == 302
    fan = fans([her])[her]
    assert (fan.first_name, fan.last_name, fan.language, fan.country) == ("Léonie", "Martin", "ar", "MA")
    assert str(fan.birth_date) == "1996-05-01"
    assert 'dir="rtl"' in client.get("/").content.decode()
    wrong = client.post("/preferences/facts/", {**facts, "country": "Narnia"})
    assert wrong.status_code == 422
    assert fans([her])[her].country == "MA"


def test_a_token_opens_no_facts_no_tickets_no_file() -> None:
    her = joined(Client(), "newsletter")
    token = mailed(her)
    page = Client().get(f"/preferences/?t={token}").content.decode()
    assert "lea@example.org" not in page
    assert "1996" not in page
    for where in ("/preferences/facts/", "/me/everything/", "/me/leave/", "/me/erase/"):
        answer = Client().post(where, {"t": token, "typed": "forget me"})
        assert (answer.status_code, answer["Location"]) == (302, "/sign-in/")
    assert Client().get(f"/sessions/?t={token}")["Location"].startswith("/sign-in/?next=")
    assert fans([her])[her].erased_at is None


def test_a_token_shows_its_fan_whoever_is_signed_in() -> None:
    client = Client()
    joined(client, "newsletter", email="max@example.org", first_name="Max")
    assert "Max" in client.get("/").content.decode()
    her = joined(Client(), "newsletter")
    page = client.get(f"/preferences/?t={mailed(her)}").content.decode()
    assert "Léa" in page
    assert "Max" not in page
    assert "max@example.org" not in page


def test_the_token_of_an_erased_fan_is_as_good_as_none() -> None:
    her = joined(Client(), "newsletter")
    token = mailed(her)
    erase_fan(her)
    assert Client().get(f"/preferences/?t={token}").status_code == 404
    assert Client().post("/unsubscribe/", {"t": token, "what": "all"}).status_code == 404


PAGES = ("/preferences/", "/unsubscribe/", "/join/confirm/", "/preferences/confirm/")
POSTS = (
    "/preferences/tastes/",
    "/preferences/reason/",
    "/preferences/answer/",
    "/preferences/confirm/",
    "/unsubscribe/",
    "/join/confirm/",
)


def bad_tokens(good: str) -> list[str]:
    """Forged, cut, lengthened, of another purpose, of somebody else's key, rubbish."""
    flipped = ("A" if good[9] != "A" else "B").join((good[:9], good[10:]))
    return [
        good[:-1],
        good[: len(good) // 2],
        good + "A",
        flipped,
        tokens.sign("somewhere.else", b"12345678"),
        tokens.sign("fanclub.joining", b"1"),
        tokens.sign("fanclub.answer", b"1"),
        seals.unsubscribe_token(999_999, 999_999),
        "é" * 10,
        "%00",
        "x" * 5000,
        "../../etc/passwd",
    ]


def test_whatever_is_no_token_of_ours_gets_the_same_kind_page() -> None:
    good = mailed(joined(Client(), "newsletter"))
    pages = set()
    for token in bad_tokens(good):
        for where in PAGES:
            answer = Client().get(where, {"t": token})
            assert answer.status_code == 404, (where, token)
            page = answer.content.decode()
            assert "This link does not open anything" in page
            pages.add(re.sub(r'value="[^"]*"', "", page))
        for where in POSTS:
            answer = Client().post(where, {"t": token, "say": "no", "purpose": "newsletter", "what": "all"})
            assert answer.status_code == 404, (where, token)
    assert len(pages) == 1


def test_a_token_of_one_kind_opens_no_page_of_another() -> None:
    client = Client()
    fill = joined(client, "newsletter")
    mail = mailed(fill)
    for where in ("/join/confirm/", "/preferences/confirm/"):
        assert client.get(where, {"t": mail}).status_code == 404
    from tifo.fanclub.queries import joining_token

    assert client.get("/preferences/", {"t": joining_token(1)}).status_code == 404


def test_visitors_without_a_token_are_led_to_the_sign_in() -> None:
    assert Client().get("/preferences/")["Location"] == "/sign-in/?next=/preferences/"
    assert Client().get("/sessions/")["Location"] == "/sign-in/?next=/sessions/"
    assert Client().post("/preferences/tastes/")["Location"] == "/sign-in/?next=/preferences/"


def test_an_account_that_is_no_fans_has_no_choices() -> None:
    from tests.accounts.signing import client_of, fan_account, staff_client

    for client in (client_of(fan_account()), staff_client("support")):
        assert client.get("/preferences/")["Location"] == "/"
        assert client.get("/sessions/")["Location"] == "/"
        assert client.post("/me/everything/").status_code == 404
        assert client.get("/").status_code == 200


def test_what_an_import_declared_is_shown_with_its_reason() -> None:
    her = create_fan(source="import:tickets", email="lea@example.org", language="en")
    declare(her, "judo", 0.5, source="import:survey-2025")
    page = Client().get(f"/preferences/?t={token_of(her)}").content.decode()
    assert "because you told us on" in page
    assert "survey-2025" in page
    assert "You like it" in page


def token_of(fan_id: int) -> str:
    give(fan_id, "newsletter", source="test")
    return mailed(fan_id)
