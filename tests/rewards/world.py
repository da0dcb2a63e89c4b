"""Offers for tests, and a clock that goes where it is told."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.draws.made import SECRETS, sha
from tifo.fans.public import create_fan
from tifo.kernel.public import clock
from tifo.points.public import Rule, earn, publish_rule
from tifo.rewards.public import Beacon, OfferDefinition, read_offer_file, transcript

OPENS = datetime(2026, 3, 1, 9, tzinfo=UTC)
EVE = datetime(2026, 2, 20, 9, tzinfo=UTC)
CLOSES = datetime(2026, 3, 8, 9, tzinfo=UTC)
VERIFIER = Path(__file__).parents[2] / "tools" / "verify_draw.py"
PARTIES = "{" + ", ".join(f"{who}: {sha(bytes.fromhex(one)).hex()}" for who, one in SECRETS.items()) + "}"
BEACON = Beacon(secrets=SECRETS)
TEN = f"""offer: ten-bibs
title: {{en: Ten bibs, fr: Dix dossards}}
terms: {{en: Ten bibs are drawn., fr: Dix dossards sont tirés au sort.}}
opens: {OPENS.isoformat()}
closes: {CLOSES.isoformat()}
"""
REVEAL = f"randomness: {{source: reveal, margin: 1800, parties: {PARTIES}}}\n"


class Hands:
    """The hands of the clock."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, at: datetime) -> None:
        self.at = at
        monkeypatch.setattr(clock, "now", lambda: self.at)

    def go(self, to: datetime | timedelta) -> None:
        self.at = to if isinstance(to, datetime) else self.at + to


def offered(more: str, *, head: str = TEN, randomness: str = REVEAL) -> OfferDefinition:
    return read_offer_file(head + more + randomness)


def fans_with(points: list[int], *, at: datetime = EVE, gender: str | None = None) -> list[int]:
    """Made people with so many points each."""
    publish_rule(Rule("made", "point", points=1))
    made = []
    for number, amount in enumerate(points):
        fan = create_fan(source="test", email=f"{gender or 'fan'}{number}@example.org", gender=gender)
        if amount:
            earn(fan, "made", "once", quantity=amount, at=at)
        made.append(fan)
    return made


def verified(name: str, folder: Path) -> str:
    """What the verifier says of an offer's transcript; fails unless it ends with 0."""
    file = folder / "transcript.json"
    file.write_text(json.dumps(transcript(name)), encoding="utf-8")
    done = subprocess.run([sys.executable, VERIFIER, file], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
