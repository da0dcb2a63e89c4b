"""`python -m bench.asking`: how long the ten audiences take, each the best of three once the lake is warm."""

import json
import time

import django

django.setup()

from bench.questions import AUDIENCES, question  # noqa: E402  Django first
from tifo.kernel.public import clock  # noqa: E402
from tifo.lake.public import reading  # noqa: E402


def main() -> None:
    """One line of JSON: milliseconds and count of each."""
    found = []
    with reading() as lake:
        for text in AUDIENCES:
            times, count = [], 0
            for _ in range(4):
                began = time.perf_counter()
                asked = question(text, clock.now())  # reading and compiling it is part of the answer
                answer = lake.sql(asked.sql, asked.params)
                count = answer.column(0)[0].as_py()
                times.append((time.perf_counter() - began) * 1000)
            found.append({"audience": text, "ms": min(times[1:]), "cold_ms": times[0], "count": count})
    print(json.dumps(found))


main()
