"""What draws promise, held against the product itself: what was published stays, nothing is left to chance, nobody is
named, and the beacon decides or what was declared (D2, D6, D8, D9, D10)."""

import ast
import json
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from tests.draws import made
from tests.draws.made import SECRETS
from tests.draws.verifier import verifier
from tests.rewards.world import BEACON, CLOSES, OPENS, PARTIES, Hands, fans_with, offered
from tifo.fans.public import erase_fan
from tifo.kernel.public import Refused
from tifo.rewards.actions import let_go
from tifo.rewards.models import Entry, Offer
from tifo.rewards.public import (
    Beacon,
    draw,
    enter,
    freeze,
    log_lines,
    mine,
    offer,
    open_offer,
    receipt,
    transcript,
)
from tifo.rewards.rules import exact, sets
from tifo.rewards.rules.beacon import QUICKNET, randomness
from tifo.rewards.rules.judging import (
    band,
    bands_of_all,
    eligible_of_all,
    misses,
    weight,
    weights_of_all,
)
from tifo.rewards.types import Input

SOURCE = Path(__file__).parents[2] / "src" / "tifo" / "rewards"


@pytest.fixture
def hands(monkeypatch: pytest.MonkeyPatch) -> Hands:
    return Hands(monkeypatch, OPENS)


def frozen(hands: Hands, fans: list[int], randomness: str | None = None) -> None:
    open_offer(
        offered("places: 1\n") if randomness is None else offered("places: 1\n", randomness=randomness)
    )
    for fan in fans:
        enter(fan, "ten-bibs")
    hands.go(CLOSES)
    freeze("ten-bibs")


@pytest.mark.django_db
def test_d2_all_that_decides_is_in_the_log_before_its_round_exists(hands: Hands) -> None:
    frozen(hands, fans_with([1, 1, 1]), randomness="randomness: {source: drand, margin: 1800}\n")
    rules, freezing = (json.loads(line) for line in log_lines())
    view = offer("ten-bibs")
    assert rules["body"] == {"rules_hash": view.rules_hash, "version": 1}
    body = freezing["body"]
    assert (body["root"], body["entries"], body["algorithm"]) == (view.root, 3, "tifo-draw/1")
    assert body["target"] == {"source": "drand", "round": view.round}
    assert QUICKNET.time_of(view.round or 0) >= CLOSES + timedelta(seconds=1800)
    assert QUICKNET.time_of((view.round or 0) - 1) < CLOSES + timedelta(seconds=1800)


@pytest.mark.django_db
@pytest.mark.parametrize("table", ["logentry", "rules", "tree"])
@pytest.mark.parametrize("act", ["UPDATE rewards_{} SET id = id + 100", "DELETE FROM rewards_{}"])
def test_d2_what_was_published_stays_as_it_was(hands: Hands, table: str, act: str) -> None:
    frozen(hands, fans_with([1, 1]))
    statement = act.format(table).replace("id = id" if table == "logentry" else "-", "number = number")
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        connection.cursor().execute(statement)


@pytest.mark.django_db
def test_d7_the_same_root_is_never_frozen_for_another_offer(hands: Hands) -> None:
    frozen(hands, fans_with([1, 1]))
    row = Offer.objects.get()
    other = Offer(
        name="other", method="draw", source=row.source, opens_at=OPENS, closes_at=CLOSES, root=row.root
    )
    with pytest.raises(IntegrityError), transaction.atomic():
        other.save()


def test_d6_nothing_that_decides_calls_chance_or_a_clock() -> None:
    """The modules that decide import neither; what is random (salts, codes) is made when somebody enters."""
    deciding = [SOURCE / "actions" / f"{name}.py" for name in ("drawing", "ranking")]
    deciding += [SOURCE / "rules" / f"{name}.py" for name in ("exact", "sets", "judging", "terms", "beacon")]
    for file in deciding:
        tree = ast.parse(file.read_text(encoding="utf-8"))
        names = {
            alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names
        }
        names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        assert not names & {"random", "secrets", "uuid", "time", "os"}, file.name
        calls = {
            node.func.attr
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        }
        if file.parent.name == "rules":
            assert not calls & {"now", "today", "utcnow"}, file.name


@pytest.mark.django_db
def test_d6_the_order_follows_from_the_leaves_alone_however_the_rows_lie() -> None:
    leaves = [made.sha(bytes([n])) for n in range(40)]
    rows = [(n, leaf, n, "ab"[n % 2], 1 + n % 3) for n, leaf in enumerate(leaves)]
    seed = made.sha(b"seed")

    def order(some: list[tuple[int, bytes, int, str, int]]) -> list[tuple[str, int, bytes]]:
        names = ["id", "leaf", "leaf_index", "stratum", "weight"]
        table = pa.table(
            dict(zip(names, (pa.array(list(column)) for column in zip(*some, strict=True)), strict=True))
        )
        return [(row["stratum"], row["rank"], row["leaf"]) for row in sets.ranked(table, seed).to_pylist()]

    expected = []
    for stratum in "ab":
        part = sorted(
            (exact.score(seed, leaf, weight), leaf)
            for _n, leaf, _index, key, weight in rows
            if key == stratum
        )
        expected += [(stratum, rank, leaf) for rank, (_score, leaf) in enumerate(part, 1)]
    assert order(rows) == order(rows[::-1]) == expected


def test_d8_over_ten_thousand_seeds_each_ticket_wins_as_often_as_any_other() -> None:
    weights = [1, 1, 2, 3, 1]
    leaves = [made.sha(b"leaf", bytes([n])) for n in range(len(weights))]
    draws = 10_000
    won = Counter(
        min(range(len(weights)), key=lambda n: exact.score(seed, leaves[n], weights[n]))
        for seed in (made.sha(n.to_bytes(4, "big")) for n in range(draws))
    )
    chi = sum((won[n] - draws * weights[n] / 8) ** 2 / (draws * weights[n] / 8) for n in range(len(weights)))
    assert chi < 18.47  # four degrees of freedom: one fair draw in a thousand goes beyond


@pytest.mark.django_db
def test_d9_only_the_round_that_was_named_or_the_declared_fall_back_decides(hands: Hands) -> None:
    fallback = (
        f"randomness: {{source: drand, margin: 1800, fallback: {{after: 86400, parties: {PARTIES}}}}}\n"
    )
    frozen(hands, fans_with([1, 1, 1]), randomness=fallback)
    with pytest.raises(Refused, match="can be drawn from"):
        draw("ten-bibs", BEACON)
    hands.go(timedelta(hours=1))
    with pytest.raises(Refused, match="not the beacon's signature of round"):
        draw("ten-bibs", Beacon(signature=made.ROUNDS[1000]))
    with pytest.raises(Refused, match="86,400 seconds after"):
        draw("ten-bibs", BEACON)
    hands.go(timedelta(days=1))
    with pytest.raises(Refused, match=r"bailiff.*missing"):
        draw("ten-bibs", Beacon(secrets={"organiser": SECRETS["organiser"]}))
    draw("ten-bibs", BEACON)
    found = transcript("ten-bibs")
    assert [entry["kind"] for entry in found["log"]] == [
        "rules",
        "freeze",
        "fallback",
        "reveal",
        "reveal",
        "drawn",
    ]
    assert verifier.verify(found).good


@pytest.mark.django_db
def test_d9_without_a_fall_back_secrets_decide_nothing(hands: Hands) -> None:
    frozen(hands, fans_with([1, 1]), randomness="")
    hands.go(timedelta(days=30))
    with pytest.raises(Refused, match="no fall-back"):
        draw("ten-bibs", BEACON)


@pytest.mark.parametrize("number", made.ROUNDS)
def test_a_published_round_is_signed_by_the_chain(number: int) -> None:
    assert randomness(QUICKNET, number, made.ROUNDS[number]) == made.sha(bytes.fromhex(made.ROUNDS[number]))
    for signature in (made.ROUNDS[number][:-2], "c0" + "00" * 47, "zz", made.ROUNDS[1000]):
        with pytest.raises(Refused):
            randomness(QUICKNET, number + 1, signature)


@pytest.mark.django_db
def test_d10_the_transcript_names_nobody_and_stays_when_she_is_erased(hands: Hands) -> None:
    fans = fans_with([1, 1, 1])
    frozen(hands, fans)
    hands.go(timedelta(hours=1))
    draw("ten-bibs", BEACON)
    before = transcript("ten-bibs")
    said = json.dumps(before)
    assert "example.org" not in said
    assert before["entries"]["columns"] == ["commitment", "stratum", "weight"]
    last = next(fan for fan in fans if mine("ten-bibs", fan).rank == 3)
    assert receipt(last, "ten-bibs") is not None
    erase_fan(last)
    let_go(last)
    assert transcript("ten-bibs") == before
    assert receipt(last, "ten-bibs") is None
    gone = Entry.objects.get(fan_id=last)
    assert (bytes(gone.salt), gone.holder, gone.person_key, gone.facts) == (b"", "", None, {})


@given(
    bands=st.lists(st.integers(0, 50), min_size=1, max_size=5, unique=True).map(sorted),
    values=st.lists(st.integers(-5, 60), min_size=1, max_size=8),
    cap=st.integers(1, 5),
)
def test_d3_judging_all_at_once_is_judging_each(bands: list[int], values: list[int], cap: int) -> None:
    words = ", ".join(map(str, bands))
    more = f"places: 1\ninputs: {{points: [{words}]}}\neligible: [points >= {bands[-1]}]\n"
    definition = offered(f"{more}weights: {{cap: {cap}, points: {{{bands[0]}: 1}}}}\n")
    (one,) = definition.inputs
    assert one == Input("points", tuple(bands))
    had = pa.chunked_array([pa.array(values, pa.int64())])
    all_bands = {"points": bands_of_all(one, had)}
    assert all_bands["points"].to_pylist() == [band(one, value) for value in values]
    assert eligible_of_all(definition, all_bands, len(values)).to_pylist() == [
        not misses(definition, {"points": value}, None) for value in values
    ]
    assert weights_of_all(definition.weights, all_bands, len(values)).to_pylist() == [
        weight(definition.weights, {"points": band(one, value)}) for value in values
    ]


@given(st.integers(1, 40), st.data())
def test_d4_the_tree_and_its_paths_are_those_of_the_page(count: int, data: st.DataObject) -> None:
    leaves = sorted(made.sha(bytes([n])) for n in range(count))
    tree = exact.levels(b"".join(leaves))
    assert tree[-1] == made.root(leaves)
    index = data.draw(st.integers(0, count - 1))
    nodes = [tree[level][place * 32 : place * 32 + 32] for level, place in exact.siblings(index, count)]
    assert nodes == made.path(index, leaves)
