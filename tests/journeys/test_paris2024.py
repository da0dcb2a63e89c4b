"""Real programme, made fans: each message carries exactly the sessions of its fan, and all figures agree."""

import json
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings

from tests.journeys.judging import judge
from tests.journeys.paris import AUDIENCE, CAMPAIGN, EXTRACT, FULL, SENT_IN, Made, World
from tests.journeys.sink import Taken, sink
from tests.processes import environment
from tifo.campaigns.public import latest_occurrence
from tifo.delivery.public import counts

FANS = 1_000


def _tifo(*words: str, env: dict[str, str]) -> Any:
    command = [sys.executable, "-m", "tifo", *words, "--json"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def _import(world: World, people: Path, programme: Path, env: dict[str, str]) -> None:
    read = _tifo("fans", "import", str(people), "--source", "paris-2024", env=env)
    assert (read["read"], read["created"], read["rejected"]) == (FANS, FANS, 0)
    files = _tifo("spectators", "import", str(programme), env=env)["files"]
    if world.programme == FULL:
        assert (files["sessions.csv"]["created"], files["venues.csv"]["created"]) == (719, 40)
    assert files["tickets.csv"]["created"] == FANS * 3 // 2


@pytest.mark.django_db(transaction=True)
def test_every_fan_finds_her_own_sessions(settings: LazySettings, tmp_path: Path) -> None:
    world = World(FANS)
    people, programme, campaign = world.write(tmp_path)
    recipients = world.recipients
    with sink(tmp_path) as receiver:
        url = f"smtp://127.0.0.1:{receiver.port}?connections=4"
        env = environment(settings, TIFO_SMTP_URL=url, TIFO_LOG_LEVEL="WARNING")
        _import(world, people, programme, env)
        assert _tifo("audiences", "count", AUDIENCE, env=env)["count"] == len(recipients)
        said = _tifo("campaigns", "send", str(campaign), "--yes", "--wait", env=env)
        report = _tifo("campaigns", "report", CAMPAIGN, env=env)
        again = _tifo("campaigns", "send", str(campaign), "--yes", "--wait", env=env)

    mails = receiver.taken()
    assert Counter(mail.address for mail in mails) == Counter(dict.fromkeys(recipients, 1))
    wrong = {mail.address: faults for mail in mails if (faults := judge(mail.raw, recipients[mail.address]))}
    assert wrong == {}
    _check_the_judge(mails, recipients)
    assert any(ticket.session.endswith("TAH") for made in recipients.values() for ticket in made.held)

    sending = latest_occurrence(CAMPAIGN)
    assert sending is not None
    assert sending.mailing_id is not None
    ledger = counts(sending.mailing_id)
    assert ledger.prepared == ledger.accepted == len(mails)
    for figures in (said, report, again):
        assert figures["planned"] == figures["accepted"] == len(mails)
        assert figures["suppressed"] == {}
        assert [figures[name] for name in ("refused", "unknown", "expired", "cancelled", "open")] == [0] * 5
    _compare_parts(report, world)


def _check_the_judge(mails: list[Taken], recipients: dict[str, Made]) -> None:
    """Who finds nothing proves nothing: change one thing at a time in the books, and the judge must see it."""
    for language in ("fr", "ar"):
        mail, made = next(
            (mail, made)
            for mail in mails
            if (made := recipients[mail.address]).language == language
            and len(made.held) > 1
            and made.held[0].gate
        )
        first, *others = made.held
        late = first.local + timedelta(hours=1)
        for changed in (
            replace(made, held=others),
            replace(made, held=[*others, first]),
            replace(made, held=[]),
            replace(made, held=[replace(first, local=late), *others]),
            replace(made, held=[replace(first, session="ATH99-STA"), *others]),
            replace(made, held=[replace(first, gate="Z9"), *others]),
            replace(made, held=[replace(first, gate=""), *others]),
            replace(made, language="es"),
            replace(made, first_name="Somebody"),
            replace(made, address="else@lac.example"),
        ):
            assert judge(mail.raw, changed) != []


def _compare_parts(report: dict[str, Any], world: World) -> None:
    recipients = world.recipients.values()
    by_language = Counter(SENT_IN[made.language] for made in recipients)
    assert {name: part["accepted"] for name, part in report["by_language"].items()} == dict(by_language)
    with_tickets = sum(bool(made.held) for made in recipients)
    assert {line["block"]: line["shown"] for line in report["by_block"]} == {
        "hello": len(recipients),
        "last-seats": len(recipients) - with_tickets,
        "ready": with_tickets,
        "my-session": with_tickets,
    }


@pytest.mark.skipif(not FULL.exists(), reason="the whole programme does not lie beside the project")
def test_the_extract_is_a_small_part_of_the_programme() -> None:
    for name, most in (("venues.csv", 0.25), ("sessions.csv", 0.08)):
        whole = (FULL / name).read_text(encoding="utf-8").splitlines()
        extract = (EXTRACT / name).read_text(encoding="utf-8").splitlines()
        assert set(extract) <= set(whole)
        assert len(extract) <= len(whole) * most


def test_the_extract_makes_a_world() -> None:
    world = World(300, programme=EXTRACT)
    venues = {ticket.venue for made in world.fans.values() for ticket in made.held}
    assert len(venues) == 9
    assert any(ticket.session.endswith("TAH") for made in world.fans.values() for ticket in made.held)
