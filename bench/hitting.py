"""`python -m bench.hitting CAMPAIGN COUNT`: so many opens and clicks as the tracker leaves them, then loaded as the worker
loads them."""

import json
import sys
import time

import django

django.setup()

import duckdb  # noqa: E402  Django first
from django.db import connection  # noqa: E402

from tifo.campaigns.public import latest_occurrence  # noqa: E402
from tifo.delivery.actions.hits import load_hits  # noqa: E402
from tifo.kernel.public import data_path  # noqa: E402

_LINES = """
    COPY (
        SELECT CAST($now - i % 1000 AS BIGINT) AS t, CASE WHEN i % 6 = 0 THEN 'c' ELSE 'o' END AS k, $mailing AS m,
               CAST($first + hash(i) % $messages AS BIGINT) AS i, 0 AS l, 'Mozilla/5.0 (X11; Linux x86_64) Firefox/131.0' AS a,
               '10.1.2.0' AS n
        FROM range($count) AS numbers(i)
    ) TO '{file}' (FORMAT json)
"""


def main() -> None:
    """One line of JSON: hits and the seconds of loading them."""
    view = latest_occurrence(sys.argv[1])
    if view is None or view.mailing_id is None:
        raise SystemExit(f"{sys.argv[1]} was never sent")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT min(id), count(*) FROM delivery_message WHERE mailing_id = %s", [view.mailing_id]
        )
        first, messages = cursor.fetchone()
    now = time.time_ns() // 1_000_000
    file = data_path("hits", f"{now:013d}-bench.jsonl")
    known = {
        "now": now,
        "mailing": view.mailing_id,
        "first": first,
        "messages": messages,
        "count": int(sys.argv[2]),
    }
    with duckdb.connect() as base:
        base.execute(_LINES.format(file=file), known)
    began = time.perf_counter()
    while load_hits():
        pass
    print(json.dumps({"hits": int(sys.argv[2]), "seconds": time.perf_counter() - began}))


main()
