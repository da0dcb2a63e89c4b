"""`python -m bench.planning FILE`: plan a campaign for everybody, as the worker does, and nothing more."""

import json
import sys
import time
from pathlib import Path

import django

django.setup()

from tifo.campaigns.actions import plan_waiting  # noqa: E402
from tifo.campaigns.public import Timing, occurrence, read_campaign_file, save_campaign, start  # noqa: E402


def main() -> None:
    """One line of JSON: recipients and seconds of freezing, planning and writing the chunks."""
    definition = read_campaign_file(Path(sys.argv[1]).read_text(encoding="utf-8"))
    save_campaign(definition, by="bench")
    number = start(definition.name, timing=Timing(None, False), by="bench")
    began = time.perf_counter()
    plan_waiting()
    seconds = time.perf_counter() - began
    print(json.dumps({"rows": occurrence(number).audience_count, "seconds": seconds}))


main()
