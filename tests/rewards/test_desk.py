"""The studio's desk: from a draft to the record on paper, each act in the audit trail."""

import json
from datetime import timedelta

import pytest
from django.test import Client

from tests.accounts.signing import staff_client
from tests.draws.made import SECRETS
from tests.rewards.world import CLOSES, OPENS, REVEAL, TEN, Hands, fans_with
from tifo.accounts.public import audit_entries
from tifo.fans.public import create_fan
from tifo.rewards.public import (
    Doubt,
    RuledOut,
    State,
    claim,
    doubts,
    enter,
    log_lines,
    mine,
    offer,
    ruled_out,
    stock,
)

pytestmark = pytest.mark.django_db
DESK = "/studio/club/rewards/"


@pytest.fixture
def hands(monkeypatch: pytest.MonkeyPatch) -> Hands:
    return Hands(monkeypatch, OPENS)


@pytest.fixture
def desk(hands: Hands) -> Client:
    return staff_client("animator")


def text_of(client: Client, address: str) -> str:
    page = client.get(address)
    assert page.status_code == 200, address
    return page.content.decode()


def test_from_a_draft_to_the_record(desk: Client, hands: Hands) -> None:
    assert "No offer yet" in text_of(desk, DESK)
    wrong = desk.post(DESK + "new/", {"text": TEN + "plces: 1\n"}).content.decode()
    assert "did you mean `places`" in wrong
    desk.post(DESK + "new/", {"text": TEN + "places: 1\n" + REVEAL})
    there = DESK + "ten-bibs/"
    assert "Publish the rules" in text_of(desk, there)
    desk.post(there + "do/open/")
    fans = fans_with([1, 1, 1])
    for fan in fans:
        enter(fan, "ten-bibs")
    desk.post(there + "do/freeze/")
    assert offer("ten-bibs").state is State.OPEN  # too early
    hands.go(CLOSES)
    desk.post(there + "do/freeze/")
    assert offer("ten-bibs").root in text_of(desk, there)
    hands.go(timedelta(hours=1))
    desk.post(there + "do/draw/", {"beacon": "no JSON"})
    assert offer("ten-bibs").state is State.FROZEN
    desk.post(there + "do/draw/", {"beacon": json.dumps({"secrets": SECRETS})})
    ranks = {mine("ten-bibs", fan).rank: fan for fan in fans}
    desk.post(there + "pass-on/", {"stratum": "all", "rank": "1", "reason": "no passport"})
    assert "no passport" in text_of(desk, there)
    claim(ranks[2], "ten-bibs")
    assert [(one.pending, one.posted) for one in stock("ten-bibs")] == [(0, 1)]
    record = desk.get(there + "record.pdf")
    assert record.content.startswith(b"%PDF-")
    part = desk.get(there, headers={"HX-Request": "true"})
    assert (part.status_code, "<html" in part.content.decode()) == (200, False)
    desk.post(there + "do/close/")
    assert desk.get(there, headers={"HX-Request": "true"}).status_code == 286
    assert offer("ten-bibs").state is State.CLOSED
    acts = [entry.act for entry in audit_entries() if entry.act.startswith("rewards.")]
    wanted = ["save", "open", "freeze", "draw", "forfeit", "close"]
    assert sorted(acts) == sorted(f"rewards.{verb}" for verb in wanted)


def test_whoever_may_be_one_person_is_shown_before_anything_is_given(desk: Client, hands: Hands) -> None:
    desk.post(DESK + "new/", {"text": TEN + "places: 1\n" + REVEAL})
    desk.post(DESK + "ten-bibs/do/open/")
    twins = [
        create_fan(
            source="test",
            email=f"lea{n}@example.org",
            first_name="Léa",
            last_name="Moreau",
            birth_date="1996-05-01",
        )
        for n in range(2)
    ]
    for fan in twins:
        enter(fan, "ten-bibs")
    assert doubts("ten-bibs") == [Doubt("person", tuple(twins))]
    there = DESK + "ten-bibs/"
    assert "One person, it seems" in text_of(desk, there + "review/")
    out = {"fan": [str(twins[1])], "reason": "duplicate", "note": "one passport", "act": "out"}
    desk.post(there + "decide/", {**out, "note": " "})
    desk.post(there + "decide/", {**out, "reason": "ugly"})
    desk.post(there + "decide/", {**out, "fan": []})
    assert ruled_out("ten-bibs") == []
    assert "1 entry is out." in desk.post(there + "decide/", out, follow=True).content.decode()
    assert ruled_out("ten-bibs") == [RuledOut(twins[1], "duplicate")]
    assert "0 entries are out." in desk.post(there + "decide/", out, follow=True).content.decode()
    enter(twins[1], "ten-bibs")
    assert mine("ten-bibs", twins[1]).reason == "duplicate", "who was taken out does not come back by herself"
    assert doubts("ten-bibs") == []
    assert staff_client("analyst").post(there + "decide/", {**out, "act": "in"}).status_code == 403
    desk.post(there + "decide/", {"fan": [str(twins[1])], "act": "in"})
    assert mine("ten-bibs", twins[1]).reason == ""
    desk.post(there + "decide/", out)
    hands.go(CLOSES)
    assert "1 entry is judged by the rules, then fixed for ever" in text_of(desk, there)
    desk.post(there + "do/freeze/")
    (frozen,) = [one for one in map(json.loads, log_lines()) if one["kind"] == "freeze"]
    assert (frozen["body"]["entries"], frozen["body"]["excluded"]) == (1, {"duplicate": 1})
    desk.post(there + "decide/", {"fan": [str(twins[1])], "act": "in"})
    assert mine("ten-bibs", twins[1]).reason == "duplicate", "what was published stays"
    told = [(one.act, json.loads(one.detail)) for one in audit_entries()]
    seen = [
        (act, detail["fans"], detail.get("note"))
        for act, detail in told
        if act in ("rewards.rule-out", "rewards.let-in")
    ]
    ruled = ("rewards.rule-out", [twins[1]], "one passport")
    assert sorted(seen, key=str) == sorted([ruled, ruled, ("rewards.let-in", [twins[1]], None)], key=str)


def test_who_may_not_keep_offers_looks_only(hands: Hands) -> None:
    analyst = staff_client("analyst")
    assert "A new offer" not in text_of(analyst, DESK)
    assert analyst.get(DESK + "new/").status_code == 403
    assert analyst.post(DESK + "ten-bibs/do/open/").status_code == 403
