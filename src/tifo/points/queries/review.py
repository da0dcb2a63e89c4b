"""Who earned faster than people do: for somebody to look at before anything scarce is given."""

from collections.abc import Collection

import pyarrow as pa
from django.db import connection

from tifo.kernel.public import bulk

HASTY = 20  # deeds told within one minute
_SCHEMA = pa.schema([("fan_id", pa.int64()), ("most", pa.int64())])


def hasty(fan_ids: Collection[int], *, at_least: int = HASTY) -> dict[int, int]:
    """Those of these fans of whom so many deeds were told within a minute, with the most of one minute."""
    minute = (
        "date_trunc('minute', d.recorded_at)"
        if connection.vendor == "postgresql"
        else "substr(d.recorded_at, 1, 16)"
    )
    ids = pa.table({"fan_id": pa.array(fan_ids, pa.int64()).unique()})
    with bulk.temp_table("points_reviewed", ids) as wanted:
        found = bulk.read(
            f"SELECT fan_id, max(many) FROM (SELECT d.fan_id, count(*) AS many FROM {wanted} w "
            f"JOIN points_deed d ON d.fan_id = w.fan_id GROUP BY d.fan_id, {minute}) AS told "
            f"GROUP BY fan_id HAVING max(many) >= {int(at_least)} ORDER BY fan_id",
            schema=_SCHEMA,
        )
    return dict(zip(found["fan_id"].to_pylist(), found["most"].to_pylist(), strict=True))
