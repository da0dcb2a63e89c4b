"""How each kind judges, and what its file has to say; without a database."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.quests.world import HALF, RIGHT, prediction, quiz, simple
from tifo.kernel.public import Refused, marked
from tifo.quests.rules import KINDS, read_form, read_quest_file
from tifo.quests.rules.kinds import hits
from tifo.quests.types import Activity, Answer, Facts, Verdict
from tifo.quests.web.foreseen import consequences

TEST = """questions:
  - ask: {en: On Sunday}
    options:
      swim: {text: {en: I swim}, topics: [swimming]}
      ride: {text: {en: I ride}, topics: [cycling]}
  - ask: {en: On Monday}
    options:
      ride: {text: {en: I ride again}, topics: [cycling]}
      rest: {en: I rest}
"""
POLL = "questions:\n  - {ask: {en: Best hour}, options: {am: {en: Morning}, pm: {en: Evening}}}\n"


NOTHING = Facts()


def judged(source: str, answer: Answer, facts: Facts = NOTHING) -> Verdict:
    quest = read_quest_file(source)
    return KINDS[quest.kind].judge(quest, answer, facts)


def test_a_quiz_counts_what_is_wholly_right_and_nothing_when_late() -> None:
    assert judged(quiz(), RIGHT) == Verdict("judged", 2, ("judo",))
    assert judged(quiz(), HALF) == Verdict("judged", 1, ("judo",))
    assert judged(quiz(), {**RIGHT, "2": ("osoto", "uchi", "juji")}).quantity == 1
    assert judged(quiz(more="seconds: 30"), RIGHT, Facts(late=True)).quantity == 0


def test_a_test_names_what_was_chosen_most_and_tells_that_alone() -> None:
    source = simple("test", TEST)
    assert judged(source, {"1": ("swim",), "2": ("rest",)}) == Verdict("judged", 1, ("swimming",), "swimming")
    assert judged(source, {"1": ("ride",), "2": ("ride",)}).result == "cycling"
    assert judged(source, {"1": ("swim",), "2": ("ride",)}).result == "swimming"  # the first of as many


def test_codes_tickets_and_tastes_are_looked_up_here() -> None:
    code = simple("code", "codes: [Lake-2026]")
    assert judged(code, {"code": ("LAKE-2026",)}).state == "judged"
    assert judged(code, {"code": ("LAKE-2027",)}).state == "refused"
    been = simple("checkin", "sessions: [JUD1, JUD2]\nleast: 2")
    assert judged(been, {}, Facts(been_to=frozenset({"JUD1", "JUD2", "SWM1"}))).quantity == 1
    assert judged(been, {}, Facts(been_to=frozenset({"JUD1", "SWM1"}))).state == "refused"
    assert judged(simple("checkin", ""), {}, Facts(been_to=frozenset({"SWM1"}))).quantity == 1
    tastes = simple("tastes", "least: 4")
    assert judged(tastes, {}, Facts(declared=4)) == Verdict("judged", 1)
    assert judged(tastes, {}, Facts(declared=3)) == Verdict("refused")


def test_a_poll_counts_once_and_a_prediction_waits() -> None:
    assert judged(simple("poll", POLL), {"1": ("am",)}) == Verdict("judged", 1)
    assert judged(prediction(), {"1": ("red",), "2": ("blue",)}).state == "waits"


def test_of_a_dead_heat_any_is_right() -> None:
    right = {"1": ("red", "blue"), "2": ("white",)}
    assert hits({"1": ("red",), "2": ("white",)}, right) == 2
    assert hits({"1": ("white",), "2": ("red",)}, right) == 0


@pytest.mark.parametrize(
    ("source", "says"),
    [
        (quiz().replace("    right: ippon\n", ""), "question 1 of a quiz needs `right`"),
        (quiz().replace("right: ippon", "right: ipon"), "did you mean `ippon`"),
        (quiz().replace("kind: quiz", "kind: quizz"), "did you mean `quiz`"),
        (quiz().replace("closes: 2090", "closes: 2010"), "`closes` lies before `opens`"),
        (quiz().replace("2020-01-01T00:00Z", "2020-01-01"), "a moment with its zone"),
        (quiz(more="codes: [A]"), "a quiz has no `codes`"),
        (quiz().replace("points: 5", "points: -5"), "a whole number"),
        (quiz("new"), "another name"),
        (quiz("x" * 61), "at most 60"),
        (simple("code", "codes: [abc]"), "4 to 80 signs"),
        (simple("code", ""), "needs `codes`"),
        (simple("poll", POLL.replace("pm: {en: Evening}}", "pm: {en: E}}, right: am")), "has no `right`"),
        (simple("tastes", "topics: [judo]"), "take `topics` out"),
        (simple("test", POLL), "needs an answer with `topics`"),
        (
            prediction().replace("- ask: {en: Third}", "- many: true\n    ask: {en: Third}"),
            "takes one answer",
        ),
        (simple("poll", ""), "needs `questions`"),
        (simple("code", "codes: [ABCD]\nseconds: 10"), "only a quiz is timed"),
        ("", "The file is empty"),
        ("a: &x b\nc: *x", "alias"),
    ],
)
def test_a_wrong_file_is_refused_with_place_and_mend(source: str, says: str) -> None:
    with pytest.raises(Refused, match=says):
        read_quest_file(source)


@given(st.text(max_size=200) | st.text(alphabet="quest: kind\n-{}[]&*1'\"", max_size=80))
def test_any_other_text_is_refused_and_nothing_worse(text: str) -> None:
    with pytest.raises(Refused):
        read_quest_file(text)


@given(
    st.dictionaries(
        st.sampled_from(["q1", "q2", "code"]), st.lists(st.sampled_from(["ippon", "osoto", "uchi", "x", ""]))
    )
)
def test_what_a_browser_sends_is_an_answer_that_was_offered_or_refused(sent: dict[str, list[str]]) -> None:
    quest = read_quest_file(quiz())
    try:
        answer = read_form(quest, lambda name: sent.get(name, []))
    except Refused:
        return
    for question in quest.questions:
        assert 1 <= len(answer[question.key]) <= (3 if question.many else 1)
        assert set(answer[question.key]) <= {option.key for option in question.options}


def test_a_mistake_is_named_by_line_and_column() -> None:
    with pytest.raises(marked.MarkedError) as refused:
        read_quest_file(quiz().replace("points: 5", "pionts: 5"))
    assert (refused.value.line, refused.value.column) == (7, 1)
    assert "did you mean `points`?" in str(refused.value)


@pytest.mark.parametrize(
    ("own", "metres", "seconds", "counts"),
    [
        ("goal: 12000", 11_999, 9000, None),
        ("goal: 12000", 12_000, 9000, 1),
        ("minutes: 30", 10, 1799, None),
        ("minutes: 30", 10, 1800, 1),
        ("goal: 5000\nminutes: 30", 5000, 1799, None),
        ("goal: 5000\nminutes: 30", 4999, 1800, None),
        ("goal: 5000\nminutes: 30", 5000, 1800, 1),
        ("measure: minutes", 0, 3659, 60),
        ("measure: minutes", 900, 59, None),
        ("measure: metres", 900, 59, 900),
        ("", 0, 59, None),
    ],
)
def test_how_far_or_how_long_in_one_go(own: str, metres: int, seconds: int, counts: int | None) -> None:
    quest = read_quest_file(simple("activity", f"sports: [run]\n{own}"))
    done = Activity(datetime(2026, 5, 2, tzinfo=UTC), metres, seconds, "digest")
    verdict = KINDS["activity"].judge(quest, {"sport": ("run",)}, Facts(activity=done))
    assert (verdict.state, verdict.quantity) == (("judged", counts) if counts else ("refused", 0))


def test_a_measure_that_is_none_is_named_by_its_place() -> None:
    with pytest.raises(Refused, match=r"line 7, column 10: `measure` `miles` is not known"):
        read_quest_file(simple("activity", "measure: miles"))


def test_the_studio_says_what_minutes_earn() -> None:
    plain = {"kind": "activity", "points": "5", "per": "10"}
    told = [
        consequences(plain | own, "Europe/Paris")
        for own in ({"measure": "minutes"}, {"measure": "minutes", "minutes": "30"}, {})
    ]
    assert [any("5 points for each 10 minutes" in line for line in lines) for lines in told] == [
        True,
        False,
        False,
    ]
    assert [any("5 points for each 10 metres" in line for line in lines) for lines in told] == [
        False,
        False,
        True,
    ]
