"""Crossing the line: the gate of one window runs while the window before it is under way.

`committing` is durable before a body byte leaves (M8): `Crossing.send` commits the gate, then hands over.
"""

import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import DatabaseError, transaction

from tifo.delivery.actions import epoch, reach
from tifo.delivery.actions import statements as sql
from tifo.delivery.actions.feedback import note_refusals
from tifo.delivery.actions.gate import Judgement, gate
from tifo.delivery.actions.ledger import release, turn_back
from tifo.delivery.actions.pace import Pacer
from tifo.delivery.actions.withdrawals import drain_withdrawals
from tifo.delivery.events import MessageRefused
from tifo.delivery.models import Mailing
from tifo.delivery.ports import Flight, Outcome, Parcel, Slot, Transport, Verdict
from tifo.delivery.rules import headers, retry, seals
from tifo.delivery.rules.bounces import is_lasting
from tifo.delivery.types import Claimed, CrossingReport, Woven
from tifo.kernel.public import announce, clock, crash_point, revisions, without_addresses

IN_FLIGHT = 2  # windows under way at once
ASIDE = 6  # windows of which a few messages keep us waiting, while others go on
LAG = 2.0  # seconds until a window steps aside
HEARTBEAT = 5.0  # seconds


@dataclass(frozen=True, eq=False)
class _Sent:
    flight: Flight
    messages: tuple[Claimed, ...]


class Crossing:
    """The way over the line for one mailing. Use as a context manager; `report` is complete after it.

    `heartbeat` is called every few seconds while waiting for the mail server; what it raises ends the crossing.
    Windows whose outcome isn't written then rest as committing, for `recover`.
    """

    def __init__(
        self, mailing_id: int, transport: Transport, *, heartbeat: Callable[[], None] | None = None
    ) -> None:
        epoch.ready()
        self.mailing_id, self._transport, self._heartbeat = mailing_id, transport, heartbeat
        self._mailing = Mailing.objects.get(pk=mailing_id)
        self._shared = headers.envelope(
            sender=self._mailing.sender,
            mailing_id=mailing_id,
            label=self._mailing.label,
            purpose=self._mailing.purpose,
            event=settings.TIFO_EVENT_NAME,
            track_url=settings.TIFO_TRACK_URL,
        )
        self._return_path = seals.return_paths(self._shared.sender)
        self._under_way: deque[_Sent] = deque()
        self._aside: list[_Sent] = []
        self._pacer = Pacer(self._shared.sender)
        self._arrived: list[tuple[Claimed, Outcome]] = []
        self._last_beat = time.monotonic()
        self._unreached = reach.known_unreached()
        self.cut_off = False  # no mail server is to be had: sending more now would only come back
        self.report = CrossingReport()

    def __enter__(self) -> "Crossing":
        return self

    def __exit__(self, *error: object) -> None:
        self.finish()
        self._pacer.leave()

    def send(self, window: Sequence[tuple[Claimed, Woven]]) -> None:
        """Gate this window and begin to hand it over. Any error: nothing of it is sent, and it is raised."""
        drain_withdrawals()
        claimed = [one for one, _ in window]
        self._collect()
        try:
            turn = self._pacer.turn(claimed)
        except Exception:
            with suppress(DatabaseError):
                release(claimed)
            raise
        self.report = self.report.plus(CrossingReport(planned=turn.later))
        if turn.later:
            claimed = list(turn.go)
            going = {one.message_id for one in claimed}
            window = [pair for pair in window if pair[0].message_id in going]
        parcels, barred = self._parcels(window, turn.slots)
        try:
            with transaction.atomic():
                recorded = self._record()
                judgement = gate(self.mailing_id, claimed, barred)
                passage = epoch.enter() if judgement.crossing else None
                crash_point("delivery.gate")
        except Exception:
            with suppress(DatabaseError):  # else they wait for `recover`
                release(claimed)
            raise
        self._recorded(recorded)
        self._count(judgement)
        crash_point("delivery.committed")
        if passage is not None:
            self._pass(passage, judgement)
        allowed = [one for one in claimed if one.message_id in judgement.crossing]
        bound = [one for one in allowed if one.message_id in turn.slots]
        free = [one for one in allowed if one.message_id not in turn.slots] if bound else allowed
        if bound:
            self._aside.append(self._hand_over(bound, parcels))
        if free:
            self._under_way.append(self._hand_over(free, parcels))
        if allowed:
            crash_point("delivery.handed-over")
        while len(self._under_way) >= IN_FLIGHT:
            self._wait(self._under_way[0], LAG if len(self._aside) < ASIDE else None)

    def _hand_over(self, messages: list[Claimed], parcels: dict[int, Parcel]) -> _Sent:
        return _Sent(
            self._transport.hand_over([parcels[one.message_id] for one in messages]), tuple(messages)
        )

    def finish(self) -> None:
        """Wait for everything under way and write what became of it."""
        while self._under_way or self._aside:
            self._wait(self._under_way[0] if self._under_way else self._aside[0], None)
        if self._arrived:
            crash_point("delivery.answered")
            with transaction.atomic():
                recorded = self._record()
                crash_point("delivery.recording")
            self._recorded(recorded)
            crash_point("delivery.recorded")

    def _pass(self, passage: epoch.Passage, judgement: Judgement) -> None:
        """Note the window outside the base before anything of it leaves (M9); where that fails, nothing does."""
        try:
            epoch.passed(passage)
        except Exception:
            with suppress(DatabaseError), transaction.atomic():
                turn_back(judgement.crossing)
            raise

    # -- building ------------------------------------------------------------------------------------------

    def _parcels(
        self, window: Sequence[tuple[Claimed, Woven]], slots: Mapping[int, Slot]
    ) -> tuple[dict[int, Parcel], dict[int, str]]:
        date = headers.date_header(clock.now())
        parcels, barred = {}, {}
        for one, woven in window:
            if not self._transport.allows(one.email):
                barred[one.message_id] = "not_allowed_here"
                continue
            key = seals.message_key(self.mailing_id, one.message_id)
            try:
                content = headers.message_bytes(
                    self._shared,
                    date=date,
                    name=f"{one.first_name} {one.last_name}".strip(),
                    address=one.email,
                    message_id=seals.message_id_header(
                        self.mailing_id, one.message_id, key, self._shared.domain
                    ),
                    key=key,
                    unsubscribe_token=one.unsubscribe_token,
                    subject=woven.subject,
                    content=woven.content,
                )
            except headers.HeaderRefused:
                barred[one.message_id] = "bad_header"
                continue
            parcels[one.message_id] = Parcel(
                one.message_id,
                self._return_path(key),
                one.email,
                content,
                woven.wire_safe,
                slots.get(one.message_id),
            )
        return parcels, barred

    # -- outcomes ------------------------------------------------------------------------------------------

    def _wait(self, sent: _Sent, patience: float | None) -> None:
        """Until this flight is done, or steps aside because a few of its messages keep the others waiting."""
        begun = time.monotonic()
        while not sent.flight.done():
            waited = time.monotonic() - begun
            if patience is not None and waited >= patience:
                self._under_way.remove(sent)
                self._aside.append(sent)
                break
            with suppress(TimeoutError):
                sent.flight.wait(HEARTBEAT if patience is None else min(HEARTBEAT, patience - waited))
            self._beat()
        self._collect()

    def _collect(self) -> None:
        """Take in the outcomes that are there."""
        for sent in (*self._under_way, *self._aside):
            done = sent.flight.done()  # asked before: what settles meanwhile is not lost
            self._arrived.extend((sent.messages[place], outcome) for place, outcome in sent.flight.settled())
            if done:
                (self._under_way if sent in self._under_way else self._aside).remove(sent)

    def _beat(self) -> None:
        if time.monotonic() - self._last_beat >= HEARTBEAT:
            self._last_beat = time.monotonic()
            self._pacer.beat()
            if self._heartbeat is not None:
                self._heartbeat()

    def _record(self) -> CrossingReport:
        """Write the outcomes that arrived, in the caller's transaction."""
        if not self._arrived:
            return CrossingReport()
        sorted_out: dict[Verdict, list[tuple[Claimed, Outcome]]] = {verdict: [] for verdict in Verdict}
        for one, outcome in self._arrived:
            sorted_out[outcome.verdict].append((one, outcome))
        now = clock.now()
        writing = _Writing(sql.moment(now), revisions.current(), self._arrived[0][0].owner)
        again = list(sorted_out[Verdict.DEFERRED])
        unknown = sorted_out[Verdict.UNKNOWN]
        if self._mailing.resend_doubt:
            again, unknown = again + unknown, []
        refused = sorted_out[Verdict.REFUSED] + sorted_out[Verdict.FORBIDDEN]
        writing.accepted(sorted_out[Verdict.ACCEPTED])
        writing.refused(refused)
        writing.unknown(unknown)
        writing.again(again, now)
        self._pacer.note(self._arrived)
        note_refusals(
            self.mailing_id,
            ((one, outcome.text) for one, outcome in refused if is_lasting(outcome.stage, outcome.text)),
            now,
        )
        announce(
            *(
                MessageRefused(one.message_id, is_lasting(outcome.stage, outcome.text))
                for one, outcome in refused
            )
        )
        return CrossingReport(
            accepted=len(sorted_out[Verdict.ACCEPTED]),
            refused=len(refused),
            unknown=len(unknown),
            planned=len(again),
            unreachable=_unreachable(outcome for _, outcome in again),
        )

    def _recorded(self, recorded: CrossingReport) -> None:
        self._arrived = []
        self.report = self.report.plus(recorded)
        if recorded.accepted or recorded.refused:
            if self._unreached:
                reach.reached()
            self._unreached = self.cut_off = False
        elif recorded.unreachable:
            reach.unreached()
            self._unreached = self.cut_off = True

    def _count(self, judgement: Judgement) -> None:
        self.report = self.report.plus(
            CrossingReport(
                planned=len(judgement.released) + sum(map(len, judgement.later.values())),
                cancelled=len(judgement.cancelled),
                suppressed={reason: len(ids) for reason, ids in judgement.suppressed.items() if ids},
            )
        )


@dataclass(frozen=True)
class _Writing:
    """Outcomes into the ledger. `owner` fences: what somebody else recovered stays as he left it, but an answer that
    came late to its own sender is evidence, and settles what he had to call unknown."""

    moment: Any
    rev: int
    owner: str

    _MINE = "WHERE {which} AND owner = %s AND (state = 'committing' OR state = 'unknown')"

    def accepted(self, messages: list[tuple[Claimed, Outcome]]) -> None:
        for code, count in Counter(outcome.code for _, outcome in messages).items():
            del count
            numbers = sql.ids(one.message_id for one, outcome in messages if outcome.code == code)
            sql.run(
                "UPDATE delivery_message SET state = 'accepted', code = %s, at = %s, rev = %s, reason = '', "
                "evidence = CASE WHEN state = 'unknown' THEN 'answer that came late' ELSE '' END "
                + self._MINE.format(which=f"id IN ({numbers})"),
                [code, self.moment, self.rev, self.owner],
            )

    def refused(self, messages: list[tuple[Claimed, Outcome]]) -> None:
        sql.run_many(
            "UPDATE delivery_message SET state = 'refused', code = %s, reason = %s, at = %s, rev = %s, "
            "evidence = CASE WHEN state = 'unknown' THEN 'answer that came late' ELSE '' END "
            + self._MINE.format(which="id = %s"),
            [
                (outcome.code, _reason(outcome), self.moment, self.rev, one.message_id, self.owner)
                for one, outcome in messages
            ],
        )

    def unknown(self, messages: list[tuple[Claimed, Outcome]]) -> None:
        sql.run_many(
            "UPDATE delivery_message SET state = 'unknown', reason = %s, at = %s, rev = %s "
            "WHERE id = %s AND owner = %s AND state = 'committing'",
            [
                (_reason(outcome), self.moment, self.rev, one.message_id, self.owner)
                for one, outcome in messages
            ],
        )

    def again(self, messages: list[tuple[Claimed, Outcome]], now: datetime) -> None:
        sql.run_many(
            "UPDATE delivery_message SET state = 'planned', code = %s, reason = %s, due_at = %s, owner = '', "
            "at = %s, rev = %s WHERE id = %s AND owner = %s AND state = 'committing'",
            [
                (
                    outcome.code,
                    _reason(outcome),
                    sql.moment(_due_again(one, outcome, now)),
                    self.moment,
                    self.rev,
                    one.message_id,
                    self.owner,
                )
                for one, outcome in messages
            ],
        )


def _unreachable(again: Iterable[Outcome]) -> str:
    """Why no server was to be had, where that is so."""
    failed = (one.text for one in again if one.stage == "connect" and one.text != "stopped")
    return without_addresses(next(failed, ""))


def _due_again(one: Claimed, outcome: Outcome, now: datetime) -> datetime:
    """When a deferred message is tried again. Where no server is to be had, this place rests instead."""
    if outcome.stage == "connect":
        return now
    if outcome.stage == "pace":
        return now + timedelta(seconds=1)
    kind = retry.trouble(outcome.stage, outcome.code, outcome.text)
    return now + retry.pause(one.attempt, kind, retry.asked(outcome.text))


def _reason(outcome: Outcome) -> str:
    return without_addresses(f"{outcome.stage}: {outcome.text}")[:200]


def cross(mailing_id: int, window: Sequence[tuple[Claimed, Woven]], transport: Transport) -> CrossingReport:
    """One window over the line and back."""
    with Crossing(mailing_id, transport) as line:
        line.send(window)
    return replace(line.report)
