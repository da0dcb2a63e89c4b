"""The report of a sending: sums from the ledger, opens and clicks with honest bounds, each with its denominator."""

from collections.abc import Iterator
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink
from django.conf import LazySettings

from tests.delivery.test_hits import hit, raw
from tests.processes import free_port
from tifo.campaigns.public import campaign, latest_occurrence, read_campaign_file, save_campaign, start
from tifo.consents.public import give
from tifo.delivery.models import HitFile
from tifo.delivery.public import ServiceReport, archived_hits, hear_service, heard_of, load_hits, sent_to
from tifo.delivery.rules.bounces import kind_of
from tifo.fans.public import create_fan
from tifo.insights.public import report_of
from tifo.insights.rules import plain_report
from tifo.insights.types import Span
from tifo.kernel.public import Refused
from tifo.lake.public import refresh
from tifo.server.worker import run_until_idle

pytestmark = pytest.mark.django_db(transaction=True)

CAMPAIGN = """
campaign: two-doors
purpose: newsletter
fallback: en
audience: 'everyone()'
subject: {en: 'Two doors', fr: 'Deux portes'}
slots:
  - {slot: trunk, blocks: [welcome]}
  - {slot: door, blocks: [here, elsewhere]}
blocks:
  welcome: {markdown: {en: "Hello, [see](https://example.org/en).", fr: "Bonjour, [vois](https://example.org/fr)."}}
  here: {when: 'country = "FR"', markdown: {en: "[Here](https://example.org/here)", fr: "[Ici](https://example.org/ici)"}}
  elsewhere: {markdown: {en: "[There](https://example.org/there)", fr: "[Là](https://example.org/la)"}}
"""


@pytest.fixture(autouse=True)
def _mail_server(settings: LazySettings) -> Iterator[None]:
    port = free_port()
    controller = Controller(Sink(), hostname="127.0.0.1", port=port)
    controller.start()
    settings.TIFO_SMTP_URL = f"smtp://127.0.0.1:{port}"
    yield
    controller.stop()


def _fan(name: str, language: str, country: str, *purposes: str) -> int:
    fan = create_fan(source="tests", email=f"{name}@lac.example", language=language, country=country)
    for purpose in purposes:
        give(fan, purpose, source="tests")
    return fan


@pytest.fixture
def people() -> dict[str, int]:
    """Lea and Max allow tracking, Zoe does not, Ida never agreed to the newsletter."""
    return {
        "lea": _fan("lea", "fr", "FR", "newsletter", "tracking"),
        "max": _fan("max", "en", "GB", "newsletter", "tracking"),
        "zoe": _fan("zoe", "fr", "FR", "newsletter"),
        "ida": _fan("ida", "en", "GB"),
    }


def _sent(people: dict[str, int]) -> dict[str, Any]:
    save_campaign(read_campaign_file(CAMPAIGN))
    start("two-doors")
    run_until_idle()
    refresh()
    return {name: sent_to(fan)[0] for name, fan in people.items()}


def test_a_campaign_that_was_never_sent_has_no_report() -> None:
    save_campaign(read_campaign_file(CAMPAIGN))
    with pytest.raises(Refused, match="never sent"):
        report_of("two-doors")


def test_every_planned_message_has_its_outcome(people: dict[str, int]) -> None:
    _sent(people)
    plain = plain_report(report_of("two-doors"))
    assert plain["planned"] == 4
    assert plain["accepted"] == 3
    assert plain["suppressed"] == {"no_consent": 1}
    assert [plain[name] for name in ("refused", "unknown", "expired", "cancelled", "open")] == [0] * 5
    assert plain["by_language"]["fr"]["accepted"] == 2
    assert plain["by_country"]["GB"] == {**plain["by_country"]["GB"], "planned": 2, "accepted": 1}
    assert [(line["slot"], line["block"], line["shown"]) for line in plain["by_block"]] == [
        ("trunk", "welcome", 3),
        ("door", "here", 2),
        ("door", "elsewhere", 1),
    ]


def test_certain_is_a_person_and_all_is_at_most_those_who_may_have(people: dict[str, int]) -> None:
    messages = _sent(people)
    view = latest_occurrence("two-doors")
    assert view is not None
    assert view.mailing_id is not None
    mailing = view.mailing_id
    lea, max_, zoe = (messages[name].message_id for name in ("lea", "max", "zoe"))
    proxy = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
    raw(
        "1.jsonl",
        [
            hit(mailing, lea, "o"),
            hit(mailing, lea, "c"),
            hit(mailing, max_, "o", agent=proxy),
            hit(mailing, zoe, "o"),
        ],
    )
    assert load_hits()
    refresh()
    found = report_of("two-doors")
    assert found.tracked == 2
    assert found.opened == Span(certain=1, all=3, of=3)  # Zoe's open is counted without her name
    assert found.clicked == Span(certain=1, all=1, of=3)
    assert {part.name: part.opened for part in found.by_language} == {
        "fr": Span(1, 1, 2),
        "en": Span(0, 1, 1),
    }


def test_t4_a_hit_that_comes_again_is_one_click_and_the_raw_ones_stay(people: dict[str, int]) -> None:
    messages = _sent(people)
    view = latest_occurrence("two-doors")
    assert view is not None
    assert view.mailing_id is not None
    lea = messages["lea"].message_id
    for turn in range(3):
        raw(f"{turn}.jsonl", [hit(view.mailing_id, lea, kind) for kind in "oc" for _ in range(5)])
        assert load_hits()
        refresh()
        found = report_of("two-doors")
        assert (found.opened, found.clicked) == (Span(1, 1, 3), Span(1, 1, 3))
        assert max(line.clicked.all for line in found.by_block) == 1
        kept = [row for file in HitFile.objects.order_by("id") for row in archived_hits(file.pk).to_pylist()]
        assert len(kept) == 10 * (turn + 1)


def test_the_report_speaks_of_what_was_sent_not_of_what_was_written_since(people: dict[str, int]) -> None:
    _sent(people)
    renamed = CAMPAIGN.replace("slot: door", "slot: gate")
    save_campaign(read_campaign_file(renamed), expected=campaign("two-doors").fingerprint)
    assert {line.slot for line in report_of("two-doors").by_block} == {"trunk", "door"}


def test_what_came_back_stands_in_the_report(people: dict[str, int], settings: LazySettings) -> None:
    """Bounces and complaints by their denominators; what came back is no longer delivered."""
    sent = _sent(people)
    for name, kind, status in (
        ("lea", "bounce", "5.1.1"),
        ("max", "bounce", "4.2.2"),
        ("zoe", "complaint", ""),
    ):
        line = ServiceReport(
            {"bounce": kind_of(status, "")}.get(kind, kind), name, "", f"{name}@lac.example", status, ""
        )
        assert hear_service([line], "tests") == [line.kind]
    found = plain_report(report_of("two-doors"))
    assert found["bounced"] == {"count": 2, "of": 3, "hard": 1, "soft": 1, "blocked": 0}
    assert found["complained"] == {"count": 1, "of": 3}
    assert (found["accepted"], found["delivered"]) == (3, 1)
    assert {one.mailing_id for one in heard_of(people["lea"])} == {sent["lea"].mailing_id}
