"""The daily check of the consent ledger (C3), and who ever said yes."""

from collections.abc import Collection

from django.db import connection

from tifo.consents.queries.verify import verify_ledger
from tifo.kernel.public import Broken, bulk
from tifo.kernel.public import sentence as _

_SHOWN = 5


def broken_promises() -> list[Broken]:
    """What does not hold now; empty where all is well."""
    problems = verify_ledger()
    if not problems:
        return []
    return [
        Broken(
            "C3",
            len(problems),
            _("The ledger of consents is not as it was written."),
            _("Find out who wrote into the database by hand; put back what it was from a backup."),
            tuple(problems[:_SHOWN]),
        )
    ]


def ever_given(fan_ids: Collection[int], purpose: str) -> set[int]:
    """Those of the fans who said yes to the purpose at some time, whatever they say now."""
    among, numbers = bulk.among("fan_id", fan_ids)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT DISTINCT fan_id FROM consents_entry WHERE {among} AND purpose = %s AND act = 'given'",
            [numbers, purpose],
        )
        return {row[0] for row in cursor.fetchall()}
