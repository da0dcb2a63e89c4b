"""`python -m bench.ledger NAME [TOKENS]`: from the ledger, when the messages of a campaign were accepted.

With TOKENS, a file: so many tokens of the way out as there are accepted messages, at most MOST, a line each.
"""

import json
import sys
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import django

django.setup()

from django.db import connection  # noqa: E402  Django first

from tifo.campaigns.public import latest_occurrence  # noqa: E402
from tifo.delivery.public import counts  # noqa: E402
from tifo.delivery.rules.seals import link_token, unsubscribe_token  # noqa: E402

MOST = 200_000


def _rows(statement: str, *values: int) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())


def main() -> None:
    """One line of JSON: messages, the seconds from the first outcome written to the last, states, a link token."""
    view = latest_occurrence(sys.argv[1])
    if view is None or view.mailing_id is None:
        raise SystemExit(f"{sys.argv[1]} was never sent")
    done = counts(view.mailing_id)
    rows = _rows(
        "SELECT at, count(*), min(id) FROM delivery_message WHERE mailing_id = %s AND state = 'accepted' "
        "GROUP BY at ORDER BY at",
        view.mailing_id,
    )
    if not rows:
        raise SystemExit(f"nobody took a message of {sys.argv[1]}: {done}")
    moments = [datetime.fromisoformat(str(row[0])) for row in rows]
    seconds = sum((late - early).total_seconds() for early, late in pairwise(moments))
    if len(sys.argv) > 2:
        ids = _rows(
            "SELECT id FROM delivery_message WHERE mailing_id = %s AND state = 'accepted' ORDER BY id LIMIT %s",
            view.mailing_id,
            MOST,
        )
        Path(sys.argv[2]).write_text(
            "".join(f"{unsubscribe_token(view.mailing_id, row[0])}\n" for row in ids)
        )
    states = dict(
        _rows(
            "SELECT state, count(*) FROM delivery_message WHERE mailing_id = %s GROUP BY state",
            view.mailing_id,
        )
    )
    # what was written at the first moment was handed over before it
    print(
        json.dumps(
            {
                "messages": sum(row[1] for row in rows[1:]),
                "seconds": seconds,
                "token": link_token(view.mailing_id, rows[0][2]),
                "prepared": done.prepared,
                "accepted": done.accepted,
                "states": states,
            }
        )
    )


main()
