"""An offer as a fan sees it: enter, am I in, what is my rank, why not, claim; and what anybody may look at."""

import json
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client

from tests.fanclub.world import joined
from tests.rewards.world import BEACON, CLOSES, EVE, OPENS, VERIFIER, Hands, fans_with, offered
from tifo.points.public import Rule, earn, publish_rule
from tifo.rewards.public import draw, enter, freeze, mine, open_offer, pass_on_overdue, save_draft, transcript

pytestmark = pytest.mark.django_db
PAGE = "/rewards/ten-bibs/"


@pytest.fixture
def hands(monkeypatch: pytest.MonkeyPatch) -> Hands:
    return Hands(monkeypatch, OPENS)


def words(client: Client, address: str = PAGE) -> str:
    page = client.get(address)
    assert page.status_code == 200, address
    return " ".join(re.sub(r"<[^>]+>", " ", page.content.decode()).split())


def test_from_the_button_to_the_claim(client: Client, hands: Hands, tmp_path: Path) -> None:
    open_offer(offered("places: 1\n"))
    fan = joined(client, language="en")
    assert "Ten bibs" in words(client, "/rewards/")
    assert "You are in" not in words(client)
    assert client.get(PAGE + "enter/").status_code == 405
    assert client.post(PAGE + "enter/")["Location"] == PAGE
    assert "You are in" in words(client)
    (other,) = fans_with([1])
    enter(other, "ten-bibs")
    hands.go(CLOSES)
    freeze("ten-bibs")
    assert "All entries are fixed" in words(client)
    assert client.get(PAGE + "transcript.json").status_code == 404
    hands.go(timedelta(hours=1))
    draw("ten-bibs", BEACON)
    file, kept = tmp_path / "transcript.json", tmp_path / "receipt.json"
    file.write_bytes(b"".join(client.get(PAGE + "transcript.json")))
    kept.write_bytes(client.get(PAGE + "receipt.json").content)
    assert json.loads(file.read_bytes()) == transcript("ten-bibs")
    log = tmp_path / "log.jsonl"
    log.write_bytes(b"".join(client.get("/rewards/log.jsonl")))
    done = subprocess.run(
        [sys.executable, VERIFIER, file, "--receipt", kept, "--log", log],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    rank = mine("ten-bibs", fan).rank
    assert f"rank {rank} of 2" in done.stdout
    assert f"Your rank: {rank} of 2" in words(client)
    if rank == 2:  # salts are random, and so is who is first
        assert "waiting list" in words(client)
        hands.go(timedelta(days=15))
        pass_on_overdue()
    assert "A place is yours to claim" in words(client)
    client.post(PAGE + "claim/")
    assert "It is yours" in words(client)
    told = json.loads(b"".join(client.get(PAGE + "transcript.json")))
    assert told == transcript("ten-bibs")
    assert told["log"][-1]["kind"] == "awards"
    assert json.loads(kept.read_text())["holder"] == "lea@example.org"


def test_who_earned_after_the_cut_off_reads_what_she_had_and_when(client: Client, hands: Hands) -> None:
    publish_rule(Rule("walk", "metre", points=1))
    fan = joined(client, language="en")
    earn(fan, "walk", "before", quantity=99_999, at=EVE)
    earn(fan, "walk", "after", quantity=1, at=EVE + timedelta(minutes=2))
    more = f"places: 1\ncutoff: {(EVE + timedelta(minutes=1)).isoformat()}\n"
    open_offer(offered(more + "inputs: {points: [0, 100000]}\neligible: [points >= 100000]\n"))
    assert "You had 99,999 points; it takes 100,000." in words(client)
    client.post(PAGE + "enter/")
    assert not mine("ten-bibs", fan).entered


def test_looking_changes_nothing_and_a_draft_is_no_page(client: Client, hands: Hands) -> None:
    save_draft(offered("places: 1\n"), actor_id=None)
    assert client.get(PAGE).status_code == 404
    assert "Ten bibs" not in words(client, "/rewards/")
    open_offer(offered("places: 1\n"))
    assert "Take part" in words(client)
    assert client.post(PAGE + "enter/").status_code in (302, 403)


@pytest.mark.parametrize("language", ["fr", "ar"])
def test_the_pages_speak_her_language(client: Client, hands: Hands, language: str) -> None:
    open_offer(offered("places: 1\n"))
    joined(client, language=language)
    client.cookies["tifo_language"] = language
    assert "Dix dossards" in words(client) if language == "fr" else "Ten bibs" in words(client)
