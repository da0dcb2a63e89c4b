"""Composing by steps: every step is what a naive model says, and what comes out can always be written and sent."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.accounts.signing import staff
from tests.campaigns.made import definition, fan
from tifo.accounts.public import audit_entries
from tifo.audiences.public import AudienceError
from tifo.campaigns.actions import change_audience, change_block, change_composition, new_campaign
from tifo.campaigns.actions.compose import SENTENCES
from tifo.campaigns.public import (
    CampaignDefinition,
    StaleEdit,
    campaign,
    campaigns,
    check_definition,
    read_campaign_file,
    save_campaign,
    write_campaign_file,
)
from tifo.campaigns.rules import edit
from tifo.content.public import Block, Composition, Slot
from tifo.kernel.public import Refused
from tifo.lake.public import refresh

BLOCKS = ("welcome", "seats", "mine", "ours")
SLOTS = ("trunk", "ticketing", "practical")
WRONG = ("Last Seats", "", "-x", "é", "x" * 81)
BEGUN = Composition(
    subject={"en": "News"},
    slots=(Slot("trunk", ("welcome",)),),
    blocks=(Block("welcome", "markdown", {"en": "Hello"}),),
    fallback="en",
)

slots = st.sampled_from([*SLOTS, *SLOTS, *SLOTS, WRONG[0]])
blocks = st.sampled_from(BLOCKS)
ways = st.sampled_from([-1, 1])
names = st.sampled_from([*SLOTS, *SLOTS, *WRONG])
STEPS = st.one_of(
    st.tuples(st.just("add_slot"), names),
    st.tuples(st.just("remove_slot"), slots),
    st.tuples(st.just("move_slot"), slots, ways),
    st.tuples(st.just("change_slot"), slots, names, st.booleans(), st.booleans()),
    st.tuples(st.just("add_candidate"), slots, blocks),
    st.tuples(st.just("move_candidate"), slots, blocks, ways),
    st.tuples(st.just("remove_candidate"), slots, blocks),
    st.tuples(st.just("put_block"), st.sampled_from([*BLOCKS, *BLOCKS, *WRONG])),
    st.tuples(st.just("remove_block"), blocks),
)


class No(Exception):  # noqa: N818  it is what the model says
    """The model says that this step makes no sense."""


@dataclass
class Model:
    """A composition as plain lists: (name, candidates, repeated, ranked) for each slot, and the names of the blocks."""

    slots: list[list[Any]] = field(default_factory=lambda: [["trunk", ["welcome"], False, False]])
    blocks: list[str] = field(default_factory=lambda: ["welcome"])

    def _slot(self, name: str) -> list[Any]:
        return next((slot for slot in self.slots if slot[0] == name), None) or self._no()

    def _no(self) -> Any:
        raise No

    def _only(self, may: bool) -> None:
        if not may:
            raise No

    def _free(self, name: str) -> None:
        self._only(name not in WRONG and name not in [slot[0] for slot in self.slots])

    @staticmethod
    def _step(items: list[Any], item: Any, way: int) -> None:
        place = items.index(item)
        if 0 <= place + way < len(items):
            items[place], items[place + way] = items[place + way], items[place]

    def add_slot(self, name: str) -> None:
        self._free(name)
        self.slots.append([name, self.blocks[:1], False, False])

    def remove_slot(self, name: str) -> None:
        slot = self._slot(name)
        self._only(len(self.slots) > 1)
        self.slots.remove(slot)

    def move_slot(self, name: str, way: int) -> None:
        self._step(self.slots, self._slot(name), way)

    def change_slot(self, name: str, called: str, repeat: bool, ranked: bool) -> None:
        slot = self._slot(name)
        if called != name:
            self._free(called)
        slot[0], slot[2:] = called, [repeat, ranked]

    def add_candidate(self, name: str, block: str) -> None:
        slot = self._slot(name)
        self._only(block in self.blocks and block not in slot[1])
        slot[1].append(block)

    def move_candidate(self, name: str, block: str, way: int) -> None:
        slot = self._slot(name)
        self._only(block in slot[1])
        self._step(slot[1], block, way)

    def remove_candidate(self, name: str, block: str) -> None:
        slot = self._slot(name)
        left = [other for other in slot[1] if other != block]
        self._only(bool(left))
        slot[1] = left

    def put_block(self, name: str) -> None:
        self._only(name not in WRONG)
        if name not in self.blocks:
            self.blocks.append(name)

    def remove_block(self, name: str) -> None:
        self._only(name in self.blocks and not any(name in slot[1] for slot in self.slots))
        self.blocks.remove(name)


def _step(composition: Composition, verb: str, arguments: tuple[Any, ...]) -> Composition:
    if verb == "put_block":
        block = Block(arguments[0], "markdown", {"en": f"Text of {arguments[0]}"})
        return edit.put_block(composition, block)
    if verb == "change_slot":
        name, called, repeat, ranked = arguments
        return edit.change_slot(composition, name, called=called, repeat=repeat, ranked=ranked)
    step: Callable[..., Composition] = getattr(edit, verb)
    return step(composition, *arguments)


def _as_model(composition: Composition) -> Model:
    shown = [
        [slot.name, list(slot.candidates), slot.repeat == "tickets", slot.ranked]
        for slot in composition.slots
    ]
    return Model(shown, [block.name for block in composition.blocks])


@settings(deadline=None, max_examples=150)
@given(st.lists(STEPS, max_size=40))
def test_every_step_is_what_the_model_says(steps: list[tuple[Any, ...]]) -> None:
    composition, model = BEGUN, Model()
    for verb, *arguments in steps:
        before = composition
        try:
            getattr(model, verb)(*arguments)
        except No:
            with pytest.raises(edit.CantBeDone) as refused:
                _step(composition, verb, tuple(arguments))
            assert SENTENCES[refused.value.problem] % refused.value.values
        else:
            composition = _step(composition, verb, tuple(arguments))
        assert _as_model(composition) == model
        assert before == composition or _as_model(before) != model or verb == "put_block"
    made = CampaignDefinition("steps", "newsletter", "everyone()", composition)
    assert read_campaign_file(write_campaign_file(made)) == made


@pytest.fixture
def seen() -> str:
    save_campaign(definition())
    return campaign("the-week").fingerprint


@pytest.mark.django_db
class TestActions:
    """The same steps as a person takes them: kept with her name, refused with a sentence."""

    def test_a_step_is_kept_with_its_entry(self, seen: str) -> None:
        writer = staff("communicator")
        change_composition(
            "the-week", lambda shown: edit.add_slot(shown, "practical"), expected=seen, actor=writer.pk
        )
        view = campaign("the-week")
        assert [slot.name for slot in view.definition.composition.slots] == ["trunk", "practical"]
        assert (view.changed_by, view.fingerprint != seen) == (writer.name, True)
        last = max(audit_entries(), key=lambda entry: entry.sequence)
        assert (last.act, last.actor_id, last.subject) == ("campaigns.change", writer.pk, "campaign:the-week")

    def test_a_step_that_makes_no_sense_is_said_in_a_sentence(self, seen: str) -> None:
        with pytest.raises(Refused, match="“trunk” is the only slot"):
            change_composition(
                "the-week", lambda shown: edit.remove_slot(shown, "trunk"), expected=seen, actor=None
            )
        with pytest.raises(Refused, match="There is a slot “trunk” already"):
            change_composition(
                "the-week", lambda shown: edit.add_slot(shown, "trunk"), expected=seen, actor=None
            )
        assert campaign("the-week").fingerprint == seen

    def test_two_steps_from_one_page_are_one_step_and_a_refusal(self, seen: str) -> None:
        change_composition("the-week", lambda shown: edit.add_slot(shown, "one"), expected=seen, actor=None)
        with pytest.raises(StaleEdit):
            change_composition(
                "the-week", lambda shown: edit.add_slot(shown, "two"), expected=seen, actor=None
            )
        slots = campaign("the-week").definition.composition.slots
        assert [slot.name for slot in slots] == ["trunk", "one"]

    def test_a_block_is_written_anew_or_in_its_place(self, seen: str) -> None:
        seats = Block("seats", "markdown", {"en": "Last seats"}, topics=("judo",))
        change_block("the-week", seats, expected=seen, actor=None, fresh=True)
        view = campaign("the-week")
        assert view.definition.composition.block("seats") == seats
        with pytest.raises(Refused, match="There is a block “seats” already"):
            change_block("the-week", seats, expected=view.fingerprint, actor=None, fresh=True)
        said = Block("seats", "markdown", {"en": "None left"})
        change_block("the-week", said, expected=view.fingerprint, actor=None, fresh=False)
        composition = campaign("the-week").definition.composition
        assert [block.name for block in composition.blocks] == ["welcome", "seats"]
        assert composition.block("seats") == said

    def test_a_tag_of_tickets_is_kept_only_where_the_slot_is_repeated(self, seen: str) -> None:
        mine = Block("welcome", "markdown", {"en": "{{ session.sport }}"})
        with pytest.raises(Refused, match=r"session\.sport"):
            change_block("the-week", mine, expected=seen, actor=None, fresh=False)
        change_composition(
            "the-week",
            lambda shown: edit.change_slot(shown, "trunk", called="trunk", repeat=True, ranked=False),
            expected=seen,
            actor=None,
        )
        now = campaign("the-week").fingerprint
        change_block("the-week", mine, expected=now, actor=None, fresh=False)
        assert campaign("the-week").definition.composition.block("welcome") == mine

    def test_a_question_of_a_block_is_asked_before_it_is_kept(self, seen: str) -> None:
        wrong = Block("welcome", "markdown", {"en": "Hi"}, when='holds_tickt(sport: "Judo")')
        with pytest.raises(Refused, match="holds_tickt"):
            change_block("the-week", wrong, expected=seen, actor=None, fresh=False)
        assert campaign("the-week").fingerprint == seen

    def test_who_gets_it_is_a_question_and_a_right_that_exist(self, seen: str) -> None:
        with pytest.raises(AudienceError) as wrong:
            change_audience(
                "the-week", purpose="newsletter", audience="club.membr", expected=seen, actor=None
            )
        assert (wrong.value.line, wrong.value.column) == (1, 1)
        with pytest.raises(Refused, match="no purpose “spam”"):
            change_audience("the-week", purpose="spam", audience="everyone()", expected=seen, actor=None)
        with pytest.raises(AudienceError):
            change_audience("the-week", purpose="newsletter", audience=" ", expected=seen, actor=None)
        assert campaign("the-week").fingerprint == seen
        change_audience("the-week", purpose="ticketing", audience="club.member", expected=seen, actor=None)
        changed = campaign("the-week").definition
        assert (changed.purpose, changed.audience) == ("ticketing", "club.member")
        assert changed.composition == definition().composition

    @pytest.mark.parametrize("name", WRONG)
    def test_a_name_that_no_file_could_have_is_refused(self, name: str) -> None:
        with pytest.raises(Refused, match="small letters, digits and hyphens"):
            new_campaign(name, purpose="newsletter", audience="everyone()", language="en", actor=None)
        assert campaigns() == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("language", ["en", "fr", "es", "ar"])
def test_a_new_campaign_could_be_sent_as_it_is(language: str) -> None:
    fan(1, "newsletter", language=language)
    refresh()
    new_campaign("brand-new", purpose="newsletter", audience="everyone()", language=language, actor=None)
    found = campaign("brand-new").definition
    assert check_definition(found).problems == ()
    assert found.composition.subject == {language: "Brand new"}
    assert read_campaign_file(write_campaign_file(found)) == found
