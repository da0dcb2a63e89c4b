"""Building an offer by fields writes the file that the command line reads, and says what follows before it is published."""

import pytest
from django.http import QueryDict
from django.test import Client

from tests.accounts.signing import staff_client
from tests.fanclub.world import joined
from tests.rewards.world import OPENS, PARTIES, REVEAL, TEN, Hands, fans_with
from tests.sheets import fields_of
from tifo.lake.public import refresh
from tifo.rewards.public import State, enter, offer, read_offer_file, save_draft, write_offer_file
from tifo.rewards.web.foreseen import consequences
from tifo.rewards.web.sheet import plain_in, written

pytestmark = pytest.mark.django_db
DESK = "/studio/club/rewards/"
NEW = {
    "method": "draw",
    "zone": "Europe/Paris",
    "offer": "week",
    "title@en": "A week of bibs",
    "title@fr": "Une semaine de dossards",
    "terms@en": "Twelve kilometres in one go.",
    "terms@fr": "Douze kilomètres en une fois.",
    "opens": "2026-03-01T10:00",
    "closes": "2026-03-08T10:00",
    "cutoff": "2026-03-07T23:59:59",
    "parts": "2",
    "part.0.key": "women",
    "part.0.places": "25",
    "part.0.name@en": "Women",
    "part.0.female": "yes",
    "part.1.key": "men",
    "part.1.places": "25",
    "part.1.male": "yes",
    "part.1.countries": "fr, BE",
    "least.points": "1000",
    "steps.points": "2",
    "step.points.0.at": "2000",
    "step.points.0.more": "1",
    "excludes": "1",
    "exclude.0.reason": "staff",
    "exclude.0.who": "holds_ticket()",
    "source": "drand",
    "margin": "30",
    "claim_days": "14",
    "age": "20",
}
WRITTEN = """offer: week
method: draw
title:
  en: A week of bibs
  fr: Une semaine de dossards
terms:
  en: Twelve kilometres in one go.
  fr: Douze kilomètres en une fois.
opens: 2026-03-01T09:00Z
closes: 2026-03-08T09:00Z
cutoff: '2026-03-07T22:59:59Z'
exclude:
  staff: holds_ticket()
strata:
- key: women
  places: 25
  name:
    en: Women
  genders:
  - female
- key: men
  places: 25
  genders:
  - male
  countries:
  - FR
  - BE
inputs:
  points:
  - 0
  - 1000
  - 2000
eligible:
- points >= 1000
weights:
  cap: 2
  points:
    '2000': 1
randomness:
  source: drand
  margin: 1800
age: 20
claim_days: 14
"""
FILES = (
    "places: 10\n" + REVEAL,
    "places: 3\ninputs: {points: [0, 5, 60, 200], status: [0, 7]}\neligible: [points >= 60, status <= 7, points <= 200]\n"
    "weights: {cap: 9, points: {60: 1, 200: 4}, status: {7: 2}}\naudience: club.member\nage: 18\n"
    f"randomness: {{source: drand, margin: 600, fallback: {{after: 7200, parties: {PARTIES}}}}}\n",
    "method: jury\nplaces: 1\nquestion: {en: Why you, fr: Pourquoi toi}\ncriteria: [style, idea]\nlead: {en: Write}\n",
    "method: first-come\nplaces: 40\nprice: 30\nclaim_days: 0\n",
    "method: ranking\nstrata:\n- {key: solo, places: 4, name: {en: Alone}}\ninputs: {points: [0]}\n",
    "method: instant-win\nplaces: 2\nexclude: {staff: club.member, again: holds_ticket()}\n",
)


def sheet(fields: dict[str, str]) -> QueryDict:
    sent = QueryDict(mutable=True)
    sent.update(fields)
    return sent


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Client:
    Hands(monkeypatch, OPENS)
    return staff_client("animator")


def test_what_the_fields_say_is_the_file() -> None:
    assert written(plain_in(sheet(NEW), zone="Europe/Paris")) == WRITTEN
    assert read_offer_file(WRITTEN).places == 50


def test_a_file_of_each_method_survives_its_fields(desk: Client) -> None:
    for number, more in enumerate(FILES):
        one = read_offer_file(TEN.replace("ten-bibs", f"offer-{number}") + more)
        save_draft(one, actor_id=None)
        page = desk.get(f"{DESK}{one.name}/change/").content.decode()
        again = read_offer_file(written(plain_in(sheet(fields_of(page)), name=one.name, zone="UTC")))
        assert (set(again.eligible), again.inputs) == (set(one.eligible), one.inputs)
        assert write_offer_file(again) == write_offer_file(
            again.__class__(**{**vars(one), "eligible": again.eligible})
        )


def test_an_offer_is_built_kept_published_and_stays_once_somebody_entered(desk: Client) -> None:
    assert "Instant win" in desk.get(DESK + "build/").content.decode()
    sent = fields_of(desk.get(DESK + "build/?method=draw").content.decode())
    page = desk.post(DESK + "build/", {**sent, "act": "keep"})
    assert page.status_code == 422
    for words in ("Give it a title.", "Write the rules in each language of the title.", 'href="#at-terms"'):
        assert words in page.content.decode()
    kept = desk.post(DESK + "build/", {**NEW, "act": "keep"})
    assert (kept.status_code, kept["Location"]) == (302, DESK + "week/")
    assert offer("week").state is State.DRAFT
    assert offer("week").definition == read_offer_file(WRITTEN)
    assert "Who claims it must be 20 years old by then." in desk.get(DESK + "week/").content.decode()
    assert "There is an offer" in desk.post(DESK + "build/", {**NEW, "act": "keep"}).content.decode()
    desk.post(DESK + "week/do/open/")
    sent = fields_of(desk.get(DESK + "week/change/").content.decode())
    sent |= {
        "part.1.countries": "",
        "cutoff": "",
        "least.points": "",
        "bands.points": "",
        "steps.points": "0",
    }
    assert desk.post(DESK + "week/change/", {**sent, "act": "keep"}).status_code == 302
    assert (offer("week").version, offer("week").definition.strata[1].countries) == (2, ())
    assert (
        "It was changed meanwhile"
        in desk.post(DESK + "week/change/", {**sent, "act": "keep"}).content.decode()
    )
    sent = fields_of(desk.get(DESK + "week/change/").content.decode())
    enter(fans_with([1], gender="female")[0], "week", stratum="women")
    answer = desk.post(DESK + "week/change/", {**sent, "age": "30", "act": "keep"})
    assert "its rules stay" in answer.content.decode()
    assert desk.get(DESK + "week/file.yaml").content.decode() == write_offer_file(offer("week").definition)


@pytest.mark.django_db(transaction=True)
def test_what_will_happen_is_said_beforehand_with_how_many(desk: Client, client: Client) -> None:
    joined(client, language="en")
    fans_with([1])  # a fan who is no member
    refresh()
    look = desk.post(DESK + "look/", {**NEW, "least.points": "", "excludes": "0"}).content.decode()
    for words in (
        "1 member of the club could take part as things are now.",
        "There are 50 places: if all take part, one in 1 has one.",
        "You can freeze the entries from 8 Mar 2026, 10:00 on; the draw follows at least 30 minutes later.",
        "A round of the public beacon decides, which nobody knows before.",
        "Who has a place claims it within 14 days; else the next rank has it.",
        "Who claims it must be 20 years old by then.",
        "Une semaine de dossards",
    ):
        assert words in look
    look = desk.post(DESK + "look/", NEW).content.decode()
    assert "0 members of the club could take part as things are now." in look
    assert "0 of them would be out: staff." in look
    assert not [one for one in desk.get(DESK).context["offers"] if one[0].name == "week"]


def test_parts_come_and_go_by_buttons(desk: Client) -> None:
    page = desk.post(DESK + "build/", {**NEW, "act": "less 0"}).content.decode()
    sent = fields_of(page)
    assert (sent["parts"], sent["part.0.key"], sent["part.0.male"]) == ("1", "men", "yes")
    sent = fields_of(desk.post(DESK + "build/", {**sent, "act": "part"}).content.decode())
    assert (sent["parts"], sent["part.1.places"]) == ("2", "")
    page = desk.post(DESK + "build/", {**sent, "part.1.key": "all-others", "act": "keep"}).content.decode()
    assert "Say how many places there are." in page


def test_an_analyst_reads_the_file_and_builds_nothing() -> None:
    save_draft(read_offer_file(TEN + "places: 1\n"), actor_id=None)
    analyst = staff_client("analyst")
    assert analyst.get(DESK + "ten-bibs/file.yaml").status_code == 200
    assert analyst.get(DESK + "build/").status_code == 403
    assert analyst.get(DESK + "ten-bibs/change/").status_code == 403


def test_an_empty_part_is_left_out(desk: Client) -> None:
    desk.post(DESK + "build/", {**NEW, "parts": "3", "act": "keep"})
    assert [one.key for one in offer("week").definition.strata] == ["women", "men"]


def test_rubbish_in_the_fields_is_no_error_of_ours(desk: Client) -> None:
    rubbish = {
        "more": "a: &a [1]\nb: *a",
        "closes": "9999-12-31T23:59",
        "cutoff": "0001-01-01T00:00",
        "parts": "999",
        "part.0.places": "9" * 12,
        "least.points": "many",
        "step.points.0.at": "x",
        "cap": "-1",
        "audience": ") or (",
        "margin": "9" * 8,
        "age": "x",
        "claim_days": "9" * 12,
        "title@en": "x\u2028",
    }
    for act in ("look", "file", "keep", "part", "less 77", "exclude"):
        page = desk.post(DESK + "build/", {**NEW, **rubbish, "act": act})
        assert page.status_code in (200, 422), act
    assert desk.post(DESK + "look/", {**NEW, **rubbish}).status_code == 200
    endless = {"method": "draw", "closes": "9999-12-31T23:59Z", "age": "18"}
    assert consequences(endless, "Asia/Tokyo")[-1] == "Who claims it must be 18 years old by then."
