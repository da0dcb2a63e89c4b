"""`python -m bench.clubbing ready | earn … | spend … | audit`: one process of what bench/club.py measures."""

import json
import sys
import time
from collections.abc import Iterator

import django

django.setup()

from tifo.fans.models import Fan  # noqa: E402  Django first
from tifo.points.public import Rule, broken_promises, earn, publish_rule, spend  # noqa: E402

PURSES = 4  # fans from whom all processes spend at once: waiting for each other is what is measured
PURSE = 1_000_000


def _until_over(begin: float, seconds: float) -> Iterator[int]:
    """Numbers from 0 on, from `begin` until the time is over."""
    time.sleep(max(0.0, begin - time.time()))
    number = 0
    while time.time() < begin + seconds:
        yield number
        number += 1


def _ready(ids: list[int]) -> dict[str, object]:
    publish_rule(Rule(key="bench", unit="answer", points=10, status=10))
    publish_rule(Rule(key="purse", unit="purse", points=PURSE))
    for fan in ids[:PURSES]:
        earn(fan, "purse", "purse")
    return {"fans": len(ids)}


def main() -> None:
    """One line of JSON."""
    what, *words = sys.argv[1:]
    ids = list(Fan.objects.order_by("id").values_list("id", flat=True))
    if what == "ready":
        said: dict[str, object] = _ready(ids)
    elif what == "audit":
        said = {"broken": [str(one) for one in broken_promises()]}
    else:
        mine, processes, begin, seconds = int(words[0]), int(words[1]), float(words[2]), float(words[3])
        done = 0
        for number in _until_over(begin, seconds):
            if what == "earn":
                earn(
                    ids[PURSES + (number * processes + mine) % (len(ids) - PURSES)],
                    "bench",
                    f"{mine}-{number}",
                )
            else:
                spend(ids[number % PURSES], 1, f"{mine}-{number}", about="bench")
            done += 1
        said = {"done": done}
    print(json.dumps(said))


main()
