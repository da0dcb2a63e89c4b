"""Building by fields writes the same file as the command line reads, and says what is wrong where it is."""

from pathlib import Path

import pytest
from django.http import QueryDict
from django.test import Client

import tifo
from tests.accounts.signing import staff_client
from tests.quests.world import PREDICTION, quiz
from tests.sheets import fields_of
from tifo.lake.public import refresh
from tifo.quests.public import open_quest, quest_named, source_of
from tifo.quests.rules import KINDS, read_quest_file
from tifo.quests.web.foreseen import consequences
from tifo.quests.web.sheet import changed, plain_in, plain_of, written

DESK = "/studio/club/quests/"
FILES = sorted((Path(tifo.__file__).parent / "server" / "demo").glob("quest-*.yaml"))
HEAD = """quest: {kind}-1
kind: {kind}
title: {{en: Play}}
opens: 2026-06-01T08:00Z
closes: 2026-07-30T21:59:59Z
"""
OTHERS = {
    "memory": "pairs:\n- [{en: Judo}, {en: Ippon, fr: Ippon}]\n- [{en: Row}, {en: Oar}]\nmoves: 9\ntries: 2\n",
    "puzzle": "order: [{en: One}, {en: Two, fr: Deux}, {en: Three}, {en: Four}]\n",
    "photo": "kept-days: 30\ntries: 3\n",
    "team": "counts: [judo-quiz]\ngoal: 1000\nmost: 8\n",
    "referral": "most: 5\n",
}
NEW = {
    "kind": "quiz",
    "zone": "Europe/Paris",
    "quest": "judo",
    "title@en": "Judo",
    "title@fr": "Le judo",
    "opens": "2026-07-01T08:00",
    "closes": "2026-07-20T08:00",
    "points": "5",
    "topics": "judo, wrestling",
    "questions": "1",
    "q.0.ask@en": "What ends a fight at once?",
    "q.0.options": "2",
    "q.0.o.0.text": "",
    "q.0.o.0@en": "Ippon",
    "q.0.o.0.right": "yes",
    "q.0.o.1@en": "Waza-ari",
    "act": "open",
}
WRITTEN = """quest: judo
kind: quiz
title:
  en: Judo
  fr: Le judo
opens: 2026-07-01T06:00Z
closes: 2026-07-20T06:00Z
points: 5
topics:
- judo
- wrestling
questions:
- ask:
    en: What ends a fight at once?
  options:
    ippon:
      en: Ippon
    waza-ari:
      en: Waza-ari
  right: ippon
"""


WRONG: list[tuple[dict[str, str], str, str]] = [
    ({"topics": "No Topic"}, "topics", "small letters"),
    ({"audience": "likes("}, "audience", ""),
    ({"points": "many"}, "points", "whole number"),
    ({"closes": "2026-06-01T08:00"}, "closes", "It closes before it opens."),
    ({"seconds": "1"}, "seconds", "from 5"),
    ({"more": "codes: [LAKE]\nteam: 3"}, "", "no `team`"),
]


def test_what_the_fields_say_is_the_file() -> None:
    sent = QueryDict(mutable=True)
    sent.update(NEW)
    assert written(plain_in(sent, zone="Europe/Paris")) == WRITTEN
    assert read_quest_file(WRITTEN).questions[0].right == ("ippon",)


@pytest.mark.django_db
def test_a_file_of_each_kind_survives_its_fields() -> None:
    desk = staff_client("animator")
    kinds = set()
    sources = [file.read_text(encoding="utf-8") for file in FILES]
    sources += [HEAD.format(kind=kind) + more for kind, more in OTHERS.items()]
    for source in sources:
        dated = source.replace("OPENS", "2026-06-01T08:00Z").replace("CLOSES", "2026-07-30T21:59:59Z")
        opened = open_quest(dated)
        sent = QueryDict(mutable=True)
        sent.update(fields_of(desk.get(f"{DESK}{opened.name}/change/").content.decode()))
        again = written(plain_in(sent, name=opened.name, zone=sent["zone"]))
        assert read_quest_file(again) == opened
        kinds.add(opened.kind)
    assert kinds == set(KINDS)


@pytest.mark.django_db(transaction=True)
def test_a_quest_is_built_question_by_question_and_opened() -> None:
    desk = staff_client("animator")
    assert "Which sport" in desk.get(DESK + "build/").content.decode()
    page = desk.get(DESK + "build/?kind=quiz").content.decode()
    sent = fields_of(page)
    assert (sent["questions"], sent["q.0.options"], sent["points"]) == ("1", "2", "5")
    page = desk.post(DESK + "build/", {**sent, "act": "open"})
    assert page.status_code == 422
    shown = page.content.decode()
    for words in ("Give it a title.", "Ask something.", "Write at least two answers.", 'href="#at-q.0.ask"'):
        assert words in shown
    page = desk.post(DESK + "build/", {**NEW, "act": "question"})
    sent = fields_of(page.content.decode())
    assert (sent["questions"], sent["q.0.o.0@en"], sent["q.0.o.0.right"]) == ("2", "Ippon", "yes")
    sent |= {"q.1.ask@en": "And then?", "q.1.o.0@en": "Bow", "q.1.o.1@en": "Run", "q.1.o.1.right": "yes"}
    refresh()
    look = desk.post(DESK + "look/", sent).content.decode()
    assert "And then?" in look
    assert "A fan earns at most 10 points by it." in look
    assert "0 members of the club find it as things are now." in look
    assert quest_named("judo") is None
    opened = desk.post(DESK + "build/", {**sent, "act": "open"})
    assert (opened.status_code, opened["Location"]) == (302, DESK + "judo/")
    made = quest_named("judo")
    assert made is not None
    assert [(one.right, len(one.options)) for one in made.questions] == [(("ippon",), 2), (("run",), 2)]
    part = desk.get(DESK + "judo/", headers={"HX-Request": "true"})
    assert part.status_code == 286, "it has closed: nothing more to come"
    assert "What ends a fight at once?" in part.content.decode()
    assert "<html" not in part.content.decode()
    assert desk.get(DESK + "judo/file.yaml").content.decode() == source_of("judo")
    assert (
        "There is a quest"
        in desk.post(DESK + "build/", {**sent, "points": "7", "act": "open"}).content.decode()
    )


@pytest.mark.django_db
def test_nobody_overwrites_what_she_did_not_see() -> None:
    desk = staff_client("animator")
    open_quest(quiz())
    sent = fields_of(desk.get(DESK + "judo-quiz/change/").content.decode())
    open_quest(quiz(more="at-most: 9"))
    answer = desk.post(DESK + "judo-quiz/change/", {**sent, "points": "6", "act": "open"})
    assert "was changed meanwhile" in answer.content.decode()
    sent = fields_of(desk.get(DESK + "judo-quiz/change/").content.decode())
    assert desk.post(DESK + "judo-quiz/change/", {**sent, "points": "6", "act": "open"}).status_code == 302
    found = quest_named("judo-quiz")
    assert found is not None
    assert (found.points, found.at_most) == (6, 9)


def test_the_buttons_of_the_sheet() -> None:
    plain = plain_of(PREDICTION.format(name="p", closes="2090-01-01T00:00Z"))
    asked = [question["ask"]["en"] for question in changed(plain, "up 1")["questions"]]
    assert asked == ["Third", "The final"]
    assert [q["ask"]["en"] for q in changed(plain, "less 0")["questions"]] == ["Third"]
    assert list(changed(plain, "out 0 1")["questions"][0]["options"]) == ["red", "white"]
    assert len(changed(plain, "option 1")["questions"][1]["options"]) == 4
    assert changed(plain, "less 9") == plain
    right = plain_of(quiz())
    assert changed(right, "out 1 0")["questions"][1]["right"] == "uchi"


@pytest.mark.django_db
def test_what_is_wrong_is_said_where_it_is() -> None:
    desk = staff_client("animator")
    for fields, at, words in WRONG:
        page = desk.post(DESK + "build/", {**NEW, **fields})
        assert (page.status_code, fields) == (422, fields)
        assert (f'href="#at-{at}"' in page.content.decode()) is bool(at)
        assert words in page.content.decode()
    assert quest_named("judo") is None


@pytest.mark.django_db
def test_rubbish_in_the_fields_is_no_error_of_ours() -> None:
    desk = staff_client("animator")
    rubbish = {
        "more": "a: &a [1]\nb: *a",
        "closes": "9999-12-31T23:59",
        "opens": "0001-01-01T00:00",
        "questions": "999",
        "q.0.options": "9" * 3,
        "points": "9" * 12,
        "audience": ") or (",
        "zone": "No/Where",
    }
    for act in ("look", "file", "open", "question", "less 77", "up 0", "out 0 99", "option x", "pairs"):
        page = desk.post(DESK + "build/", {**NEW, **rubbish, "title@en": "x\u2028", "act": act})
        assert page.status_code in (200, 422), act
    assert desk.post(DESK + "look/", {**NEW, **rubbish, "title@en": "x"}).status_code == 200
    assert desk.post(DESK + "build/", {"act": "open"}).status_code == 404
    endless = {"kind": "quiz", "opens": "2026-01-01T00:00Z", "closes": "9999-12-31T23:59Z"}
    assert consequences(endless, "Asia/Tokyo")[-1] == "It earns no points."


@pytest.mark.django_db
def test_an_analyst_reads_the_file_and_builds_nothing(client: Client) -> None:
    open_quest(quiz())
    analyst = staff_client("analyst")
    assert analyst.get(DESK + "judo-quiz/file.yaml").status_code == 200
    assert analyst.get(DESK + "build/").status_code == 403
    assert analyst.post(DESK + "judo-quiz/change/", NEW).status_code == 403
    assert client.get(DESK + "judo-quiz/file.yaml").status_code in (302, 404)
