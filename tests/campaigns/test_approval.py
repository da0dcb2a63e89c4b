"""S5: above a size a second, different person agrees to exactly this text and audience; any edit voids it."""

from collections.abc import Iterator

import pytest
from django.conf import LazySettings

from tests.accounts.signing import staff
from tests.campaigns.made import definition, fan, taken
from tests.delivery.world import Sink, inbox
from tifo.accounts.public import audit_entries, verify_audit
from tifo.campaigns.actions import begin_due, plan_waiting
from tifo.campaigns.public import (
    Stage,
    approve,
    cancel,
    latest_occurrence,
    occurrence,
    save_campaign,
    start,
)
from tifo.kernel.public import Refused
from tifo.server.worker import run_until_idle

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _limit(settings: LazySettings) -> None:
    settings.TIFO_APPROVAL_ABOVE = 2


@pytest.fixture
def post(settings: LazySettings) -> Iterator[Sink]:
    with inbox() as (sink, url):
        settings.TIFO_SMTP_URL = url
        yield sink


@pytest.fixture
def writer() -> int:
    return staff("communicator").pk


@pytest.fixture
def second() -> int:
    return staff("approver").pk


def _started(writer: int, fans: int = 3) -> int:
    for number in range(fans):
        fan(number, "newsletter")
    save_campaign(definition(), actor=writer)
    sending = start("the-week", actor=writer)
    run_until_idle()
    return sending


def _agree(sending: int, who: int) -> None:
    seen = occurrence(sending)
    approve(sending, actor=who, audience_hash=seen.audience_hash, fingerprint=seen.fingerprint)


def test_up_to_the_size_one_person_is_enough(post: Sink, writer: int) -> None:
    assert occurrence(_started(writer, fans=2)).stage is Stage.FINISHED
    assert len(post.contents) == 2


def test_above_it_nothing_leaves_before_a_second_person_agreed(post: Sink, writer: int, second: int) -> None:
    """S5"""
    sending = _started(writer)
    assert occurrence(sending).stage is Stage.AWAITING_APPROVAL
    assert post.contents == []
    with pytest.raises(Refused, match="ask a colleague"):
        _agree(sending, writer)
    _agree(sending, second)
    with pytest.raises(Refused, match="does not wait for approval"):
        _agree(sending, second)
    run_until_idle()
    assert occurrence(sending).stage is Stage.FINISHED
    assert sorted(taken(post)) == [(f"fan{number}@example.org", "Edition 1") for number in range(3)]
    entry = next(entry for entry in audit_entries() if entry.act == "campaigns.approve")
    assert (entry.actor_id, entry.subject) == (second, "campaign:the-week")
    assert occurrence(sending).audience_hash in entry.detail
    assert verify_audit() == []


@pytest.mark.parametrize("changed", ["text", "audience"])
def test_an_edit_voids_it(changed: str, post: Sink, writer: int, second: int) -> None:
    """S5: a changed text or audience needs a sending, and an approval, of its own."""
    sending = _started(writer)
    edit = definition(edition=2) if changed == "text" else definition(audience="reachable(email)")
    save_campaign(edit, actor=writer)
    with pytest.raises(Refused, match="was changed since"):
        _agree(sending, second)
    with pytest.raises(Refused, match="earlier text"):
        start("the-week", actor=writer)
    cancel(sending, actor=writer)
    again = start("the-week", actor=writer)
    run_until_idle()
    assert occurrence(again).stage is Stage.AWAITING_APPROVAL
    with pytest.raises(Refused, match="does not wait"):
        _agree(sending, second)
    assert post.contents == []


@pytest.mark.parametrize("wrong", ["audience_hash", "fingerprint"])
def test_who_looked_at_something_else_agrees_to_nothing(wrong: str, writer: int, second: int) -> None:
    """S5: the approval is bound to what its person saw."""
    sending = _started(writer)
    seen = occurrence(sending)
    said = {"audience_hash": seen.audience_hash, "fingerprint": seen.fingerprint, wrong: "0" * 64}
    with pytest.raises(Refused, match="look at it again"):
        approve(sending, actor=second, **said)
    assert occurrence(sending).stage is Stage.AWAITING_APPROVAL


def test_the_approved_text_goes_out_whatever_is_written_afterwards(
    post: Sink, writer: int, second: int
) -> None:
    sending = _started(writer)
    _agree(sending, second)
    save_campaign(definition(edition=2), actor=writer)
    run_until_idle()
    assert {subject for _, subject in taken(post)} == {"Edition 1"}


def test_a_limit_that_is_lowered_meanwhile_holds(
    post: Sink, settings: LazySettings, writer: int, second: int
) -> None:
    """S5: nothing above the limit begins without its approval, whenever the limit was set."""
    settings.TIFO_APPROVAL_ABOVE = None
    for number in range(3):
        fan(number, "newsletter")
    save_campaign(definition(), actor=writer)
    sending = start("the-week", actor=writer)
    assert plan_waiting()
    settings.TIFO_APPROVAL_ABOVE = 2
    assert begin_due() == 0
    assert occurrence(sending).stage is Stage.AWAITING_APPROVAL
    _agree(sending, second)
    run_until_idle()
    last = latest_occurrence("the-week")
    assert last is not None
    assert last.stage is Stage.FINISHED
