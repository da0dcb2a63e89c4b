"""The offer file and the commands: every mistake with its place, a round trip, and the way of a script."""

import json
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from tests.draws.made import SECRETS
from tests.draws.verifier import verifier
from tests.rewards.world import CLOSES, OPENS, PARTIES, REVEAL, TEN, Hands, fans_with, offered
from tifo.kernel.public import Refused
from tifo.rewards.cli import COMMANDS
from tifo.rewards.public import enter, open_offer, read_offer_file, write_offer_file

FULL = (
    TEN.replace("terms", "lead: {en: Run., fr: Cours.}\nterms")
    + """cutoff: 2026-02-28T22:59:59Z
audience: 'country = "FR"'
exclude: {staff: 'gender = "other"'}
strata:
- {key: women, places: 25, name: {en: Women, fr: Femmes}, genders: [female]}
- {key: abroad, places: 5, countries: [ES, DE]}
inputs: {points: [0, 1000, 2000], status: [0, 10]}
eligible: [points >= 1000, status <= 10]
weights: {cap: 3, points: {1000: 1, 2000: 2}}
age: 20
claim_days: 0
"""
    + f"randomness: {{source: drand, margin: 3600, fallback: {{after: 7200, parties: {PARTIES}}}}}\n"
)


@pytest.mark.parametrize(
    "text", [FULL, TEN + "places: 3\n" + REVEAL, TEN + "method: window\nplaces: 3\nprice: 5\n"]
)
def test_what_is_written_reads_the_same(text: str) -> None:
    offer = read_offer_file(text)
    assert read_offer_file(write_offer_file(offer)) == offer


@pytest.mark.parametrize(
    ("text", "mend"),
    [
        (TEN, "needs `places` or `strata`"),
        (TEN + "places: -1\n", "line 6, column 9: `places` must be a whole number"),
        (
            TEN + "places: 1\nplces: 2\n",
            "line 7, column 1: an offer file has no `plces`; did you mean `places`?",
        ),
        (TEN + "places: 1\ninputs: {points: [5, 5]}\n", "must rise"),
        (
            TEN + "places: 1\ninputs: {points: [0]}\neligible: [points >= 7]\n",
            "7 is not among the bands of points",
        ),
        (TEN + "places: 1\neligible: [points >= 7]\n", "`points` is not among `inputs`"),
        (TEN + "places: 1\neligible: [points > 7]\n", "must read e.g. points >= 1000"),
        (TEN + "places: 1\nprice: 5\n", "a draw is free"),
        (TEN + "places: 1\nrandomness: {source: dice}\n", "`source` `dice` is not known"),
        (TEN + "places: 1\nrandomness: {source: reveal, parties: {me: abc}}\n", "64 small hex digits"),
        (TEN + "places: 1\nrandomness: {source: drand, margin: 5}\n", "from 60 to"),
        (TEN.replace("ten-bibs", "log") + "places: 1\n", "is an address of its own"),
        (TEN.replace("terms: {en", "terms: {de") + "places: 1\n", "in the languages of the title"),
        (TEN.replace(OPENS.isoformat(), "2027-01-01T00:00Z") + "places: 1\n", "must come after `opens`"),
        (TEN + "method: jury\nplaces: 1\n", "a jury needs a `question`"),
        (TEN + "method: ranking\nplaces: 1\n", "a ranking needs `inputs`"),
        (TEN + "strata:\n- {key: a, places: 1}\n- {key: a, places: 1}\n", "stands here twice"),
    ],
)
def test_a_mistake_is_named_with_its_place_and_its_mend(text: str, mend: str) -> None:
    with pytest.raises(Refused) as refused:
        read_offer_file(text)
    assert mend in str(refused.value)


@given(st.text(max_size=200))
def test_whatever_a_file_holds_is_refused_in_words(noise: str) -> None:
    for text in (noise, TEN + noise, TEN + "places: " + noise):
        with suppress(Refused):
            read_offer_file(text)


def said(command: str, *words: str) -> str:
    done = CliRunner().invoke(COMMANDS[command], list(words), catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


@pytest.mark.django_db
def test_the_way_of_a_script(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    hands = Hands(monkeypatch, OPENS)
    file, beacon = tmp_path / "offer.yaml", tmp_path / "beacon.json"
    file.write_text(TEN + "places: 1\n" + REVEAL, encoding="utf-8")
    beacon.write_text(json.dumps({"secrets": SECRETS}), encoding="utf-8")
    assert json.loads(said("rewards check", str(file), "--json"))["errors"] == 0
    assert json.loads(said("rewards list", "--json")) == []
    said("rewards open", str(file))
    for fan in fans_with([1, 1]):
        enter(fan, "ten-bibs")
    with pytest.raises(Refused, match="takes entries until"):
        said("rewards freeze", "ten-bibs")
    with pytest.raises(Refused, match="freeze it first"):
        said("rewards draw", "ten-bibs", "--beacon", str(beacon))
    hands.go(CLOSES)
    assert json.loads(said("rewards freeze", "ten-bibs", "--json"))["state"] == "frozen"
    with pytest.raises(Refused, match="not drawn"):
        said("rewards transcript", "ten-bibs")
    hands.go(timedelta(hours=1))
    said("rewards draw", "ten-bibs", "--beacon", str(beacon))
    said("rewards draw", "ten-bibs", "--beacon", str(beacon))
    (row,) = json.loads(said("rewards list", "--json"))
    assert (row["name"], row["state"], row["entries"]) == ("ten-bibs", "drawn", 2)
    assert verifier.verify(json.loads(said("rewards transcript", "ten-bibs"))).good
    with pytest.raises(Refused, match="wait to be claimed"):
        said("rewards close", "ten-bibs")
    hands.go(timedelta(days=15))
    with pytest.raises(Refused, match="wait to be claimed"):
        said("rewards close", "ten-bibs")
    hands.go(timedelta(days=15))
    assert json.loads(said("rewards close", "ten-bibs", "--json"))["state"] == "closed"


def test_where_chance_may_not_decide_a_draw_is_refused_with_its_place() -> None:
    with pytest.raises(
        Refused, match=r"line \d+, column 15: chance may not decide in BE; let a jury or a ranking"
    ):
        offered("places: 1\njurisdiction: BE\n")
    ranked = "method: ranking\ninputs: {points: [0]}\nplaces: 1\njurisdiction: BE\n"
    assert offered(ranked, randomness="").jurisdiction == "BE"


@pytest.mark.django_db
def test_where_rules_must_lie_open_before_the_first_entry_they_do(monkeypatch: pytest.MonkeyPatch) -> None:
    hands = Hands(monkeypatch, OPENS - timedelta(days=15) + timedelta(seconds=1))
    offer = offered("places: 1\njurisdiction: IT\n")
    assert read_offer_file(write_offer_file(offer)) == offer
    with pytest.raises(Refused, match=r"must be published 15 days before it opens \(IT\)"):
        open_offer(offer)
    hands.go(OPENS - timedelta(days=15))
    assert open_offer(offer) == 1
