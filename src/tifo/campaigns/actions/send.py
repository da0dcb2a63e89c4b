"""Sending: claim a chunk of the plan, have content weave it, hand the bytes to delivery."""

import threading
import time
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

import pyarrow as pa
import pyarrow.compute as pc
from django.conf import settings
from django.db import transaction
from django.db.models import F

from tifo.campaigns.actions.lifecycle import finish_if_done
from tifo.campaigns.models import Chunk, Occurrence, Step
from tifo.campaigns.queries import combinations_of, definition_from, mailing_look
from tifo.campaigns.types import Stage
from tifo.content.public import Combination, Loom, Personal, Woven, loom
from tifo.delivery.public import (
    Claimed,
    Crossing,
    Held,
    SendingStopped,
    Transport,
    claim,
    enter,
    let_go,
    next_due,
    open_transport,
    recover,
    rests_until,
    sum_up,
)
from tifo.kernel.public import archive, clock, crash_point, jobs
from tifo.spectators.public import tickets_held

LEASE = 60.0  # seconds; a dead worker's chunk is taken over after that
FIRST_WINDOW, LARGEST_WINDOW = 16, 500  # messages whose intent is made durable together
QUICK, SLOW = 0.2, 0.8  # seconds that a window may take before the next is larger, or smaller
LOOK_AGAIN = 5.0  # seconds, where delivery can't say when a chunk may go on

_LET_GO = {"occurrence__stage": Stage.SENDING, "step__lte": F("occurrence__step")}

_here = threading.local()


def _transport() -> Transport:
    """This thread's way out, opened once for each mail server."""
    if getattr(_here, "server", None) != settings.TIFO_SMTP_URL:
        _here.transport, _here.server = open_transport(), settings.TIFO_SMTP_URL
        _here.window = FIRST_WINDOW  # kept from chunk to chunk while the server is the same
    transport: Transport = _here.transport
    return transport


@lru_cache(maxsize=4)
def _loom_of(occurrence_id: int, fingerprint: str) -> tuple[Loom, tuple[Combination, ...], bool]:
    """The loom of a sending, what its numbers stand for, and whether it needs tickets; none of it ever changes.

    The fingerprint tells it from one of the same number in a base that was restored meanwhile.
    """
    row = (
        Chunk.objects.select_related("occurrence")
        .filter(occurrence_id=occurrence_id, occurrence__fingerprint=fingerprint)[0]
        .occurrence
    )
    composition = definition_from(row.definition).composition
    needs_tickets = any(slot.repeat == "tickets" for slot in composition.slots)
    return loom(composition, mailing=mailing_look()), tuple(combinations_of(row)), needs_tickets


def send_chunk() -> bool:
    """Send one chunk of any sending under way, as far as it can be sent now; whether there was one."""
    if rests_until() is not None:
        return False
    chunk = jobs.claim(Chunk, owner=jobs.me(), seconds=LEASE, **_LET_GO)
    if chunk is None:
        return False
    try:
        _send(chunk)
    except jobs.LeaseLost:
        pass  # somebody took it over; what we left in doubt is counted there
    except SendingStopped:
        jobs.put_back(chunk, after=LOOK_AGAIN)
        return False
    return True


def _send(chunk: Chunk) -> None:
    mailing_id = chunk.occurrence.mailing_id
    if mailing_id is None:
        raise ValueError(f"sending {chunk.occurrence_id} was planned without a mailing")
    sender = f"{chunk.owner}:{chunk.attempt}"  # a new name for each attempt, so that what a dead one left is told apart
    held = _enter(chunk, mailing_id, sender)
    if chunk.attempt > 1:
        recover(mailing_id, chunk.number, owner=sender)
    with Crossing(mailing_id, _transport(), heartbeat=lambda: jobs.renew(chunk, LEASE)) as line:
        while not (jobs.stop_requested() or line.cut_off):
            begun = time.monotonic()
            window = _here.window
            claimed = claim(mailing_id, chunk.number, owner=sender, size=window, held=held)
            if not claimed:
                break
            crash_point("campaigns.send.claimed")
            line.send(_woven(chunk.occurrence, claimed))
            jobs.renew(chunk, LEASE)
            took = time.monotonic() - begun
            if len(claimed) == window or took > SLOW:  # fewer, and quickly, say nothing
                _here.window = next_window(window, took)
    if held:
        let_go(held)
    _leave(chunk, mailing_id, at_once=line.cut_off or jobs.stop_requested())


def next_window(window: int, seconds: float) -> int:
    """As large as the receiver takes in a moment: what a crash leaves in doubt is no more than that."""
    if seconds < QUICK:
        return min(window * 2, LARGEST_WINDOW)
    return max(window // 2, FIRST_WINDOW) if seconds > SLOW else window


def _enter(chunk: Chunk, mailing_id: int, sender: str) -> Held | None:
    """Let the chunk's rows into the ledger, once; what is due of them is the sender's at once."""
    if chunk.entered:
        return None
    rows = _due_from(archive.read(chunk.path, chunk.sha256), _let_go_at(chunk))
    with transaction.atomic():
        jobs.renew(chunk, LEASE, entered=True)
        held = enter(mailing_id, chunk.number, rows, owner=sender).held
        crash_point("campaigns.send.entered")
    return held


def _let_go_at(chunk: Chunk) -> datetime | None:
    """When its step might leave; where there are no steps, when the sending began."""
    step = Step.objects.filter(occurrence_id=chunk.occurrence_id, number=chunk.step).first()
    return (step and step.released_at) or chunk.occurrence.begun_at


def _due_from(rows: pa.Table, begun: datetime | None) -> pa.Table:
    """Nothing is due before it was let go: one started by hand long after its hour has not expired already, nor has
    what waited for the steps before it."""
    if begun is None:
        return rows
    place = rows.schema.get_field_index("due_at")
    due, start = rows.column(place), pa.scalar(begun, rows.schema.field(place).type)
    later = pc.if_else(pc.less(due, start), start, due)
    return rows.set_column(place, rows.schema.field(place), later)


def _woven(sending: Occurrence, claimed: Sequence[Claimed]) -> list[tuple[Claimed, Woven]]:
    weaver, combinations, needs_tickets = _loom_of(sending.pk, sending.fingerprint)
    tickets = tickets_held([message.fan_id for message in claimed]) if needs_tickets else {}
    return [
        (
            message,
            weaver.weave(
                combinations[message.composed],
                Personal(
                    fan={
                        "first_name": message.first_name,
                        "last_name": message.last_name,
                        "language": message.fan_language,
                        "country": message.country,
                    },
                    tickets=tickets.get(message.fan_id, ()),
                    link_token=message.link_token,
                    pixel=message.pixel,
                    unsubscribe_token=message.unsubscribe_token,
                ),
            ),
        )
        for message in claimed
    ]


def _leave(chunk: Chunk, mailing_id: int, *, at_once: bool) -> None:
    """Done, or to be looked at again when its next message is due; `at_once`: by whoever else can."""
    due = next_due(mailing_id, chunk.number)
    if due is None:
        sum_up(mailing_id, chunk.number)
        with transaction.atomic():  # killed between the two, the sending would never end
            jobs.finish(chunk)
            finish_if_done(chunk.occurrence_id)
    else:
        wait = (due - clock.now()).total_seconds()
        jobs.put_back(chunk, after=0.0 if at_once else wait if wait > 0 else LOOK_AGAIN)
