"""Keeping a campaign: who changed it, nobody's change overwritten, each act in the audit trail."""

from datetime import UTC, datetime

import pytest
from django.db import DatabaseError

from tests.accounts.signing import staff
from tests.campaigns.made import definition
from tifo.accounts.public import AuditEntryValue, audit_entries, verify_audit
from tifo.campaigns.actions import change_audience, change_block, change_head, new_campaign, set_timing
from tifo.campaigns.public import StaleEdit, Timing, campaign, campaigns, save_campaign, start
from tifo.content.public import Block
from tifo.kernel.public import Refused

pytestmark = pytest.mark.django_db


def _acts(name: str = "the-week") -> list[tuple[str, int | None]]:
    return [(entry.act, entry.actor_id) for entry in _entries(name)]


def _entries(name: str) -> list[AuditEntryValue]:
    found = [entry for entry in audit_entries() if entry.subject == f"campaign:{name}"]
    return sorted(found, key=lambda entry: entry.sequence)


def test_making_and_changing_leave_their_entries_and_saying_the_same_again_none() -> None:
    writer, other = staff("communicator"), staff("communicator")
    save_campaign(definition(), actor=writer.pk)
    save_campaign(definition(), actor=other.pk)
    assert (campaign("the-week").changed_by, len(campaigns())) == (writer.name, 1)
    save_campaign(definition(edition=2), actor=other.pk)
    assert campaign("the-week").changed_by == other.name
    assert _acts() == [("campaigns.make", writer.pk), ("campaigns.change", other.pk)]
    assert verify_audit() == []


def test_two_who_edit_at_once_do_not_overwrite_each_other() -> None:
    save_campaign(definition())
    seen = campaign("the-week").fingerprint
    save_campaign(definition(edition=2), expected=seen)
    with pytest.raises(StaleEdit, match="nothing was kept"):
        save_campaign(definition(edition=3), expected=seen)
    with pytest.raises(StaleEdit):
        change_audience("the-week", purpose="newsletter", audience="everyone()", expected=seen, actor=None)
    assert campaign("the-week").definition.composition.subject["en"] == "Edition 2"


def test_what_was_seen_is_what_is_sent() -> None:
    save_campaign(definition())
    seen = campaign("the-week").fingerprint
    save_campaign(definition(edition=2))
    with pytest.raises(StaleEdit, match="nothing was sent"):
        start("the-week", expected=seen)
    assert campaign("the-week").occurrences == ()


def test_a_new_campaign_never_replaces_one() -> None:
    save_campaign(definition())
    with pytest.raises(Refused, match="already"):
        save_campaign(definition(edition=2), fresh=True)
    with pytest.raises(Refused, match="already"):
        new_campaign("the-week", purpose="newsletter", audience="everyone()", language="en", actor=None)
    for reserved in ("new", "import"):
        with pytest.raises(Refused, match="another name"):
            save_campaign(definition(reserved))
    assert campaign("the-week").definition == definition()


def test_a_change_that_fails_leaves_no_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    """V2: the entry and its effect are one."""

    def broken(*_: object, **__: object) -> None:
        raise DatabaseError("the disk is full")

    monkeypatch.setattr("tifo.campaigns.actions.save.audit", broken)
    with pytest.raises(DatabaseError):
        save_campaign(definition())
    assert campaigns() == []


def test_a_text_that_could_not_be_sent_is_not_kept() -> None:
    save_campaign(definition())
    seen = campaign("the-week").fingerprint
    wrong = Block("welcome", "markdown", {"en": "Hello {{ fan.nam }}"})
    with pytest.raises(Refused, match=r"fan\.nam"):
        change_block("the-week", wrong, expected=seen, actor=None, fresh=False)
    with pytest.raises(Refused, match="fall-back"):
        change_head("the-week", fallback="es", subject={"en": "x"}, preheader={}, expected=seen, actor=None)
    assert campaign("the-week").fingerprint == seen


def test_a_subject_loses_the_languages_without_a_text() -> None:
    save_campaign(definition())
    seen = campaign("the-week").fingerprint
    said = {"en": "Your week", "fr": " ", "ar": "أسبوعك"}
    change_head("the-week", fallback="en", subject=said, preheader={"en": "Judo"}, expected=seen, actor=None)
    composition = campaign("the-week").definition.composition
    assert composition.subject == {"en": "Your week", "ar": "أسبوعك"}
    assert composition.preheader == {"en": "Judo"}


def test_the_hour_stays_with_the_campaign() -> None:
    save_campaign(definition())
    timing = Timing(datetime(2027, 7, 1, 8, 0, tzinfo=UTC), own_zone=True)
    set_timing("the-week", timing)
    assert campaign("the-week").timing == timing
    with pytest.raises(Refused, match="no campaign"):
        set_timing("another", timing)
