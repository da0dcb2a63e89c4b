"""`python -m bench.drawing ENTRIES`: an offer with so many entries, frozen and drawn by the product, as `tifo rewards` does.

One line of JSON: the seconds for freeze, draw, one entrant's receipt and the transcript, and what the verifier's exit
code was where it was asked for (`--verify`).
"""

import hashlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import django

django.setup()

import pyarrow as pa  # noqa: E402
from django.db import transaction  # noqa: E402

from tifo.kernel.public import bulk, clock, data_path  # noqa: E402
from tifo.rewards.models import Entry, Offer  # noqa: E402
from tifo.rewards.public import (  # noqa: E402
    Beacon,
    draw,
    freeze,
    mine,
    open_offer,
    read_offer_file,
    receipt,
    transcript_lines,
)

SECRET = "11" * 32
CLOSES = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
NAME = "marathon-for-all"
FILE = f"""offer: {NAME}
title: {{en: The marathon for all}}
terms: {{en: Whoever has the points may run.}}
opens: 2020-01-01T00:00Z
closes: {CLOSES.isoformat()}
strata: [{{key: women, places: 17500}}, {{key: men, places: 17500}}]
inputs: {{points: [0, 100000, 200000, 400000]}}
eligible: [points >= 100000]
weights: {{cap: 3, points: {{200000: 1, 400000: 2}}}}
randomness: {{source: reveal, margin: 60, parties: {{bench: {hashlib.sha256(bytes.fromhex(SECRET)).hexdigest()}}}}}
"""
BITE = 200_000
VERIFIER = Path(__file__).parents[1] / "tools" / "verify_draw.py"


def rows(offer: int, entries: int) -> Iterator[pa.Table]:
    """Made entries, every tenth below the bound."""
    for start in range(0, entries, BITE):
        numbers = range(start, min(start + BITE, entries))
        points = [(90_000, 100_000, 150_000, 200_000, 450_000)[n % 5] if n % 10 else 90_000 for n in numbers]
        count = len(numbers)
        yield pa.table(
            {
                "offer_id": pa.array([offer] * count, pa.int64()),
                "fan_id": pa.array([n + 1 for n in numbers], pa.int64()),
                "person_key": pa.array([n.to_bytes(16, "big") for n in numbers], pa.binary()),
                "stratum": pa.array(["men" if n % 2 else "women" for n in numbers]),
                "weight": pa.array([1] * count, pa.int64()),
                "facts": pa.array([json.dumps({"points": one}) for one in points]),
                "bands": pa.array([""] * count),
                "reason": pa.array([""] * count),
                "holder": pa.array([f"fan {n}" for n in numbers]),
                "salt": pa.array([n.to_bytes(32, "big") for n in numbers], pa.binary()),
                "commitment": pa.array([_committed(n) for n in numbers]),
                "answer": pa.array([""] * count),
                "entered_at": pa.array([datetime(2024, 1, 1, tzinfo=UTC)] * count, pa.timestamp("us", "UTC")),
            }
        )


def _committed(n: int) -> str:
    return hashlib.sha256(b"tifo-draw/1 entry\x00" + n.to_bytes(32, "big") + f"fan {n}".encode()).hexdigest()


def timed(name: str, figures: dict[str, float], began: float) -> float:
    """Note what it took; the moment from which the next counts."""
    figures[name] = round(time.monotonic() - began, 3)
    return time.monotonic()


def main(entries: int, *, verify: bool) -> dict[str, object]:
    """Freeze, draw, look."""
    open_offer(read_offer_file(FILE))
    offer = Offer.objects.get(name=NAME)
    with bulk.roomy(), transaction.atomic():
        for table in rows(offer.pk, entries):
            bulk.insert("rewards_entry", table)
    now = clock.now
    figures: dict[str, float] = {}
    clock.now = lambda: now() + timedelta(days=1)
    began = time.monotonic()
    freeze(NAME)
    began = timed("freeze", figures, began)
    clock.now = lambda: now() + timedelta(days=2)
    draw(NAME, Beacon(secrets={"bench": SECRET}))
    began = timed("draw", figures, began)
    fan = Entry.objects.filter(rank=7).values_list("fan_id", flat=True).first() or 0
    mine(NAME, fan)
    receipt(fan, NAME)
    began = timed("entrant", figures, began)
    file = data_path("transcript.json")
    with file.open("wb") as out:
        out.writelines(transcript_lines(NAME))
    began = timed("transcript", figures, began)
    if verify:
        done = subprocess.run([sys.executable, VERIFIER, file], capture_output=True, text=True, check=False)
        timed("verifier", figures, began)
        return {**figures, "verified": done.returncode == 0}
    return dict(figures)


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]), verify="--verify" in sys.argv)))
