"""`python -m bench.clubbing ready | earn … | spend … | settle | audit`: one process of what bench/club.py measures."""

import json
import sys
import time
from collections.abc import Iterator

import django
import pyarrow as pa

django.setup()

from tifo.fans.models import Fan  # noqa: E402  Django first
from tifo.kernel.public import bulk, clock  # noqa: E402
from tifo.points.public import Rule, broken_promises, earn, publish_rule, spend  # noqa: E402
from tifo.quests.models import Play, Quest  # noqa: E402
from tifo.quests.public import open_quest, pay_settled, settle  # noqa: E402

PREDICTION = """quest: bench
kind: prediction
title: {en: Who wins}
opens: 2020-01-01T00:00Z
closes: 2021-01-01T00:00Z
points: 10
status: 10
questions:
  - ask: {en: The final}
    options: {red: {en: Red}, blue: {en: Blue}}
"""
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


def _settle(ids: list[int]) -> dict[str, object]:
    """A prediction that all fans answered: its result paid, and then corrected to the other one."""
    open_quest(PREDICTION)
    quest, now, many = Quest.objects.get(name="bench"), clock.now(), len(ids)
    told = {"quest_id": [quest.pk] * many, "fan_id": ids, "state": ["waits"] * many, "result": [""] * many}
    told |= {"deed": [""] * many, "learn": [False] * many, "started_at": [now] * many}
    told |= {"answered_at": [now] * many} | {name: [0] * many for name in ("quantity", "tries", "settled")}
    bulk.insert("quests_play", pa.table(told))
    plays = list(Play.objects.filter(quest=quest).order_by("id").values_list("id", flat=True))
    chosen = ["red" if number % 2 else "blue" for number in range(many)]
    bulk.insert("quests_pick", pa.table({"play_id": plays, "question": ["1"] * many, "option": chosen}))
    seconds = []
    for right in ("red", "blue"):
        begin = time.perf_counter()
        settle("bench", {"1": (right,)}, actor_id=None)
        while pay_settled():
            pass
        seconds.append(time.perf_counter() - begin)
    return {"answers": many, "settled": seconds[0], "corrected": seconds[1]}


def main() -> None:
    """One line of JSON."""
    what, *words = sys.argv[1:]
    ids = list(Fan.objects.order_by("id").values_list("id", flat=True))
    if what == "ready":
        said: dict[str, object] = _ready(ids)
    elif what == "settle":
        said = _settle(ids)
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
