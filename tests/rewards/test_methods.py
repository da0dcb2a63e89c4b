"""The other ways to give what is scarce: ranking, jury, a window with codes, instant win."""

from datetime import timedelta

import pytest

from tests.rewards.world import CLOSES, EVE, OPENS, Hands, fans_with, offered
from tifo.fans.public import Fan, create_fan, lock_fan
from tifo.kernel.public import Refused
from tifo.points.public import Balance, Short, balances
from tifo.rewards.actions import entering
from tifo.rewards.models import WinTime
from tifo.rewards.public import (
    AwardState,
    NotEligible,
    SoldOut,
    State,
    answers_to_read,
    broken_promises,
    claim,
    close_offer,
    enter,
    forfeit,
    freeze,
    log_lines,
    mine,
    offer,
    open_offer,
    rank,
    read_answer,
    stock,
    withdraw,
)
from tifo.rewards.rules.exact import sha

pytestmark = pytest.mark.django_db


@pytest.fixture
def hands(monkeypatch: pytest.MonkeyPatch) -> Hands:
    return Hands(monkeypatch, OPENS)


def ranks(fans: list[int]) -> list[int | None]:
    return [mine("ten-bibs", fan).rank for fan in fans]


def test_a_ranking_goes_by_points_at_the_cut_off_and_then_by_who_entered_first(hands: Hands) -> None:
    more = f"method: ranking\nplaces: 2\ncutoff: {OPENS.isoformat()}\ninputs: {{points: [0]}}\n"
    open_offer(offered(more, randomness=""))
    fans = fans_with([10, 30, 20, 30])
    for fan in (fans[3], fans[0], fans[1], fans[2]):
        enter(fan, "ten-bibs")
        hands.go(timedelta(seconds=1))
    hands.go(CLOSES)
    freeze("ten-bibs")
    rank("ten-bibs")
    rank("ten-bibs")
    assert ranks(fans) == [4, 2, 3, 1]
    claim(fans[3], "ten-bibs")
    assert [(one.pending, one.posted) for one in stock("ten-bibs")] == [(1, 1)]
    assert broken_promises() == []


def test_a_jury_needs_two_readers_and_equals_go_by_the_first_criterion(hands: Hands) -> None:
    more = "method: jury\nplaces: 1\nquestion: {en: 'Why you?'}\ncriteria: [idea, style]\n"
    open_offer(offered(more, randomness=""))
    fans = fans_with([1, 1, 1])
    with pytest.raises(Refused, match="write an answer"):
        enter(fans[0], "ten-bibs", answer="  ")
    for number, fan in enumerate(fans):
        enter(fan, "ten-bibs", answer=f"Because {number}")
        hands.go(timedelta(seconds=1))
    hands.go(CLOSES)
    freeze("ten-bibs")
    marks = {"Because 0": (5, 9), "Because 1": (9, 5), "Because 2": (1, 1)}
    for reader in (7, 8):
        with pytest.raises(Refused, match="fewer than two readers"):
            rank("ten-bibs")
        for answer in answers_to_read("ten-bibs", reader):
            idea, style = marks[answer.text]
            with pytest.raises(Refused, match="from 0 to 10"):
                read_answer(answer.entry_id, reader, {"idea": 11, "style": style})
            read_answer(answer.entry_id, reader, {"idea": idea, "style": style})
        assert answers_to_read("ten-bibs", reader) == []
    rank("ten-bibs")
    assert ranks(fans) == [2, 1, 3]


def test_a_window_gives_a_code_of_her_own_for_points_until_none_is_left(hands: Hands) -> None:
    open_offer(offered("method: window\nplaces: 2\nprice: 40\n", randomness=""))
    fans = fans_with([50, 30, 50, 50])
    enter(fans[0], "ten-bibs")
    enter(fans[0], "ten-bibs")
    with pytest.raises(Short):
        enter(fans[1], "ten-bibs")
    assert not mine("ten-bibs", fans[1]).entered
    enter(fans[2], "ten-bibs")
    with pytest.raises(SoldOut):
        enter(fans[3], "ten-bibs")
    codes = {mine("ten-bibs", fan).code for fan in (fans[0], fans[2])}
    assert len(codes) == 2
    assert all(len(code) == 14 for code in codes)
    assert balances(fans)[fans[0]] == Balance(10, 0)
    with pytest.raises(Refused, match="answered at once"):
        withdraw(fans[0], "ten-bibs")


def test_an_instant_win_is_had_by_the_first_after_each_sealed_moment(hands: Hands) -> None:
    open_offer(offered("method: instant-win\nplaces: 2\n", randomness=""))
    first, second = WinTime.objects.order_by("at").values_list("at", flat=True)
    fans = fans_with([1] * 4)
    assert b"win times sealed by" in b"".join(log_lines())
    hands.go(first - timedelta(seconds=1))
    enter(fans[0], "ten-bibs")
    hands.go(first)
    enter(fans[1], "ten-bibs")
    enter(fans[2], "ten-bibs")
    hands.go(second)
    enter(fans[3], "ten-bibs")
    assert [mine("ten-bibs", fan).award for fan in fans] == [
        None,
        AwardState.CLAIMED,
        None,
        AwardState.CLAIMED,
    ]
    with pytest.raises(Refused, match="can't be closed yet"):
        close_offer("ten-bibs")
    hands.go(CLOSES)
    close_offer("ten-bibs")
    assert offer("ten-bibs").state is State.CLOSED
    lines = b"".join(log_lines()).decode()
    secret = lines.split("win times of ")[1][:64]
    assert sha(bytes.fromhex(secret)).hex() in lines


def test_who_took_her_entry_back_may_enter_again_and_counts_as_withdrawn_if_not(hands: Hands) -> None:
    open_offer(offered("places: 1\n"))
    fans = fans_with([1, 1, 1])
    for fan in fans:
        enter(fan, "ten-bibs")
    withdraw(fans[0], "ten-bibs")
    withdraw(fans[1], "ten-bibs")
    enter(fans[1], "ten-bibs")
    hands.go(CLOSES)
    with pytest.raises(Refused, match="closed"):
        enter(fans[0], "ten-bibs")
    freeze("ten-bibs")
    assert [mine("ten-bibs", fan).reason for fan in fans] == ["withdrawn", "", ""]
    assert '"excluded":{"withdrawn":1}' in b"".join(log_lines()).decode()


def test_what_was_paid_for_a_place_is_given_back_when_staff_take_it(hands: Hands) -> None:
    (fan,) = fans_with([50])
    open_offer(offered("method: first-come\nplaces: 1\nprice: 40\n", randomness=""))
    enter(fan, "ten-bibs")
    assert balances([fan])[fan].points == 10
    for _ in range(2):
        forfeit("ten-bibs", "all", 1, reason="no passport")
    assert balances([fan])[fan].points == 50
    assert broken_promises() == []


def test_who_enters_while_new_rules_are_published_enters_by_the_new_ones(
    hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    (fan,) = fans_with([1], gender="female")
    open_offer(offered("strata: [{key: old, places: 1}]\n"))

    def between(fan_id: int) -> Fan:
        open_offer(offered("strata: [{key: new, places: 1}]\n"))
        return lock_fan(fan_id)

    monkeypatch.setattr(entering, "lock_fan", between)
    enter(fan, "ten-bibs")
    assert mine("ten-bibs", fan).stratum == "new"


def test_rules_stay_once_somebody_has_entered(hands: Hands) -> None:
    assert open_offer(offered("places: 1\n")) == 1
    assert open_offer(offered("places: 1\n")) == 1
    assert open_offer(offered("places: 2\ninputs: {points: [0, 5]}\neligible: [points >= 5]\n")) == 2
    few, enough = fans_with([4, 5], at=EVE)
    with pytest.raises(NotEligible):
        enter(few, "ten-bibs")
    enter(enough, "ten-bibs")
    with pytest.raises(Refused, match="its rules stay"):
        open_offer(offered("places: 3\n"))
    assert [(one.initial, one.available) for one in stock("ten-bibs")] == [(2, 2)]


@pytest.mark.django_db(transaction=True)
def test_audience_and_exclusions_are_judged_at_the_freeze_and_counted(hands: Hands) -> None:
    audience = "audience: 'country = \"FR\"'\nexclude: {staff: 'gender = \"other\"'}\n"
    open_offer(offered("places: 1\n" + audience))
    french, staff, abroad = (
        create_fan(source="test", email=f"{country}{gender}@example.org", country=country, gender=gender)
        for country, gender in (("FR", "female"), ("FR", "other"), ("ES", "female"))
    )
    for fan in (french, staff, abroad):
        enter(fan, "ten-bibs")
    hands.go(CLOSES)
    freeze("ten-bibs")
    assert [mine("ten-bibs", fan).reason for fan in (french, staff, abroad)] == [
        "",
        "staff",
        "not-in-audience",
    ]
    assert '"excluded":{"not-in-audience":1,"staff":1}' in b"".join(log_lines()).decode()
