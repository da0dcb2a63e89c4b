"""Reading the ledger."""

import json
from collections import Counter
from datetime import datetime
from itertools import chain

from django.db import connection
from django.db.models import Min

from tifo.delivery.models import Letter, Mailing, Message, Suppression
from tifo.delivery.rules import seals
from tifo.delivery.rules.states import MOVING, WHY
from tifo.delivery.types import Counts, Link, MailingInfo, Named, SentMessage
from tifo.kernel.public import Refused


def mailing(mailing_id: int) -> MailingInfo:
    """A mailing as it is now; raises Refused for one that isn't there."""
    row = Mailing.objects.filter(pk=mailing_id).first()
    if row is None:
        raise Refused(f"There is no mailing {mailing_id}.")
    return MailingInfo(
        row.pk,
        row.label,
        row.occurrence,
        row.purpose,
        row.legal_class,
        row.channel,
        row.sender,
        row.state,
        row.opened_at,
    )


def counts(mailing_id: int) -> Counts:
    """The mailing's ledger, one consistent reading (M12)."""
    settled, moving = _sums(mailing_id)
    states: Counter[str] = Counter()
    suppressed: Counter[str] = Counter()
    for state, reason, total in [*chain.from_iterable(map(json.loads, settled)), *moving]:
        if state == "suppressed":
            suppressed[reason] += total
        else:
            states[state] += total
    return Counts(
        prepared=states.total() + suppressed.total(),
        planned=states["planned"],
        claimed=states["claimed"],
        committing=states["committing"],
        accepted=states["accepted"],
        refused=states["refused"],
        unknown=states["unknown"],
        suppressed=suppressed,
        expired=states["expired"],
        cancelled=states["cancelled"],
    )


def _sums(mailing_id: int) -> tuple[list[str], list[tuple[str, str, int]]]:
    """The sums of the parts that came to rest, and those of the others, counted now: both of one moment."""
    # +: so that SQLite goes from the few parts to their messages, and never through all messages to their parts
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sums, NULL, NULL, 0 FROM delivery_part WHERE mailing_id = %s AND sums IS NOT NULL "
            f"UNION ALL SELECT NULL, m.state, {WHY}, count(*) FROM delivery_part p JOIN delivery_message m "
            "ON m.mailing_id = p.mailing_id AND m.chunk = +p.chunk "
            "WHERE p.mailing_id = %s AND p.sums IS NULL GROUP BY 2, 3",
            [mailing_id, mailing_id],
        )
        rows = cursor.fetchall()
    return [row[0] for row in rows if row[0]], [row[1:] for row in rows if not row[0]]


def next_due(mailing_id: int, chunk: int | None = None) -> datetime | None:
    """When the next planned message may go at the earliest; None when none waits."""
    rows = Message.objects.filter(mailing_id=mailing_id, state="planned")
    rows = rows.extra(where=[MOVING])  # noqa: S610  no parameter: only so does SQLite take the index of what moves
    if chunk is not None:
        rows = rows.filter(chunk=chunk)
    due: datetime | None = rows.aggregate(Min("due_at"))["due_at__min"]
    return due


def sent_to(fan_id: int, limit: int = 200) -> list[SentMessage]:
    """Everything that was planned for or sent to a fan, letters too (mailing_id 0), newest first."""
    rows = list(Message.objects.filter(fan_id=fan_id).order_by("-at")[:limit])
    mailings = Mailing.objects.in_bulk({row.mailing_id for row in rows})
    sent = [
        SentMessage(
            row.pk,
            row.mailing_id,
            mailings[row.mailing_id].label,
            mailings[row.mailing_id].occurrence,
            mailings[row.mailing_id].purpose,
            row.channel,
            row.state,
            row.reason,
            row.at,
            row.language,
            row.variant,
            row.unsubscribed_at,
        )
        for row in rows
    ]
    sent += [
        SentMessage(
            letter.pk, 0, letter.kind, "", "", "email", letter.state, letter.reason, letter.at, "", "", None
        )
        for letter in Letter.objects.filter(fan_id=fan_id).order_by("-at")[:limit]
    ]
    return sorted(sent, key=lambda one: one.at, reverse=True)[:limit]


def unsubscribed(mailing_id: int) -> int:
    """How many withdrew by this mailing's own link."""
    return Message.objects.filter(mailing_id=mailing_id, unsubscribed_at__isnull=False).count()


def is_suppressed(destination_key: bytes, *, channel: str = "email") -> bool:
    """Whether nothing may be sent to this address."""
    return Suppression.objects.filter(destination_key=destination_key, channel=channel).exists()


def links_of(mailing_id: int) -> list[Link]:
    """The registered links of a mailing, in order."""
    return [
        Link(row.index, row.url, row.block, row.language, tuple(row.topics))
        for row in Mailing(pk=mailing_id).links.order_by("index")
    ]


def named_by(token: str) -> Named | None:
    """Whom an unsubscribe token names (the same token opens her preferences); None for one that isn't ours."""
    found = seals.read_unsubscribe_token(token)
    if found is None:
        return None
    mailing_id, message_id = found
    row = Message.objects.filter(pk=message_id, mailing_id=mailing_id).first()
    if row is None:
        return None
    of = Mailing.objects.get(pk=mailing_id)
    return Named(mailing_id, message_id, row.fan_id, of.purpose, of.label)


def fans_of_chunk(mailing_id: int, chunk: int) -> set[int]:
    """Who stands in the ledger for a chunk of a mailing."""
    return set(Message.objects.filter(mailing_id=mailing_id, chunk=chunk).values_list("fan_id", flat=True))
