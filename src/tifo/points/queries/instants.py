"""What everybody had at an instant, at once."""

from datetime import datetime

import pyarrow as pa

from tifo.kernel.public import bulk
from tifo.points.types import Currency

SCHEMA = pa.schema([("fan_id", pa.int64()), ("amount", pa.int64())])


def balances_at(at: datetime, currency: Currency = "points") -> pa.Table:
    """`fan_id, amount` of everybody who had an entry by then, that instant included: what `balance_at` says of one."""
    batches = bulk.batches(
        "SELECT fan_id, CAST(SUM(CASE WHEN credit_id > 0 THEN amount ELSE -amount END) AS bigint) FROM points_transfer "
        "WHERE currency = %s AND effective_at <= %s GROUP BY fan_id",
        [currency, at],
        schema=SCHEMA,
    )
    return pa.Table.from_batches(batches, SCHEMA)
