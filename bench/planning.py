"""`python -m bench.planning FILE`: plan a campaign for everybody, as the worker does, and nothing more.

Each message is due at the same hour of its fan's own zone.
"""

import json
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import django

django.setup()

from tifo.campaigns.public import Timing, occurrence, read_campaign_file, save_campaign, start  # noqa: E402  Django first
from tifo.kernel.public import clock  # noqa: E402

planner = import_module("tifo.campaigns.actions.plan")
in_the_lake = 0.0


def _timed(act: Callable[..., Any]) -> Callable[..., Any]:
    """The same, its seconds counted as the lake's."""

    def acting(*given: Any, **named: Any) -> Any:
        global in_the_lake
        began = time.perf_counter()
        try:
            return act(*given, **named)
        finally:
            in_the_lake += time.perf_counter() - began

    return acting


def main() -> None:
    """One line of JSON: recipients, the seconds until the first message may leave, of them the lake's."""
    definition = read_campaign_file(Path(sys.argv[1]).read_text(encoding="utf-8"))
    save_campaign(definition, by="bench")
    number = start(definition.name, timing=Timing(clock.now(), True), by="bench")
    planner.freeze = _timed(planner.freeze)  # type: ignore[attr-defined]
    planner._everybody = _timed(planner._everybody)  # type: ignore[attr-defined]
    began = time.perf_counter()
    planner.plan_waiting()
    seconds = time.perf_counter() - began
    done = occurrence(number)
    if done.error:
        raise SystemExit(done.error)
    print(json.dumps({"rows": done.audience_count, "seconds": seconds, "lake": in_the_lake, "id": number}))


main()
