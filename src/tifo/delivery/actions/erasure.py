"""Forgetting a fan: her rows stay as numbers, her address goes."""

from django.db import transaction

from tifo.delivery.actions import statements as sql
from tifo.delivery.models import Feedback, Letter
from tifo.kernel.public import clock, revisions


def forget_fan(fan_id: int) -> None:
    """After an erasure: planned messages are suppressed, claimed ones stop at the gate, letters that wait are
    expired, and no key of her address stays in the ledger or
    with what came back. Doing it twice is doing it once."""
    now = clock.now()
    with transaction.atomic():
        moment, rev = sql.moment(now), revisions.current()
        sql.run(
            "UPDATE delivery_message SET state = 'suppressed', reason = 'erased', at = %s, rev = %s "
            "WHERE fan_id = %s AND state IN ('planned', 'claimed')",
            [moment, rev, fan_id],
        )
        sql.run(
            "UPDATE delivery_message SET destination_key = NULL, rev = %s "
            "WHERE fan_id = %s AND destination_key IS NOT NULL",
            [rev, fan_id],
        )
        Feedback.objects.filter(fan_id=fan_id).update(destination_key=None, diagnostic="")
        waiting = Letter.objects.filter(fan_id=fan_id, state__in=("planned", "claimed", "committing"))
        waiting.update(state="expired", reason="erased", at=now)
        Letter.objects.filter(fan_id=fan_id).update(content=b"", address="", destination_key=b"")
