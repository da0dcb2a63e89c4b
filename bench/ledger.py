"""`python -m bench.ledger NAME`: from the ledger, when the messages of a campaign were accepted."""

import json
import sys
from datetime import datetime
from itertools import pairwise

import django

django.setup()

from django.db import connection  # noqa: E402

from tifo.campaigns.public import latest_occurrence  # noqa: E402
from tifo.delivery.public import counts  # noqa: E402
from tifo.delivery.rules.seals import link_token  # noqa: E402


def main() -> None:
    """One line of JSON: messages, the seconds from the first outcome written to the last, a link token."""
    view = latest_occurrence(sys.argv[1])
    if view is None or view.mailing_id is None:
        raise SystemExit(f"{sys.argv[1]} was never sent")
    done = counts(view.mailing_id)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT at, count(*), min(id) FROM delivery_message WHERE mailing_id = %s AND state = 'accepted' "
            "GROUP BY at ORDER BY at",
            [view.mailing_id],
        )
        rows = cursor.fetchall()
    moments = [datetime.fromisoformat(str(row[0])) for row in rows]
    seconds = sum((late - early).total_seconds() for early, late in pairwise(moments))
    # what was written at the first moment was handed over before it
    print(
        json.dumps(
            {
                "messages": sum(row[1] for row in rows[1:]),
                "seconds": seconds,
                "token": link_token(view.mailing_id, rows[0][2]),
                "prepared": done.prepared,
                "accepted": done.accepted,
            }
        )
    )


main()
