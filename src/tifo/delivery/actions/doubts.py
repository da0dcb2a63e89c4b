"""Doubts settled by evidence (M6): the relay's own log, or a person who signs for it.

A message that the log knows as taken is accepted. One that it does not know is planned again behind a fence only: nobody is
left who could still hand it over, and the log is whole from before it crossed until now.
"""

import re
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

from tifo.accounts.public import audit
from tifo.delivery.actions import statements as sql
from tifo.delivery.events import PlannedAgain
from tifo.delivery.models import Mailing, Message
from tifo.delivery.ports import Heard, RelayLog
from tifo.delivery.rules import headers, seals
from tifo.delivery.rules.states import NEVER_TOOK
from tifo.delivery.types import SettledDoubts
from tifo.kernel.public import Refused, announce, bulk, clock, jobs, revisions
from tifo.kernel.public import sentence as _

AT_ONCE = 5_000  # doubts that one reading of the log looks for
WITNESSES = (
    200  # accepted messages beside each sender's doubts that the log must know, or it is not the relay's
)
YOUNG = timedelta(days=5)  # older doubts are left to people: logs are gone by then

_seen_dead: dict[str, float] = {}  # senders, and when we first saw that they are dead


@dataclass(frozen=True)
class Fence:
    """How long after a sender's end nothing of it can arrive any more. `dead`: it was a process of this machine that
    ended; `lost`: any other (longer than the longest patience with a mail server, twice)."""

    dead: timedelta = timedelta(minutes=6)
    lost: timedelta = timedelta(minutes=70)
    margin: timedelta = timedelta(minutes=1)  # that a line may take into the log


def relay_log() -> RelayLog | None:
    """The log that the settings name, read by the adapter of its kind; None where there is none."""
    if not settings.TIFO_RELAY_LOG:
        return None
    log: RelayLog = import_string("tifo.delivery.adapters.postfix.open_relay_log")(settings.TIFO_RELAY_LOG)
    return log


def settle_doubts(log: RelayLog | None = None, fence: Fence | None = None) -> SettledDoubts:
    """Look for doubts in the relay's log; what it settled."""
    log, fence = log or relay_log(), fence or Fence()
    rows = list(Message.objects.filter(state="unknown", at__gte=clock.now() - YOUNG).order_by("pk")[:AT_ONCE])
    if log is None or not rows:
        return SettledDoubts(0, 0, len(rows))
    begun = clock.now()
    names = _names(rows)
    witnesses = _names(_witnesses(rows))
    since = min(row.due_at for row in rows)
    heard = log.read([*names.values(), *witnesses.values()], since)
    taken = {row.pk: heard.taken[names[row.pk]] for row in rows if names[row.pk] in heard.taken}
    trusted = bool(witnesses) and all(name in heard.taken for name in witnesses.values())
    never = [
        row
        for row in rows
        if row.pk not in taken
        and trusted
        and names[row.pk] not in heard.unclear
        and heard.since is not None
        and heard.since <= row.due_at
        and _over(row, heard, fence, begun)
    ]
    with transaction.atomic():
        accepted = _accept(taken)
        planned = _plan_again(never, begun)
    return SettledDoubts(accepted, planned, len(rows) - accepted - planned)


def _names(rows: Sequence[Message]) -> dict[int, str]:
    """The Message-ID of each."""
    senders = dict(
        Mailing.objects.filter(pk__in={row.mailing_id for row in rows}).values_list("pk", "sender")
    )
    domains = {pk: headers.sender_parts(sender)[1].rpartition("@")[2] for pk, sender in senders.items()}
    return {
        row.pk: seals.message_id_header(
            row.mailing_id, row.pk, seals.message_key(row.mailing_id, row.pk), domains[row.mailing_id]
        )
        for row in rows
    }


def _witnesses(rows: Sequence[Message]) -> list[Message]:
    """Messages that were accepted in the same chunks: a log that does not know them is not the relay's, or not whole."""
    found: list[Message] = []
    for mailing_id, chunk in sorted({(row.mailing_id, row.chunk) for row in rows}):
        same = Message.objects.filter(mailing_id=mailing_id, chunk=chunk, state="accepted", evidence="")
        found += same.order_by("-at")[:WITNESSES]
    return found


def _process(owner: str) -> str:
    """The process in a sender's name (place:process:word:attempt)."""
    return ":".join(owner.split(":")[:3])


def _over(row: Message, heard: Heard, fence: Fence, now: datetime) -> bool:
    """Whether nobody is left who could still hand this message over, and the log would show it if he had."""
    process = _process(row.owner)
    if jobs.is_dead(process):
        first = _seen_dead.setdefault(process, time.monotonic())
        if time.monotonic() - first < fence.dead.total_seconds():
            return False
    elif row.at > now - fence.lost:
        return False
    before = now - fence.margin
    return all(
        session.begun > before or _is_anothers(session.last_id, session.last_at, row, process)
        for session in heard.sessions
    )


_IDS = re.compile(r"<(\d+)\.(\d+)\.")


def _is_anothers(last_id: str, last_at: datetime | None, row: Message, process: str) -> bool:
    """Whether a connection still open is surely that of another sender: one of its messages came on it since."""
    match = _IDS.match(last_id)
    if match is None or last_at is None or last_at <= row.at:
        return False
    other = (
        Message.objects.filter(pk=int(match[2]), mailing_id=int(match[1])).exclude(state="unknown").first()
    )
    return other is not None and bool(other.owner) and _process(other.owner) != process


def _accept(taken: dict[int, str]) -> int:
    if not taken:
        return 0
    moment, rev = sql.moment(clock.now()), revisions.current()
    sql.run_many(
        "UPDATE delivery_message SET state = 'accepted', evidence = %s, at = %s, rev = %s "
        "WHERE id = %s AND state = 'unknown'",
        [(evidence[:200], moment, rev, pk) for pk, evidence in taken.items()],
    )
    return len(taken)


def _plan_again(rows: Sequence[Message], now: datetime) -> int:
    """Plan what never arrived; its chunk is opened again by who sends it."""
    if not rows:
        return 0
    evidence = f"{NEVER_TOOK}: log read {now:%Y-%m-%d %H:%M:%S}"
    among, numbers = bulk.among("id", [row.pk for row in rows])
    changed = sql.run(
        "UPDATE delivery_message SET state = 'planned', evidence = %s, owner = '', at = %s, rev = %s "
        f"WHERE {among} AND state = 'unknown'",
        [evidence, sql.moment(clock.now()), revisions.current(), numbers],
    )
    chunks: dict[int, set[int]] = defaultdict(set)
    for row in rows:
        chunks[row.mailing_id].add(row.chunk)
    Mailing.objects.filter(pk__in=list(chunks)).update(busy=True)
    announce(
        *(PlannedAgain(mailing, chunk) for mailing in sorted(chunks) for chunk in sorted(chunks[mailing]))
    )
    return changed


# -- by hand -----------------------------------------------------------------------------------------------


def sign_for(message_ids: Sequence[int], state: str, *, actor_id: int, because: str) -> int:
    """Settle doubts by a person's word, one or many; how many. One audit entry names them (V2)."""
    because = because.strip()
    if state not in ("accepted", "refused"):
        raise Refused(_("A doubt becomes accepted or refused; nothing is sent again on a person's word."))
    if not because:
        raise Refused(_("Say how you know: it stands with the message and in the audit trail."))
    if not message_ids:
        raise Refused(_("Choose messages first."))
    with transaction.atomic():
        among, numbers = bulk.among("id", list(message_ids))
        changed = sql.run(
            "UPDATE delivery_message SET state = %s, evidence = %s, at = %s, rev = %s "
            f"WHERE {among} AND state = 'unknown'",
            [
                state,
                f"signed by account {actor_id}: {because}"[:200],
                sql.moment(clock.now()),
                revisions.current(),
                numbers,
            ],
        )
        if not changed:
            raise Refused(_("None of these rests in doubt any more."))
        audit(
            actor_id,
            "delivery.sign-for-doubts",
            f"messages:{changed}",
            {"state": state, "because": because[:200], "messages": sorted(message_ids)[:500]},
        )
    return changed
