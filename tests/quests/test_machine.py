"""Whatever fans and staff do with a quest in whatever order: plays, points and tastes equal a small model (Q1, L8)."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import transaction
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from tests.quests.world import prediction, quiz
from tifo.fans.public import create_fan
from tifo.kernel.public import Refused
from tifo.points.public import balances, broken_promises
from tifo.preferences.public import preferences_of
from tifo.quests.models import Play
from tifo.quests.public import begin, open_quest, pay_settled, settle, take_part

START = datetime(2026, 6, 1, 12, tzinfo=UTC)
CLOSES = START + timedelta(hours=10)
SECONDS = 1800
FANS = 3
COLOURS = ("red", "blue", "white")
quiz_answers = st.fixed_dictionaries(
    {
        "1": st.sampled_from([("ippon",), ("yuko",)]),
        "2": st.sampled_from([("osoto",), ("osoto", "uchi"), ("osoto", "uchi", "juji")]),
    }
)
guesses = st.fixed_dictionaries({"1": st.sampled_from(COLOURS), "2": st.sampled_from(COLOURS)})
results = st.fixed_dictionaries(
    {key: st.lists(st.sampled_from(COLOURS), min_size=1, max_size=2, unique=True) for key in ("1", "2")}
)
who = st.integers(0, FANS - 1)


@dataclass
class Paper:
    """What a person would keep on paper of one fan."""

    begun: datetime | None = None
    right: int | None = None  # of the quiz; None: not answered
    learnt: bool = False
    guess: dict[str, str] | None = None


class Quests(RuleBasedStateMachine):
    """A timed quiz and a prediction, three fans, and staff."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = time_machine.travel(START, tick=False)
        self.time: Any = self.clock.start()
        self.now = START
        self.block = transaction.atomic()
        self.block.__enter__()
        self.fans = [create_fan(source="test", email=f"f{n}@example.org") for n in range(FANS)]
        self.paper = [Paper() for _ in range(FANS)]
        self.result: dict[str, list[str]] | None = None
        open_quest(quiz("quiz", closes=CLOSES, more=f"seconds: {SECONDS}"))
        open_quest(prediction("guess", closes=CLOSES))
        for number in range(FANS):  # so that most stories reach a result that is corrected
            self.says_who_wins(fan=number, guess={"1": COLOURS[number], "2": "red"})

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.block.__exit__(None, None, None)
        self.clock.stop()

    @rule(minutes=st.sampled_from([1, 29, 31, 300, 700]))
    def time_goes_by(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)
        self.time.move_to(self.now, tick=False)

    @rule(fan=who)
    def start(self, fan: int) -> None:
        paper = self.paper[fan]
        if self.now >= CLOSES:
            with pytest.raises(Refused):
                begin(self.fans[fan], "quiz")
            return
        begin(self.fans[fan], "quiz")
        paper.begun = paper.begun or self.now

    @rule(fan=who, answer=quiz_answers, learn=st.booleans())
    def answer_the_quiz(self, fan: int, answer: dict[str, tuple[str, ...]], learn: bool) -> None:
        paper = self.paper[fan]
        if self.now >= CLOSES or paper.begun is None:
            with pytest.raises(Refused):
                take_part(self.fans[fan], "quiz", answer, may_learn=learn)
            return
        take_part(self.fans[fan], "quiz", answer, may_learn=learn)
        if paper.right is None:
            in_time = self.now <= paper.begun + timedelta(seconds=SECONDS + 5)
            right = (answer["1"] == ("ippon",)) + (set(answer["2"]) == {"osoto", "uchi"})
            paper.right, paper.learnt = (right if in_time else 0), learn

    @rule(fan=who, guess=guesses)
    def says_who_wins(self, fan: int, guess: dict[str, str]) -> None:
        answer = {key: (option,) for key, option in guess.items()}
        if self.now >= CLOSES:
            with pytest.raises(Refused):
                take_part(self.fans[fan], "guess", answer)
            return
        take_part(self.fans[fan], "guess", answer)
        self.paper[fan].guess = guess

    @rule(right=results, first_close=st.booleans())
    def say_how_it_came_out(self, right: dict[str, list[str]], first_close: bool) -> None:
        if first_close and self.now < CLOSES:
            self.now = CLOSES
            self.time.move_to(self.now, tick=False)
        said = {key: tuple(options) for key, options in right.items()}
        if self.now < CLOSES:
            with pytest.raises(Refused):
                settle("guess", said, actor_id=None)
            return
        number = settle("guess", said, actor_id=None)
        assert settle("guess", said, actor_id=None) == number
        self.result = right
        while pay_settled():
            pass

    @invariant()
    def as_on_paper(self) -> None:
        has = balances(self.fans)
        for fan, paper in zip(self.fans, self.paper, strict=True):
            hit = 0
            if paper.guess and self.result:
                hit = sum(option in self.result[key] for key, option in paper.guess.items())
            expected = 5 * (paper.right or 0) + 10 * hit
            assert (has[fan].points if fan in has else 0) == expected
            assert [one.topic.slug for one in preferences_of(fan)] == (["judo"] if paper.learnt else [])
            plays = dict(Play.objects.filter(fan_id=fan).values_list("quest__name", "state"))
            states = {}
            if paper.begun:
                states["quiz"] = "started" if paper.right is None else "judged"
            if paper.guess:
                states["guess"] = "judged" if self.result else "waits"
            assert plays == states
        assert broken_promises() == []


@pytest.mark.django_db
def test_q1_plays_points_and_tastes_equal_a_small_model() -> None:
    run_state_machine_as_test(
        Quests, settings=settings(max_examples=15, stateful_step_count=25, deadline=None)
    )  # type: ignore[no-untyped-call]
