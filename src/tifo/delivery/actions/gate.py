"""The gate: in one transaction, under row locks, who of a window may cross the line now. Any error: nobody (C5)."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from tifo.consents.public import lock_heads
from tifo.delivery.actions import statements as sql
from tifo.delivery.rules import pressure
from tifo.delivery.types import Claimed
from tifo.fans.public import mail_addresses
from tifo.kernel.public import clock, revisions

WITHDRAWN = ("withdrawn",)


@dataclass
class Judgement:
    """Who may cross, with the consent version that says so; who may not, and why; who must wait."""

    crossing: dict[int, int | None] = field(default_factory=dict)
    suppressed: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    later: dict[datetime, list[int]] = field(default_factory=lambda: defaultdict(list))
    released: list[int] = field(default_factory=list)
    cancelled: list[int] = field(default_factory=list)


def gate(mailing_id: int, window: list[Claimed], barred: dict[int, str]) -> Judgement:
    """Judge a window and write the judgement, in the caller's transaction.

    `barred`: messages that may not cross for a reason known before (message id: reason).
    """
    sql.durable()
    now = clock.now()
    state, purpose, legal_class = sql.fetch(
        f"SELECT state, purpose, legal_class FROM delivery_mailing WHERE id = %s {sql.locked('FOR SHARE')}",
        [mailing_id],
    )[0]
    judgement = Judgement()
    ours = _still_ours(window)
    if state != "open":
        fate = judgement.cancelled if state == "cancelled" else judgement.released
        fate.extend(one.message_id for one in ours)
    elif ours:
        _judge(judgement, ours, barred, purpose, legal_class, now)
    _write(judgement, now)
    return judgement


def _still_ours(window: list[Claimed]) -> list[Claimed]:
    """Those that nobody took from us meanwhile, their rows locked; `attempt` is the fence."""
    if not window:
        return []
    rows = sql.fetch(
        "SELECT id, attempt FROM delivery_message "
        f"WHERE id IN ({sql.ids(one.message_id for one in window)}) AND state = 'claimed' AND owner = %s "
        f"ORDER BY id {sql.locked()}",
        [window[0].owner],
    )
    attempts = dict(rows)
    return [one for one in window if attempts.get(one.message_id) == one.attempt]


def _judge(
    judgement: Judgement,
    window: list[Claimed],
    barred: dict[int, str],
    purpose: str,
    legal_class: str,
    now: datetime,
) -> None:
    fan_ids = [one.fan_id for one in window]
    bound = legal_class != "service"  # consent, pressure and quiet hours bind all but service mail
    caps = pressure.binding(settings.TIFO_PRESSURE_CAP, purpose) if bound else ()
    _hold(fan_ids, alone=bool(caps))
    answers = lock_heads(fan_ids, purpose)
    addresses = mail_addresses(fan_ids)
    blocked = _suppressed_addresses(window)
    pressed = _pressed(fan_ids, caps, now)
    quiet = pressure.quiet_hours(settings.TIFO_QUIET_HOURS) if bound else None
    for one in window:
        consent, version = answers.get(one.fan_id, ("none", None))
        if one.message_id in barred:
            judgement.suppressed[barred[one.message_id]].append(one.message_id)
        elif one.fan_id not in addresses:
            judgement.suppressed["erased"].append(one.message_id)
        elif addresses[one.fan_id] != one.email:
            judgement.released.append(one.message_id)  # her address changed: claim it anew
        elif (bound and consent != "given") or consent in WITHDRAWN:
            reason = "withdrawn" if consent in WITHDRAWN else "no_consent"
            judgement.suppressed[reason].append(one.message_id)
        elif one.message_id in blocked:
            judgement.suppressed[blocked[one.message_id]].append(one.message_id)
        elif one.fan_id in pressed:
            judgement.suppressed["pressure"].append(one.message_id)
        elif quiet and (end := pressure.quiet_until(quiet, one.timezone, now)):
            judgement.later[end].append(one.message_id)
        else:
            judgement.crossing[one.message_id] = version


def _hold(fan_ids: list[int], *, alone: bool) -> None:
    """Keep an erasure or a new address waiting until this transaction ends. Before the heads, as a withdrawal does.

    `alone`: other gates too. Where a cap binds, two that counted at once would both find room for the last message.
    """
    if clause := sql.locked("FOR NO KEY UPDATE" if alone else "FOR SHARE"):
        sql.run(f"SELECT id FROM fans_fan WHERE id IN ({sql.ids(fan_ids)}) ORDER BY id {clause}")


def _suppressed_addresses(window: list[Claimed]) -> dict[int, str]:
    return dict(
        sql.fetch(
            "SELECT m.id, s.reason FROM delivery_message m JOIN delivery_suppression s "
            "ON s.destination_key = m.destination_key AND s.channel = m.channel "
            f"WHERE m.id IN ({sql.ids(one.message_id for one in window)})"
        )
    )


def _pressed(fan_ids: list[int], caps: tuple[pressure.Cap, ...], now: datetime) -> set[int]:
    """Who has had as much as she may get, over all campaigns. In doubt she has had it."""
    pressed: set[int] = set()
    for cap in caps:
        rows = sql.fetch(
            "SELECT m.fan_id FROM delivery_message m JOIN delivery_mailing g ON g.id = m.mailing_id "
            f"WHERE m.fan_id IN ({sql.ids(fan_ids)}) AND m.state IN ('committing', 'accepted', 'unknown') "
            "AND m.at > %s AND g.legal_class <> 'service' AND (g.purpose = %s OR %s = '') "
            "GROUP BY m.fan_id HAVING count(*) >= %s",
            [sql.moment(now - cap.within), cap.purpose, cap.purpose, cap.most],
        )
        pressed.update(row[0] for row in rows)
    if any(cap.most == 0 for cap in caps):  # nobody is counted who has had none
        pressed.update(fan_ids)
    return pressed


def _write(judgement: Judgement, now: datetime) -> None:
    moment, rev = sql.moment(now), revisions.current()

    def move(state: str, numbers: list[int], more: str = "", *params: Any) -> None:
        if numbers:
            sql.run(
                f"UPDATE delivery_message SET state = '{state}', at = %s, rev = %s{more} "
                f"WHERE id IN ({sql.ids(numbers)})",
                [moment, rev, *params],
            )

    by_version: dict[int | None, list[int]] = defaultdict(list)
    for message_id, version in judgement.crossing.items():
        by_version[version].append(message_id)
    if len(by_version) <= 8:
        for version, numbers in by_version.items():
            move("committing", numbers, ", consent_version = %s", version)
    else:
        _commit_versions(judgement.crossing, moment, rev)
    for reason, numbers in judgement.suppressed.items():
        move("suppressed", numbers, ", reason = %s", reason)
    for due, numbers in judgement.later.items():
        longer = sql.moment(due + timedelta(hours=24))
        move("planned", numbers, ", owner = '', due_at = %s, expires_at = %s", sql.moment(due), longer)
    move("planned", judgement.released, ", owner = ''")
    move("cancelled", judgement.cancelled)


def _commit_versions(crossing: dict[int, int | None], moment: Any, rev: int) -> None:
    pairs = ", ".join(
        f"({int(number)}, {'NULL' if version is None else int(version)})"
        for number, version in crossing.items()
    )
    sql.run(
        f"WITH v(id, version) AS (VALUES {pairs}) UPDATE delivery_message SET state = 'committing', at = %s, "
        "rev = %s, consent_version = v.version FROM v WHERE delivery_message.id = v.id",
        [moment, rev],
    )
