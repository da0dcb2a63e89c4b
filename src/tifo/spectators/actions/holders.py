"""Whose tickets these are: found by the keyed hash of an address, all at once."""

from collections.abc import Sequence

import pyarrow as pa
from django.db import connection, transaction

from tifo.fans.public import destination_key
from tifo.kernel.public import announce, bulk, revisions
from tifo.spectators.events import TicketsChanged
from tifo.spectators.models import Linking, Ticket

MOST_AT_ONCE = 100_000
"""Fans looked at in one transaction: some 0.3 s of hashing, so that SQLite's one writer is soon free again."""

_SIDES = (("fan_id", "holder_key"), ("buyer_fan_id", "buyer_key"))


def lock_linking() -> Linking:
    """The row that a ticket import and a linking hold in turn.

    Else, on PostgreSQL, a fan and her ticket written at the same moment might each miss the other.
    """
    Linking.objects.get_or_create(id=1)
    return Linking.objects.select_for_update().get(id=1)


def link_fans() -> bool:
    """Link tickets to the holders and buyers among fans that came or changed since the last time; whether there
    may be more of them."""
    with transaction.atomic():
        place = lock_linking()
        settled = revisions.settled()
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT rev FROM fans_fan WHERE rev > %s AND rev <= %s ORDER BY rev LIMIT 1 OFFSET %s",
                [place.fans_rev, settled, MOST_AT_ONCE],
            )
            row = cursor.fetchone()
        upto = settled if row is None else max(row[0] - 1, place.fans_rev + 1)
        if upto <= place.fans_rev:
            return False
        if Ticket.objects.exists():
            _link(
                bulk.read(
                    "SELECT i.fan_id, i.key FROM fans_identity i JOIN fans_fan f ON f.id = i.fan_id "
                    "WHERE i.kind = 'email' AND f.rev > %s AND f.rev <= %s",
                    [place.fans_rev, upto],
                    schema=pa.schema([("fan_id", pa.int64()), ("address", pa.string())]),
                )
            )
        place.fans_rev = upto
        place.save()
        return row is not None


def link_fan(fan_id: int) -> None:
    """Link what this fan holds and bought, by all her addresses."""
    with transaction.atomic():
        lock_linking()
        _link(
            bulk.read(
                "SELECT fan_id, key FROM fans_identity WHERE kind = 'email' AND fan_id = %s",
                [fan_id],
                schema=pa.schema([("fan_id", pa.int64()), ("address", pa.string())]),
            )
        )


def _link(addresses: pa.Table) -> None:
    if not addresses.num_rows:
        return
    keys = [destination_key("email", address) for address in addresses.column("address").to_pylist()]
    known = pa.table({"fan_id": addresses.column("fan_id"), "key": pa.array(keys, pa.binary())})
    rev = revisions.current()
    changed = 0
    with (
        bulk.temp_table("spectators_known", known, index=("key",)) as name,
        connection.cursor() as cursor,
    ):
        for fan, key in _SIDES:
            # `+` keeps SQLite from walking all tickets of nobody instead of looking up the few keys
            cursor.execute(
                f"UPDATE spectators_ticket SET rev = %s, {fan} = "
                f"(SELECT MIN(k.fan_id) FROM {name} k WHERE k.key = spectators_ticket.{key}) "
                f"WHERE +{fan} IS NULL AND {key} IN (SELECT k.key FROM {name} k)",
                [rev],
            )
            changed += cursor.rowcount
    if changed:
        announce(TicketsChanged(rev))


def forget_fan(fan_id: int) -> None:
    """Unlink all that this fan holds or bought, and blank the hashes of her addresses."""
    with transaction.atomic():
        lock_linking()
        keys = _keys_of(fan_id)
        rev = revisions.current()
        changed = 0
        with connection.cursor() as cursor:
            for fan, key in _SIDES:
                places = ", ".join(["%s"] * len(keys))
                also = f" OR {key} IN ({places})" if keys else ""
                cursor.execute(
                    f"UPDATE spectators_ticket SET {fan} = NULL, {key} = NULL, rev = %s WHERE {fan} = %s{also}",
                    [rev, fan_id, *keys],
                )
                changed += cursor.rowcount
        if changed:
            announce(TicketsChanged(rev))


def _keys_of(fan_id: int) -> Sequence[bytes]:
    """The hashes that stand on her tickets: they may stand, unlinked, on others too."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT holder_key FROM spectators_ticket WHERE fan_id = %s AND holder_key IS NOT NULL "
            "UNION SELECT buyer_key FROM spectators_ticket WHERE buyer_fan_id = %s AND buyer_key IS NOT NULL",
            [fan_id, fan_id],
        )
        return [bytes(row[0]) for row in cursor.fetchall()]
