"""Looking after what nobody moves any more."""

import os
import threading
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.db import transaction

from tifo.delivery.actions import statements as sql
from tifo.delivery.actions.ledger import expire, sum_up
from tifo.delivery.actions.letters import send_letters
from tifo.delivery.actions.mailings import sweep_cancelled
from tifo.delivery.models import Letter, Mailing
from tifo.delivery.ports import Transport
from tifo.delivery.rules import states
from tifo.kernel.public import clock, jobs, revisions

# Longer than any crossing takes (the longest patience with a mail server, twice): whoever claimed or committed then is dead.
ABANDONED = timedelta(hours=1)


def tend_mailings() -> int:
    """Sweep, expire and recover in every mailing that still moves; how many messages it moved."""
    moved = 0
    for mailing in Mailing.objects.filter(busy=True):
        if mailing.state == "cancelled":
            moved += sweep_cancelled(mailing.pk)
        moved += expire(mailing.pk) + _recover_abandoned(mailing)
        sum_up(mailing.pk)
        with transaction.atomic():
            row = Mailing.objects.select_for_update().get(pk=mailing.pk)
            if not sql.fetch(
                f"SELECT 1 FROM delivery_message WHERE mailing_id = %s AND {states.MOVING} LIMIT 1",
                [mailing.pk],
            ):
                row.busy = False
                row.save(update_fields=["busy"])
    return moved


def _recover_abandoned(mailing: Mailing) -> int:
    with transaction.atomic():
        now = clock.now()
        moment, rev, before = sql.moment(now), revisions.current(), sql.moment(now - ABANDONED)
        doubt = "planned" if mailing.resend_doubt else "unknown"
        moved = sql.run(
            f"UPDATE delivery_message SET state = '{doubt}', reason = 'sender died', at = %s, rev = %s "
            f"WHERE mailing_id = %s AND {states.MOVING} AND state = 'committing' AND at < %s",
            [moment, rev, mailing.pk, before],
        )
        return moved + sql.run(
            "UPDATE delivery_message SET state = 'planned', owner = '', at = %s, rev = %s "
            f"WHERE mailing_id = %s AND {states.MOVING} AND state = 'claimed' AND at < %s",
            [moment, rev, mailing.pk, before],
        )


_kept: dict[tuple[int, str], Transport] = {}
_keeping = threading.Lock()


def _kept_transport(opener: Callable[[], Transport]) -> Transport:
    """This process's connection to the mail server of the settings, opened once."""
    place = (os.getpid(), settings.TIFO_SMTP_URL)
    with _keeping:
        if place not in _kept:
            _kept[place] = opener()
        return _kept[place]


def send_waiting_letters(opener: Callable[[], Transport], *, keep: bool = True) -> int:
    """Send letters until none is due; how many were handed over or settled. The connection stays open for the next."""
    now = clock.now()
    waiting = Letter.objects.filter(state__in=("planned", "committing"), due_at__lte=now)
    if not waiting.exists():
        return 0
    transport = _kept_transport(opener) if keep else opener()
    sent = 0
    try:
        while counted := send_letters(transport, owner=jobs.me()):
            sent += sum(counted.values())
            if counted.get("planned"):
                break  # the server wants us to come back later
    finally:
        if not keep:
            transport.close()
    return sent
