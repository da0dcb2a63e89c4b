"""Purposes and notices: what a new house begins with, and that a wording never changes."""

import hashlib

import pytest
from django.db import IntegrityError, transaction
from django.utils.timezone import now

from tifo.consents.models import Notice, Purpose
from tifo.consents.public import notice, notices, notices_by_id, publish_notice, purpose_keys, purposes
from tifo.kernel.public import Refused

pytestmark = pytest.mark.django_db
LANGUAGES = ("en", "fr", "es", "ar")


def test_a_new_house_has_five_purposes_in_four_languages() -> None:
    assert [(one.key, one.legal_class, one.double_opt_in) for one in purposes()] == [
        ("newsletter", "marketing", True),
        ("ticketing", "marketing", True),
        ("partner-offers", "marketing", True),
        ("tracking", "tracking", False),
        ("research", "research", False),
    ]
    assert purpose_keys() == ["newsletter", "ticketing", "partner-offers", "tracking", "research"]
    for one in purposes():
        assert set(one.names) == set(one.descriptions) == set(LANGUAGES)
        assert len({notice(one.key, language).text for language in LANGUAGES}) == 4
        for language in LANGUAGES:
            shown = notice(one.key, language)
            assert (shown.version, shown.language) == (1, language)
            assert len(shown.text) > 150
            assert shown.hash == hashlib.sha256(shown.text.encode()).hexdigest()


def test_a_language_without_a_text_is_shown_its_base_or_english() -> None:
    assert notice("newsletter", "fr-CA").language == "fr"
    assert notice("newsletter", "de").language == "en"
    [newsletter, *_] = purposes()
    assert (newsletter.name("fr-CA"), newsletter.name("de")) == ("Lettre d’information", "Newsletter")


def test_a_new_wording_is_a_new_version_and_the_old_one_stays() -> None:
    old = notice("newsletter", "fr")
    assert publish_notice("newsletter", {"en": "Yes.", "de": "Ja.", "fr": " "}) == 2
    assert (notice("newsletter", "de").text, notice("newsletter", "fr").text) == ("Ja.", "Yes.")
    assert notices_by_id([old.id]) == {old.id: old}
    assert [(one.version, one.language) for one in notices("newsletter")] == [
        (2, "de"), (2, "en"), (1, "ar"), (1, "en"), (1, "es"), (1, "fr"),
    ]  # fmt: skip


def test_a_wording_needs_english_and_a_purpose() -> None:
    with pytest.raises(Refused, match="English"):
        publish_notice("newsletter", {"fr": "Oui."})
    with pytest.raises(Refused, match="“news” is no purpose; there are newsletter, ticketing"):
        publish_notice("news", {"en": "Yes."})
    with pytest.raises(Refused, match="is no purpose"):
        notice("news", "en")
    Purpose.objects.create(
        key="new", legal_class="service", double_opt_in=False, position=9, names={}, descriptions={}
    )
    with pytest.raises(Refused, match="has no notice yet"):
        notice("new", "en")


def test_the_database_keeps_notices_as_they_are() -> None:
    with pytest.raises(IntegrityError, match="kept as it was"), transaction.atomic():
        Notice.objects.filter(purpose="newsletter").update(text="Something else")
    with pytest.raises(IntegrityError, match="kept as it was"), transaction.atomic():
        Notice.objects.filter(purpose="newsletter").delete()
    with pytest.raises(IntegrityError), transaction.atomic():
        Notice.objects.create(
            purpose_id="newsletter", version=1, language="en", text="x", hash="x", published_at=now()
        )
