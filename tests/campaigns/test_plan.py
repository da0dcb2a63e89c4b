"""The plan says for each fan what a patient person would say; killed while it is made or sent, it stays the same."""

import itertools
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from importlib import import_module
from pathlib import Path

import pyarrow as pa
import pytest
from django.conf import LazySettings
from hypothesis import HealthCheck, Phase, given, settings

from tests.campaigns.worlds import QUESTIONS, Person, definitions, expected, people, settle, work
from tests.delivery.world import inbox
from tests.processes import environment
from tifo.audiences.public import hash_of
from tifo.campaigns.actions import plan_waiting
from tifo.campaigns.models import Chunk
from tifo.campaigns.public import (
    CampaignDefinition,
    Stage,
    cancel,
    latest_occurrence,
    occurrence,
    occurrence_combinations,
    progress,
    save_campaign,
    start,
    write_campaign_file,
)
from tifo.content.public import Block, Composition, Slot, combination_for, coverage
from tifo.kernel.public import archive, clock

pytestmark = pytest.mark.django_db(transaction=True)

CHUNK = 7
MANY = settings(
    deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.explicit, Phase.generate]
)
numbers = itertools.count(1)


def planned(sending: int) -> pa.Table:
    """The rows of all chunk files, in their order, each file checked against its sum."""
    chunks = list(Chunk.objects.filter(occurrence_id=sending).order_by("number"))
    assert [chunk.number for chunk in chunks] == list(range(len(chunks)))
    assert all(0 < chunk.rows <= CHUNK for chunk in chunks)
    return pa.concat_tables([archive.read(chunk.path, chunk.sha256) for chunk in chunks])


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_module("tifo.campaigns.actions.plan"), "CHUNK_ROWS", CHUNK)


@pytest.fixture
def world(request: pytest.FixtureRequest, tmp_path: Path) -> dict[int, Person]:
    return settle(people(getattr(request, "param", 1), 40), tmp_path)


def _combined(sending: int) -> dict[int, tuple[str, tuple[str | None, ...]]]:
    """What the plan says for each fan."""
    combinations = occurrence_combinations(sending)
    got = {}
    for row in planned(sending).to_pylist():
        shown = combinations[row["composed"]]
        assert (row["language"], row["variant"]) == (shown.language, shown.variant)
        assert row["fan_id"] not in got
        got[row["fan_id"]] = (shown.language, tuple(shown.blocks))
    return got


def _check_plan(drawn: CampaignDefinition, world: dict[int, Person]) -> None:
    made = replace(drawn, name=f"random-{next(numbers)}")
    should = expected(made, world)
    save_campaign(made)
    sending = start(made.name)
    assert plan_waiting()
    view = occurrence(sending)
    if not should:
        assert (view.stage, view.mailing_id) == (Stage.FAILED, None)
        assert "nobody" in view.error
        return
    assert (view.stage, view.audience_count, view.error) == (Stage.SCHEDULED, len(should), "")
    assert view.audience_hash == hash_of(pa.array(sorted(should), pa.int64()))
    assert _combined(sending) == should
    # woven once for each distinct message
    assert len(occurrence_combinations(sending)) == len(set(should.values()))
    cancel(sending)


@pytest.mark.parametrize("world", [1, 2], indirect=True)
def test_the_plan_is_what_a_patient_person_would_say(world: dict[int, Person]) -> None:
    """Language, slots (the first that fits, or liked most), repetition per ticket, audience: fan by fan in Python."""

    @settings(MANY, max_examples=10)
    @given(definitions())
    def check(drawn: CampaignDefinition) -> None:
        _check_plan(drawn, world)

    check()


def test_the_preview_of_numbers_and_of_one_fan_agree_with_it(world: dict[int, Person]) -> None:
    @settings(MANY, max_examples=8)
    @given(definitions())
    def check(drawn: CampaignDefinition) -> None:
        should = expected(drawn, world)
        covered = coverage(drawn.composition, drawn.audience)
        assert covered.fans == len(should)
        for place, slot in enumerate(drawn.composition.slots):
            counted = Counter(blocks[place] for _, blocks in should.values())
            assert {name: covered.of(slot.name, name) for name in slot.candidates} == {
                name: counted[name] for name in slot.candidates
            }
            assert covered.empty(slot.name) == counted[None]
        for fan_id in list(should)[:3]:
            one = combination_for(drawn.composition, fan_id)
            assert (one.language, tuple(one.blocks)) == should[fan_id]

    check()


def test_time_that_passes_while_it_is_planned_does_not_split_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A session that begins between two looks at the clock is to come for the whole plan, or over for it."""
    world = settle(people(4, 12), tmp_path)
    holders = {fan_id for fan_id, fan in world.items() if fan.holds("JUD01") and not fan.erased}
    begins = clock.now() + timedelta(days=9)
    for looks in range(2, 9):
        made = replace(WOVEN, name=f"ticking-{looks}", audience="holds_ticket(when: upcoming)")
        save_campaign(made)
        sending = start(made.name)
        ticks = itertools.count(1)
        with monkeypatch.context() as patched:
            patched.setattr(
                clock, "now", lambda ticks=ticks, looks=looks: begins + timedelta(minutes=next(ticks) - looks)
            )
            plan_waiting()
        view = occurrence(sending)
        if view.stage is Stage.FAILED:
            assert "nobody" in view.error
        else:
            assert set(planned(sending).column("fan_id").to_pylist()) == holders


def _text(name: str) -> dict[str, str]:
    return {language: f"({name}:{language})" for language in ("en", "fr")}


WOVEN = CampaignDefinition(
    name="woven",
    purpose="newsletter",
    audience='language in ("fr", "en") or holds_ticket()',
    composition=Composition(
        subject={"en": "Your week", "fr": "Ta semaine", "sr": "Tvoja nedelja"},
        slots=(
            Slot("trunk", ("welcome",)),
            Slot("ticketing", ("last-seats", "none-left")),
            Slot("interest", ("judo", "surfing"), ranked=True),
            Slot("practical", ("mine",), repeat="tickets"),
        ),
        blocks=(
            Block("welcome", "markdown", _text("welcome")),
            Block("last-seats", "markdown", _text("last-seats"), when="not holds_ticket()"),
            Block("none-left", "markdown", {"en": "(none-left:en)"}),
            Block("judo", "markdown", _text("judo"), topics=("judo",), when='likes("judo") >= 0.2'),
            Block("surfing", "markdown", _text("surfing"), topics=("surfing",), when='country = "FR"'),
            Block("mine", "markdown", _text("mine"), fallback="fr"),
        ),
        fallback="en",
    ),
)
QUESTIONS[WOVEN.audience] = lambda fan: fan.language in ("fr", "en") or fan.holds()
QUESTIONS['likes("judo") >= 0.2'] = lambda fan: fan.liking("judo") >= 0.2


def _tiles(fan: Person, language: str, blocks: Sequence[str | None]) -> list[str]:
    """The marks that her mail should hold, in their order: a block's text in her language, or in its fall-back."""
    composition, marks = WOVEN.composition, []
    for slot, name in zip(composition.slots, blocks, strict=True):
        block = composition.block(name) if name else None
        if block is None:
            continue
        read = language if language in block.texts else block.fallback or composition.fallback
        times = 1
        if slot.repeat:
            times = sum(status != "cancelled" for _, status in fan.tickets)
        marks += [f"({name}:{read})"] * times
    return marks


def _read(contents: Sequence[bytes]) -> list[tuple[str, list[str]]]:
    """(address, the marks in the text part) of each mail that arrived."""
    mails = [message_from_bytes(content, policy=policy.default) for content in contents]
    texts = [(str(mail["To"]), mail.get_body(("plain",))) for mail in mails]
    return [
        (re.sub(r".*<|>.*", "", address), re.findall(r"\([a-z-]+:[a-z]+\)", text.get_content()))
        for address, text in texts
        if text is not None
    ]


def test_each_mail_holds_the_tiles_of_its_fan(world: dict[int, Person], settings: LazySettings) -> None:
    should = expected(WOVEN, world)
    save_campaign(WOVEN)
    sending = start(WOVEN.name)
    with inbox() as (sink, url):
        settings.TIFO_SMTP_URL = url
        work()
    wanted = {
        world[fan_id].email: _tiles(world[fan_id], *chosen)
        for fan_id, chosen in should.items()
        if world[fan_id].newsletter
    }
    got = _read(sink.contents)
    assert len(got) == len(wanted)
    assert dict(got) == wanted
    done = progress(sending)
    assert (done.stage, done.planned, done.accepted) == (Stage.FINISHED, len(should), len(wanted))
    assert done.suppressed == {"no_consent": len(should) - len(wanted)}


CHILD = f"""
import sys, django
django.setup()
from importlib import import_module
import_module("tifo.campaigns.actions.plan").CHUNK_ROWS = {CHUNK}
from tifo.campaigns.cli import send
send([sys.argv[1], "--yes", "--wait"], standalone_mode=False)
"""
QUIET_DEATHS = ("campaigns.plan.files", "campaigns.send.claimed:2")
DOUBTFUL_DEATHS = ("delivery.answered:2",)


@pytest.mark.crash
def test_m3_m4_killed_while_planning_or_sending_and_done_again_it_is_the_same(
    tmp_path: Path, settings: LazySettings
) -> None:
    world = settle(people(3, 30), tmp_path)
    should = expected(WOVEN, world)
    members = sum(world[fan_id].newsletter for fan_id in should)
    for number, point in enumerate((*QUIET_DEATHS, *DOUBTFUL_DEATHS)):
        made = replace(WOVEN, name=f"killed-{number}")
        file = tmp_path / "campaign.yaml"
        file.write_text(write_campaign_file(made), encoding="utf-8")
        with inbox() as (sink, url):
            settings.TIFO_SMTP_URL = url
            child = subprocess.run(
                [sys.executable, "-c", CHILD, str(file)],
                env=environment(settings, TIFO_SMTP_URL=url, TIFO_CRASH_AT=point),
                capture_output=True,
                check=False,
                timeout=60,
            )
            assert child.returncode == 137, child.stderr.decode()
            work()
        view = latest_occurrence(made.name)
        assert view is not None
        done = progress(view.id)
        assert _combined(view.id) == should, point
        assert (done.stage, done.planned, done.open) == (Stage.FINISHED, len(should), 0)
        assert done.suppressed == {"no_consent": len(should) - members}
        assert done.accepted + done.unknown == members
        assert done.unknown == 0 or point in DOUBTFUL_DEATHS
        assert sink.recipients.keys() <= {world[fan_id].email for fan_id in should}
        assert max(sink.recipients.values()) == 1
        assert done.accepted <= len(sink.recipients) <= done.accepted + done.unknown
