"""Forgetting a reason, a source, or a fan."""

from collections.abc import Collection

import pyarrow as pa
from django.db import connection, transaction

from tifo.kernel.public import Refused, bulk, revisions
from tifo.kernel.public import sentence as _
from tifo.preferences.actions.weighing import weigh
from tifo.preferences.models import Evidence, Preference


def forget_reason(fan_id: int, evidence_id: int) -> None:
    """She says that this reason says nothing about her. It is not learnt again. Raises Refused when it is not hers."""
    with transaction.atomic():
        row = Evidence.objects.select_for_update().filter(pk=evidence_id, fan_id=fan_id).first()
        if row is None:
            raise Refused(_("This reason is not there any more: look at the list again."))
        row.forgotten = True
        row.save(update_fields=["forgotten"])
        pair = pa.table({"fan_id": [fan_id], "topic_id": [row.topic_id]})
        with bulk.temp_table("preferences_touched", pair) as pairs:
            weigh(pairs)


def forget_source(fan_ids: Collection[int], source: str) -> int:
    """Forget all that was learnt about these fans from one source; how many pieces of evidence that was."""
    concerned = pa.table({"fan_id": pa.array(list(fan_ids), pa.int64())})
    if not concerned.num_rows:
        return 0
    with transaction.atomic(), bulk.temp_table("preferences_withdrawn", concerned) as fans:
        touched = bulk.read(
            "SELECT DISTINCT e.fan_id, e.topic_id FROM preferences_evidence e "
            f"JOIN {fans} f ON f.fan_id = e.fan_id WHERE e.source = %s",
            [source],
            schema=pa.schema([("fan_id", pa.int64()), ("topic_id", pa.int64())]),
        )
        if not touched.num_rows:
            return 0
        with connection.cursor() as cursor:
            cursor.execute(
                f"DELETE FROM preferences_evidence WHERE source = %s AND fan_id IN (SELECT fan_id FROM {fans})",
                [source],
            )
            gone = int(cursor.rowcount)
        with bulk.temp_table("preferences_touched", touched) as pairs:
            weigh(pairs)
        return gone


def forget_fan(fan_id: int) -> None:
    """Forget what she likes and why. Her rows stay, blank: the lake learns from them that nothing is known."""
    with transaction.atomic():
        Evidence.objects.filter(fan_id=fan_id).delete()
        Preference.objects.filter(fan_id=fan_id).update(
            declared=None, declared_at=None, declared_source="", mass=0, score=0, rev=revisions.current()
        )
