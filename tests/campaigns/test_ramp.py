"""The rule of the ramp: what it halts for, what it lets go, and how fair a sample each step is (S7)."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.campaigns.made import FILE, definition
from tests.campaigns.worlds import people, settle
from tifo.campaigns.actions.recipients import plan_statement, recipients
from tifo.campaigns.public import CampaignFileError, Ramp, read_campaign_file, write_campaign_file
from tifo.campaigns.rules.ramp import (
    CHANCE,
    ENOUGH,
    LIMITS,
    PART,
    USUAL,
    Heard,
    Move,
    bounds,
    next_move,
    problem_of,
    ramp_of,
    rates,
)
from tifo.campaigns.types import NO_RAMP
from tifo.kernel.public import clock
from tifo.lake.public import reading

NOW = datetime(2026, 5, 4, 9, tzinfo=UTC)
SEEN = st.integers(0, 200_000).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of)))


def halts(**heard: int) -> set[str]:
    return {rate.signal for rate in rates(Heard(**heard), {}) if rate.too_high}


@given(SEEN, st.sampled_from(sorted(LIMITS)))
def test_the_bounds_hold_the_rate_between_them(seen: tuple[int, int], signal: str) -> None:
    count, of = seen
    low, high = bounds(count, of, usual=LIMITS[signal])
    assert 0 <= low <= high <= 1
    if of:
        assert low <= count / of <= high
        assert (low == 0) == (count == 0)
    if count:
        assert bounds(count - 1, of, usual=LIMITS[signal])[0] < low, "one fewer proves less"


@pytest.mark.parametrize("signal", sorted(LIMITS))
def test_it_does_not_halt_by_chance_however_often_one_looks(signal: str) -> None:
    """S7: at exactly the limit, looked at after each message; worked out, not drawn. By all signals CHANCE at most."""
    limit, most = LIMITS[signal], 800
    going, halted, needed = {0: 1.0}, 0.0, 1
    for of in range(1, most):
        stepped: Counter[int] = Counter()
        for count, chance in going.items():
            stepped[count] += chance * (1 - limit)
            stepped[count + 1] += chance * limit
        while bounds(needed, of, usual=limit)[0] > limit and needed > 1:
            needed -= 1
        while needed <= of and bounds(needed, of, usual=limit)[0] <= limit:
            needed += 1
        halted += sum(chance for count, chance in stepped.items() if count >= needed)
        going = {count: chance for count, chance in stepped.items() if count < needed and chance > 1e-15}
    assert 0 < halted <= CHANCE / len(LIMITS)


@given(st.integers(1, 1_000_000), st.sampled_from(["complaints", "hard", "blocked", "unsubscribed"]))
def test_one_alone_never_halts(taken: int, signal: str) -> None:
    assert halts(accepted=taken, **{signal: 1}) == set()


def test_what_is_clearly_too_much_halts() -> None:
    """S7: in a step of a hundred as in one of a hundred thousand."""
    assert halts(accepted=100, complaints=4) == {"complaints"}
    assert halts(accepted=110_000, complaints=200) == {"complaints"}
    assert halts(accepted=110_000, complaints=100) == set()
    assert halts(accepted=85, refused=15, hard=15) == {"hard"}
    assert halts(refused=30, blocked=30) == {"blocked"}
    assert halts(accepted=1_000, unsubscribed=60) == {"unsubscribed"}
    assert halts(accepted=950, unknown=50) == {"unknown"}


@given(SEEN.filter(lambda seen: seen[1] > 0), st.sampled_from(["complaints", "unsubscribed"]))
def test_what_a_person_tolerated_does_not_halt_it_again_until_it_gets_worse(
    seen: tuple[int, int], signal: str
) -> None:
    count, of = seen
    heard = Heard(accepted=of, **{signal: count})
    assert not any(rate.too_high for rate in rates(heard, {signal: count / of}))
    worse = {rate.signal: rate for rate in rates(heard, {signal: count / of / 100})}[signal]
    assert worse.limit == max(LIMITS[signal], count / of / 100)


@given(
    rested=st.none() | st.integers(-10_000, 10_000),
    watch=st.integers(0, 1_440),
    rows=st.integers(1, 100_000),
    part=st.floats(0, 1),
    busy=st.booleans(),
)
def test_a_step_leaves_only_after_the_one_before_was_watched(
    rested: int | None, watch: int, rows: int, part: float, busy: bool
) -> None:
    through = int(rows * part)
    move = next_move(
        rested_at=None if rested is None else NOW + timedelta(minutes=rested),
        watch=timedelta(minutes=watch),
        through=through,
        rows=rows,
        busy=busy,
        now=NOW,
    )
    if rested is not None:
        assert (move is Move.RELEASE) == (rested + watch <= 0)
        assert move is not Move.REST
    else:
        assert move is not Move.RELEASE
        assert (move is Move.REST) == (not busy and (through >= ENOUGH or through * PART >= rows))


def test_large_sendings_get_a_ramp_where_the_house_asks_for_it() -> None:
    assert ramp_of(None, 10_001, 10_000) == USUAL
    assert ramp_of(None, 10_000, 10_000) == NO_RAMP
    assert ramp_of(None, 10_000_000, None) == NO_RAMP
    assert ramp_of(NO_RAMP, 10_000_000, 10_000) == NO_RAMP
    assert ramp_of(Ramp((5,), 1), 2, None) == Ramp((5,), 1)


def with_ramp(said: str) -> str:
    return FILE.replace("subject:", f"ramp: {said}\nsubject:")


@settings(max_examples=25)
@given(
    st.lists(st.integers(1, 9_999), min_size=1, max_size=8, unique=True).map(sorted),
    st.integers(0, 1_440),
)
def test_a_file_says_its_ramp_and_reads_back_the_same(parts: list[int], watch: int) -> None:
    ramp = Ramp(tuple(part / 100 for part in parts), watch)
    assert problem_of(ramp) == ""
    made = read_campaign_file(with_ramp(f"{{steps: {list(ramp.steps)}, watch: {watch}}}"))
    assert made.ramp == ramp
    assert read_campaign_file(write_campaign_file(made)) == made


def test_a_file_may_say_that_there_is_none() -> None:
    made = read_campaign_file(with_ramp("none"))
    assert made.ramp == NO_RAMP
    assert read_campaign_file(write_campaign_file(made)) == made
    assert read_campaign_file(FILE).ramp is None


@pytest.mark.parametrize(
    ("said", "mend"),
    [
        ("slow", "must be none or e.g."),
        ("{steps: [1, 10]}", "needs `watch`"),
        ("{steps: [], watch: 5}", "list of shares"),
        ("{steps: [10, 1], watch: 5}", "must rise"),
        ("{steps: [1, 100], watch: 5}", "less than 100"),
        ("{steps: [0, 10], watch: 5}", "from 0.01"),
        ("{steps: [nan], watch: 5}", "must be a number"),
        ("{steps: [1, 2, 3, 4, 5, 6, 7, 8, 9], watch: 5}", "8 steps"),
        ("{steps: [1], watch: 2.5}", "whole minutes"),
        ("{steps: [1], watch: 1441}", "from 0 to 1440"),
    ],
)
def test_a_bad_ramp_is_refused_with_its_place(said: str, mend: str) -> None:
    with pytest.raises(CampaignFileError, match=mend) as refused:
        read_campaign_file(with_ramp(said))
    assert refused.value.line == 6


@pytest.mark.django_db(transaction=True)
def test_each_step_is_a_fair_sample(tmp_path: Path) -> None:
    """Each language has its share of each step, but for a fan or two; another sending takes other fans first."""
    settle(people(7, 50), tmp_path)
    now = clock.now()

    def planned(salt: int) -> list[tuple[int, str, int]]:
        statement = plan_statement(
            definition(),
            ["en", "fr"],
            now,
            own_zone=False,
            earliest=now,
            now=now,
            ramp=Ramp((10, 50), 0),
            salt=salt,
        )
        with reading() as reader:
            everybody = recipients(reader, statement)
        steps = [step for step, size in enumerate(everybody.steps) for _ in range(size)]
        return [
            (step, everybody.combinations[row["composed"]].language, row["fan_id"])
            for step, row in zip(steps, everybody.rows.to_pylist(), strict=True)
        ]

    rows = planned(1)
    steps = [step for step, _, _ in rows]
    assert steps == sorted(steps), "the plan lies step by step"
    everybody = Counter(language for _, language, _ in rows)
    assert set(everybody) == {"en", "fr"}
    for until, share in ((0, 0.1), (1, 0.5)):
        got = Counter(language for step, language, _ in rows if step <= until)
        assert all(abs(got[one] - share * everybody[one]) <= 2 for one in everybody), (until, got)
    first = [{fan for step, _, fan in planned(salt) if step == 0} for salt in (1, 1, 2)]
    assert first[0] == first[1] != first[2]
