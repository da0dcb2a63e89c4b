"""The whole way with the lake in ClickHouse's engine: import, audience, plan, sending, hits, report and figures are the
same as with DuckDB."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from django.conf import LazySettings
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.campaigns.worlds import LANGUAGES, definitions, expected, people, settle
from tests.delivery.test_hits import hit, raw
from tests.delivery.world import inbox
from tifo.audiences.public import count, explain_fan, freeze, sampled, sizes
from tifo.campaigns.actions.recipients import plan_statement, recipients
from tifo.campaigns.public import (
    CampaignDefinition,
    latest_occurrence,
    read_campaign_file,
    save_campaign,
    start,
)
from tifo.campaigns.types import NO_RAMP, Ramp
from tifo.content.public import Combination, Share, coverage
from tifo.delivery.public import load_hits
from tifo.insights.public import club, growth, report_of
from tifo.insights.rules import plain_report
from tifo.kernel.public import clock
from tifo.lake.public import reading, refresh
from tifo.registry.cli import import_people
from tifo.registry.queries import growth as base_growth
from tifo.server.worker import run_until_idle

pytestmark = pytest.mark.django_db(transaction=True)

PEOPLE = """email,language,country,consent:newsletter,consent:tracking
lea@example.org,fr,FR,2024-01-05,2024-01-05
max@example.org,en,GB,2024-01-05,2024-01-05
zoe@example.org,fr,FR,2024-01-05,
ida@example.org,en,GB,,
"""
CAMPAIGN = """
campaign: two-doors
purpose: newsletter
fallback: en
audience: 'consents("newsletter") and not country = "US"'
subject: {en: 'Two doors', fr: 'Deux portes'}
slots:
  - {slot: door, blocks: [here, elsewhere]}
  - {slot: liked, blocks: [judo, elsewhere], ranked: true}
blocks:
  here: {when: 'country = "FR"', markdown: {en: "[Here](https://example.org/here)", fr: "[Ici](https://example.org/ici)"}}
  elsewhere: {markdown: {en: "[There](https://example.org/there)", fr: "[Là](https://example.org/la)"}}
  judo: {topics: [judo], markdown: {en: "Judo", fr: "Judo"}}
"""
ASKED = (
    "everyone()",
    'country = "FR" and consents("newsletter")',
    'not consents("newsletter", within: 30 days)',
    "opened(within: 1 days) >= 1 or clicked() > 0",
    'received(campaign: "two-doors") = 1 and not opened() > 0',
    'likes("judo") < 0.5 and reachable("email")',
    "tickets() = 0 and contacted() in (1, 2)",
    'not language in ("fr", "es")',
    "joined > 2 days ago and not club.member",
)


@pytest.fixture(autouse=True)
def _mail_server(settings: LazySettings) -> Iterator[None]:
    with inbox() as (_sink, url):
        settings.TIFO_SMTP_URL = url
        yield


def _imported(folder: Path) -> None:
    path = folder / "people.csv"
    path.write_text(PEOPLE)
    outcome = CliRunner().invoke(
        import_people, [str(path), "--source", "x", "--json"], catch_exceptions=False
    )
    assert json.loads(outcome.stdout)["created"] == 4


def _on_duckdb(settings: LazySettings, ask: Callable[[], Any]) -> Any:
    """What a lake of DuckDB answers, filled from the same base."""
    before, settings.TIFO_LAKE_URL = settings.TIFO_LAKE_URL, ""
    try:
        refresh()
        return ask()
    finally:
        settings.TIFO_LAKE_URL = before


def _figures(fan: int) -> dict[str, Any]:
    """Everything that is asked of the lake, without the moments as of which it is true."""
    asked = {}
    for text in ASKED:
        size, why, frozen = sizes(text), explain_fan(text, fan), freeze(text)
        asked[text] = (
            count(text).count,
            (size.total, size.by_language, size.by_channel),
            (why.inside, why.reason, why.note),
            (frozen.count, frozen.hash, frozen.fans.to_pylist()),
            sampled(text, 3, seed=5),
        )
    report = plain_report(report_of("two-doors"))
    report.pop("as_of")
    house, grown, base = club(), growth(), base_growth()
    return {
        "asked": asked,
        "report": report,
        "club": (house.members, house.ticket_holders, house.by_language, house.by_topic, house.by_purpose),
        "growth": (grown.months, grown.fans, grown.fans_this_week),
        "base": (base.total, base.this_week, base.weeks),
    }


def test_the_whole_way_is_the_same(in_clickhouse: str, tmp_path: Path, settings: LazySettings) -> None:
    _imported(tmp_path)
    save_campaign(read_campaign_file(CAMPAIGN))
    start("two-doors")
    run_until_idle()
    view = latest_occurrence("two-doors")
    assert view is not None
    assert (view.audience_count, view.error) == (3, "")
    refresh()
    with reading() as reader:
        rows = reader.sql(
            "SELECT fan_id, message_id FROM message WHERE state = 'accepted' ORDER BY 1"
        ).to_pylist()
    assert len(rows) == 3
    lea, max_, zoe = (row["message_id"] for row in rows)
    raw(
        "1.jsonl",
        [
            hit(view.mailing_id, lea, "o"),
            hit(view.mailing_id, lea, "c"),
            hit(view.mailing_id, max_, "o"),
            hit(view.mailing_id, zoe, "o"),
        ],
    )
    assert load_hits()
    refresh()
    said = _figures(rows[0]["fan_id"])
    assert said["report"]["planned"] == said["report"]["accepted"] == 3
    assert said["asked"]["opened(within: 1 days) >= 1 or clicked() > 0"][0] == 2
    assert said == _on_duckdb(settings, lambda: _figures(rows[0]["fan_id"]))


def test_plan_and_coverage_are_the_same(in_clickhouse: str, tmp_path: Path, settings: LazySettings) -> None:
    """Random campaigns over a random world: each recipient, her language, slots and moment, in both engines and by a
    patient person."""
    world = settle(people(3, 40), tmp_path)
    _on_duckdb(settings, dict)
    now = clock.now()

    @hypothesis_settings(
        max_examples=5,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.generate],
    )
    @given(definitions(), st.booleans(), st.sampled_from([NO_RAMP, Ramp((10, 50), 0)]))
    def check(drawn: CampaignDefinition, own_zone: bool, ramp: Ramp) -> None:
        steps: list[list[int]] = []
        languages = [one for one in LANGUAGES if one]
        statement = plan_statement(
            drawn, languages, now, own_zone=own_zone, earliest=now, now=now, ramp=ramp, salt=7
        )

        def planned() -> tuple[dict[int, tuple[Combination, datetime]], tuple[Share, ...]]:
            with reading() as reader:
                everybody = recipients(reader, statement)
            moments = everybody.rows.column("due_at").to_pylist()
            for begin, end in pairwise([0, *accumulate(everybody.steps)]):
                assert moments[begin:end] == sorted(moments[begin:end])
            steps.append(everybody.steps)  # how many, not who: each engine has a hash of its own
            said = {
                row["fan_id"]: (everybody.combinations[row["composed"]], row["due_at"])
                for row in everybody.rows.to_pylist()
            }
            return said, coverage(drawn.composition, drawn.audience).shares

        said, shares = planned()
        assert {fan: (what.language, what.blocks) for fan, (what, _due) in said.items()} == expected(
            drawn, world
        )
        before, settings.TIFO_LAKE_URL = settings.TIFO_LAKE_URL, ""
        try:
            assert (said, shares) == planned()
            assert steps[0] == steps[1]
        finally:
            settings.TIFO_LAKE_URL = before

    check()
