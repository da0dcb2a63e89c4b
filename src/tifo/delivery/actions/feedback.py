"""Hearing what comes back: each report is kept once, and bars before the next crossing (C8, W1).

What is kept is the set of the reports; who is suppressed follows from that set and the ledger alone, so order,
repetition and delay do not matter.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction

from tifo.consents.public import heads, withdraw
from tifo.delivery.actions import statements as sql
from tifo.delivery.actions.suppression import note_suppressed
from tifo.delivery.events import FeedbackHeard
from tifo.delivery.models import Feedback, Letter
from tifo.delivery.rules import seals
from tifo.delivery.rules.bounces import SOFT_DAYS, SOFT_MESSAGES
from tifo.delivery.rules.reports import NOTHING, Report, read_report, shown
from tifo.delivery.types import Claimed, ServiceReport
from tifo.fans.public import destination_key
from tifo.kernel.public import Refused, announce, clock, crash_point, revisions

KINDS = ("hard", "soft", "blocked", "complaint", "stop")
MOST_OF_A_KIND = 20  # reports of one kind about one message that are kept


_INSERT = (
    "INSERT INTO delivery_feedback (digest, kind, mailing_id, message_id, fan_id, channel, destination_key, status, "
    "diagnostic, source, sent_at, heard_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) "
    "ON CONFLICT (digest) DO NOTHING"
)


@dataclass(frozen=True)
class _About:
    """The message that a report names."""

    mailing_id: int | None
    message_id: int | None
    fan_id: int | None
    channel: str
    key: bytes | None
    sent_at: datetime | None
    state: str
    purpose: str


def hear_mail(content: bytes, recipient: str, source: str) -> str:
    """Take in a mail that came back; durable when this returns. What became of it: the report's kind, or forged (no
    seal of ours), stale (a message the ledger does not know), again (known already), delayed, automatic, unclear."""
    report = read_report(content, recipient)
    with transaction.atomic():
        sql.durable()
        return hear(report, source)


def hear(report: Report, source: str) -> str:
    """Take in a report whose seal was checked, in the caller's transaction."""
    outcome = _heard(report, source)
    count_inbound(source, outcome)
    crash_point("delivery.heard")
    return outcome


def _heard(report: Report, source: str) -> str:
    if report.named is None:
        return "forged"
    if report.kind in NOTHING:
        return report.kind
    about = _about(*report.named)
    if about is None:
        return "stale"
    return _keep(report, about, source)


def hear_service(said: Sequence[ServiceReport], source: str) -> list[str]:
    """Take in what a mail service says under a signature of its own; durable when this returns (W2). What became of
    each. Where it names no message of ours, the newest that went to the address is meant."""
    with transaction.atomic():
        sql.durable()
        outcomes = [_said_by_service(one, source) for one in said]
        for outcome in outcomes:
            count_inbound(source, outcome)
        crash_point("delivery.heard")
    return outcomes


def _said_by_service(said: ServiceReport, source: str) -> str:
    if said.kind in NOTHING:
        return said.kind
    named = seals.read_message_id(said.message) or seals.named_in(
        said.message.encode(), f"X-Tifo-Key: {said.message}".encode()
    )
    about = _about(*named) if named is not None else None
    if about is None:
        about = _of_address(said.recipient)
    if about is None:
        return "stale"
    identity = f"{source}|{said.identity}"
    return _keep(
        Report(said.kind, named, said.status, shown(said.diagnostic), identity), about, source, identity
    )


def _of_address(recipient: str) -> _About | None:
    try:
        key = destination_key("email", recipient)
    except Refused:
        return None
    return _newest(key, "email") or _About(None, None, None, "email", key, None, "", "")


def note_refusals(mailing_id: int, refused: Iterable[tuple[Claimed, str]], now: datetime) -> None:
    """What the other side's server said in the dialogue itself: these addresses do not exist (any more). In the
    caller's transaction."""
    messages = list(refused)
    note_suppressed([one.destination_key for one, _ in messages], "bounced", now)
    sql.run_many(
        _INSERT,
        [
            (
                hashlib.sha256(f"hard|{mailing_id}|{one.message_id}|dialogue".encode()).digest()[:16],
                "hard",
                mailing_id,
                one.message_id,
                one.fan_id,
                "email",
                one.destination_key,
                text.split(" ", 1)[0][:20],
                shown(text),
                "dialogue",
                sql.moment(now),
                sql.moment(now),
            )
            for one, text in messages
        ],
    )


def count_inbound(source: str, outcome: str) -> None:
    """One more, in the caller's transaction."""
    sql.run(
        "INSERT INTO delivery_inbound_count (day, source, outcome, count) VALUES (%s, %s, %s, 1) "
        "ON CONFLICT (day, source, outcome) DO UPDATE SET count = delivery_inbound_count.count + 1",
        [clock.now().date().isoformat(), source[:20], outcome[:20]],
    )


def _about(mailing_id: int, message_id: int) -> _About | None:
    if message_id >= 2**63:
        return None
    if not mailing_id:
        letter = Letter.objects.filter(pk=message_id).first()
        if letter is None:
            return None
        key = bytes(letter.destination_key) or None
        return _About(0, letter.pk, letter.fan_id, "email", key, letter.at, letter.state, "")
    rows = _messages("m.id = %s AND m.mailing_id = %s", [message_id, mailing_id])
    return rows[0] if rows else None


def _newest(key: bytes, channel: str) -> _About | None:
    """The message that was handed over to this address last, of the newest hundred mailings."""
    found = _messages(
        "m.channel = %s AND m.destination_key = %s AND m.state IN ('committing', 'accepted', 'unknown') AND m.mailing_id "
        "IN (SELECT id FROM delivery_mailing ORDER BY id DESC LIMIT 100) ORDER BY m.mailing_id DESC LIMIT 1",
        [channel, key],
    )
    return found[0] if found else None


def _messages(where: str, params: list[object]) -> list[_About]:
    rows = sql.fetch(
        "SELECT m.mailing_id, m.id, m.fan_id, m.channel, m.destination_key, m.at, m.state, g.purpose "
        f"FROM delivery_message m JOIN delivery_mailing g ON g.id = m.mailing_id WHERE {where}",
        params,
    )
    return [
        _About(
            mailing,
            number,
            fan,
            channel,
            None if key is None else bytes(key),
            sql.read_moment(at),
            state,
            purpose,
        )
        for mailing, number, fan, channel, key, at, state, purpose in rows
    ]


def _keep(report: Report, about: _About, source: str, identity: str = "") -> str:
    """Keep it once. `identity`: what tells it from all others, where it says so itself."""
    now = clock.now()
    said = identity or f"{report.kind}|{about.mailing_id}|{about.message_id}|{report.identity}"
    of_it = Feedback.objects.filter(
        mailing_id=about.mailing_id, message_id=about.message_id, kind=report.kind
    )
    if about.message_id is not None and of_it.count() >= MOST_OF_A_KIND:
        return "again"
    fresh = sql.run(
        _INSERT,
        [
            hashlib.sha256(said.encode()).digest()[:16],
            report.kind,
            about.mailing_id,
            about.message_id,
            about.fan_id,
            about.channel,
            about.key,
            report.status[:20],
            report.diagnostic,
            source[:20],
            sql.moment(about.sent_at),
            sql.moment(now),
        ],
    )
    if not fresh:
        return "again"
    _bar(report.kind, about, now)
    if about.state == "unknown":  # somebody answered for it: it was handed over
        sql.run(
            "UPDATE delivery_message SET state = 'accepted', evidence = 'a report that names it came back', rev = %s "
            "WHERE id = %s AND state = 'unknown'",
            [revisions.current(), about.message_id],
        )
    announce(FeedbackHeard(about.mailing_id, about.message_id, report.kind))
    return report.kind


def _bar(kind: str, about: _About, now: datetime) -> None:
    """What keeps the next message from her."""
    if kind == "stop" and about.fan_id is not None and about.purpose:
        _withdraw(about)
    elif about.key is None:
        return
    elif kind == "hard":
        note_suppressed([about.key], "bounced", now, about.channel)
    elif kind == "complaint":
        note_suppressed([about.key], "complained", now, about.channel)
    elif kind == "stop":
        note_suppressed([about.key], "asked", now, about.channel)
    elif kind == "soft" and _given_up(about.key, about.channel):
        note_suppressed([about.key], "bounced", now, about.channel)


def _withdraw(about: _About) -> None:
    """STOP ends what she was writing about: her consent to that purpose."""
    fan_id = int(about.fan_id or 0)
    answers = heads([fan_id], about.purpose)
    if fan_id not in answers or answers[fan_id].state != "withdrawn":
        proof = {"mailing": about.mailing_id, "message": about.message_id}
        withdraw(fan_id, about.purpose, source="stop", proof=proof)


def _given_up(key: bytes, channel: str) -> bool:
    """Whether enough messages of a short time bounced softly, by when they were handed over."""
    if connection.vendor == "postgresql":  # of two at once, the later counts both
        sql.run("SELECT pg_advisory_xact_lock(%s)", [int.from_bytes(key[:7], "big")])
    times = sorted(
        sql.read_moment(at)
        for _, at in sql.fetch(
            "SELECT message_id, min(sent_at) FROM delivery_feedback WHERE destination_key = %s AND kind = 'soft' "
            "AND channel = %s AND message_id IS NOT NULL AND sent_at IS NOT NULL GROUP BY mailing_id, message_id",
            [key, channel],
        )
    )
    within = timedelta(days=SOFT_DAYS)
    return any(last - first <= within for first, last in zip(times, times[SOFT_MESSAGES - 1 :], strict=False))
