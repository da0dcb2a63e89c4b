"""Four offers as they were, with made people: ten bibs, a weekly challenge, the marathon for all, one place for 200."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Barrier, Thread

import pytest
from django.db import connections

from tests.rewards.world import BEACON, CLOSES, EVE, OPENS, REVEAL, Hands, fans_with, offered, verified
from tifo.fans.public import create_fan, update_fan
from tifo.kernel.public import Refused
from tifo.points.public import Rule, balances, earn, publish_rule
from tifo.points.public import broken_promises as of_points
from tifo.rewards.public import (
    AwardState,
    NotEligible,
    SoldOut,
    StockView,
    broken_promises,
    claim,
    draw,
    enter,
    freeze,
    mine,
    open_offer,
    pass_on_overdue,
    read_offer_file,
    stock,
)

RATES = [  # points, per, in metres or minutes
    Rule("walk", "metre", points=5, per=1000),
    Rule("run", "metre", points=10, per=1000),
    Rule("bike", "metre", points=25, per=10_000),
    Rule("other", "minute", points=1),
    Rule("game", "win", points=5),
    Rule("question", "mark", points=1, event_cap=2_500),
]


@pytest.fixture
def hands(monkeypatch: pytest.MonkeyPatch) -> Hands:
    return Hands(monkeypatch, OPENS - timedelta(days=1))


def by_rank(name: str, fans: list[int]) -> dict[tuple[str, int], int]:
    found = {fan: mine(name, fan) for fan in fans}
    return {(one.stratum, one.rank): fan for fan, one in found.items() if one.rank}


@pytest.mark.django_db
def test_ten_bibs_for_those_who_earned_a_thousand_points(hands: Hands, tmp_path: Path) -> None:
    for rule in RATES:
        publish_rule(rule)
    deeds = {
        "walker": [("walk", 200_000)],  # 1,000
        "runner": [("run", 42_195), ("game", 1)],  # 421 + 5
        "rider": [("bike", 400_000)],  # 1,000
        "swimmer": [("other", 999)],
        "writer": [("question", 9_000)],  # 2,500, by the cap
        **{f"runner{number}": [("run", 100_000 + number)] for number in range(9)},
    }
    right = {}
    for who, done in deeds.items():
        fan = create_fan(source="test", email=f"{who}@example.org")
        for deed, quantity in done:
            earn(fan, deed, "one", quantity=quantity, at=EVE)
        right[who] = fan
    assert [balances([right[who]])[right[who]].points for who in ("walker", "runner", "rider", "swimmer", "writer")] == [
        1000, 426, 1000, 999, 2500,
    ]  # fmt: skip
    open_offer(offered("places: 10\ninputs: {points: [0, 1000]}\neligible: [points >= 1000]\n"))
    hands.go(OPENS)
    refused = set()
    for who, fan in right.items():
        try:
            enter(fan, "ten-bibs")
        except NotEligible:
            refused.add(who)
    assert refused == {"runner", "swimmer"}
    hands.go(CLOSES)
    freeze("ten-bibs")
    hands.go(timedelta(hours=1))
    draw("ten-bibs", BEACON)
    assert "all: 10 of 12 drawn" in verified("ten-bibs", tmp_path)


@pytest.mark.django_db
def test_a_weekly_challenge_with_places_for_women_and_men(hands: Hands, tmp_path: Path) -> None:
    women, men = fans_with([1] * 8, gender="female"), fans_with([1] * 12, gender="male")
    strata = (
        "strata:\n- {key: women, places: 4, genders: [female]}\n- {key: men, places: 4, genders: [male]}\n"
    )
    open_offer(offered(strata))
    hands.go(OPENS)
    for fan in women + men:
        enter(fan, "ten-bibs")
    unknown = create_fan(source="test", email="unknown@example.org")
    with pytest.raises(Refused, match="complete who you are"):
        enter(unknown, "ten-bibs")
    hands.go(CLOSES)
    freeze("ten-bibs")
    hands.go(timedelta(hours=1))
    draw("ten-bibs", BEACON)
    assert "women: 4 of 8 drawn; men: 4 of 12 drawn" in verified("ten-bibs", tmp_path)
    ranks = by_rank("ten-bibs", women + men)
    for place in [("women", 1), ("women", 3), ("women", 4), ("men", 2), ("men", 4)]:
        claim(ranks[place], "ten-bibs")
    hands.go(timedelta(days=15))
    assert pass_on_overdue()  # one woman and two men did not claim
    offers = {place for place, fan in ranks.items() if mine("ten-bibs", fan).award is AwardState.OFFERED}
    assert offers == {("women", 5), ("men", 5), ("men", 6)}
    assert stock("ten-bibs") == [StockView("women", 4, 0, 1, 3), StockView("men", 4, 0, 2, 2)]
    assert "3 offered, 5 claimed, 3 forfeited" in verified("ten-bibs", tmp_path)
    assert broken_promises() == []


MARATHON = """offer: marathon-for-all
title: {en: The marathon for all}
terms: {en: "Whoever has 100,000 points may run."}
opens: 2023-11-01T08:00Z
closes: 2024-01-10T12:00Z
cutoff: 2023-12-31T22:59:59Z
age: 20
claim_days: 10
strata:
- {key: women, places: 6, genders: [female]}
- {key: men, places: 6, genders: [male]}
inputs: {points: [0, 100000, 200000, 400000]}
eligible: [points >= 100000]
weights: {cap: 3, points: {200000: 1, 400000: 2}}
"""
AUTUMN, MIDNIGHT = datetime(2023, 12, 1, tzinfo=UTC), datetime(2023, 12, 31, 23, tzinfo=UTC)


@pytest.mark.django_db
def test_the_marathon_for_all_counts_points_at_midnight_and_reallots_twice(
    hands: Hands, tmp_path: Path
) -> None:
    hands.go(datetime(2023, 10, 20, tzinfo=UTC))
    open_offer(read_offer_file(MARATHON + REVEAL))
    hands.go(AUTUMN)
    amounts = [100_000, 150_000, 200_000, 450_000] * 5
    women = fans_with(amounts, at=AUTUMN, gender="female")
    men = fans_with(amounts, at=AUTUMN, gender="male")
    late = create_fan(source="test", email="late@example.org", gender="female")
    earn(late, "made", "most", quantity=99_999, at=AUTUMN)
    for fan in [*women, *men, late]:
        enter(fan, "marathon-for-all")
    hands.go(MIDNIGHT + timedelta(hours=8))
    earn(late, "made", "the last", quantity=1, at=MIDNIGHT + timedelta(minutes=1))
    earn(women[0], "made", "more", quantity=900_000, at=MIDNIGHT + timedelta(minutes=1))
    earn(women[1], "made", "told late", quantity=50_000, at=MIDNIGHT - timedelta(minutes=1))
    hands.go(datetime(2024, 1, 10, 12, tzinfo=UTC))
    freeze("marathon-for-all")
    out = mine("marathon-for-all", late)
    assert (out.reason, [(why.needed, why.had) for why in out.why]) == ("not-eligible", [(100_000, 99_999)])
    assert [mine("marathon-for-all", fan).weight for fan in women[:4]] == [1, 2, 2, 3]
    hands.go(timedelta(hours=1))
    draw("marathon-for-all", BEACON)
    ranks = by_rank("marathon-for-all", women + men)
    claim_as_adults(hands, ranks, [("women", 1), ("men", 6)])
    for _again in range(2):
        hands.go(timedelta(days=11))
        pass_on_overdue()
    offers = sorted(
        place for place, fan in ranks.items() if mine("marathon-for-all", fan).award is AwardState.OFFERED
    )
    assert offers == [(key, rank) for key in ("men", "women") for rank in range(12, 17)]
    assert "10 offered, 2 claimed, 20 forfeited" in verified("marathon-for-all", tmp_path)
    assert broken_promises() == []


def claim_as_adults(hands: Hands, ranks: dict[tuple[str, int], int], places: list[tuple[str, int]]) -> None:
    """Nobody claims before she has said that she is old enough."""
    for place in places:
        fan = ranks[place]
        with pytest.raises(Refused, match="when you were born"):
            claim(fan, "marathon-for-all")
        update_fan(fan, birth_date=date(hands.at.year - 19, 1, 1))
        with pytest.raises(Refused, match="20 and more"):
            claim(fan, "marathon-for-all")
        update_fan(fan, birth_date=date(hands.at.year - 20, 1, 1))
        claim(fan, "marathon-for-all")


@pytest.mark.django_db(transaction=True)
def test_l3_l4_one_place_and_two_hundred_people_at_the_same_second(hands: Hands) -> None:
    fans = fans_with([50] * 200)
    open_offer(offered("method: first-come\nplaces: 1\nprice: 40\n", randomness=""))
    hands.go(OPENS)
    barrier, had, sold_out = Barrier(8), [], []

    def try_for(some: list[int]) -> None:
        barrier.wait()
        for fan in some:
            try:
                enter(fan, "ten-bibs")
                had.append(fan)
            except SoldOut:
                sold_out.append(fan)
        connections.close_all()

    threads = [Thread(target=try_for, args=(fans[start::8],)) for start in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(had), len(sold_out)) == (1, 199)
    assert stock("ten-bibs") == [StockView("all", 1, 0, 0, 1)]
    assert mine("ten-bibs", had[0]).award is AwardState.CLAIMED
    assert sorted(balance.points for balance in balances(fans).values()) == [10, *[50] * 199]
    assert of_points() == broken_promises() == []
