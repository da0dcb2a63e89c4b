"""The send ledger: enter, claim, recover, expire. All set-based."""

import json
from collections import deque
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from django.db import DatabaseError, IntegrityError, connection, transaction

from tifo.consents.public import heads
from tifo.delivery.actions import statements as sql
from tifo.delivery.models import Mailing, Part
from tifo.delivery.rules import seals, states
from tifo.delivery.types import Claimed, Entered, Held
from tifo.fans.public import Addressee, addressees, destinations
from tifo.kernel.public import Refused, bulk, clock, crash_point, revisions

_COMMON = "mailing_id, chunk, channel, fan_id, language, variant, composed, due_at, expires_at, at, rev"
_HANDED = "id, fan_id, composed, language, variant, attempt, destination_key"


def _timestamps(column: Any) -> Any:
    return column.cast(pa.timestamp("us", tz="UTC"))


def enter(mailing_id: int, chunk: int, rows: pa.Table, *, owner: str = "") -> Entered:
    """Put a chunk of the plan into the ledger, in the caller's transaction; entering it again changes nothing.

    `rows`: fan_id int64, language, variant, composed int, due_at timestamp (UTC). Who has no address, is erased, or
    shares an address with a fan before her stands there as suppressed with the reason. With an `owner` (who has the
    chunk to herself) what is due now is claimed by her in the same write, and `held` in the answer, for `claim`.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("a chunk enters in the caller's transaction")
    mailing = Mailing.objects.get(pk=mailing_id)
    now, rev = clock.now(), revisions.current()
    where = destinations(rows.column("fan_id").to_pylist())
    due = _timestamps(rows.column("due_at"))
    incoming = pa.table(
        {
            "place": pa.array(range(rows.num_rows), pa.int64()),
            "fan_id": rows.column("fan_id").cast(pa.int64()),
            "language": rows.column("language").cast(pa.string()),
            "variant": rows.column("variant").cast(pa.string()),
            "composed": rows.column("composed").cast(pa.int64()),
            "due_at": due,
            "expires_at": pc.add(due, pa.scalar(timedelta(hours=mailing.lifetime_hours))),
        }
    )
    known = where.select(["fan_id", "destination_key", "erased"]).set_column(
        1, "destination_key", where.column("destination_key").cast(pa.binary())
    )
    incoming = incoming.join(known, "fan_id", join_type="left outer").sort_by("place")
    moment = sql.moment(now)
    mine = owner if mailing.state == "open" else ""
    ready = "%s <> '' AND due_at <= %s AND expires_at > %s"
    head = f"INSERT INTO delivery_message ({_COMMON}, destination_key, state, reason, owner, attempt) SELECT %s, %s, %s, fan_id, language, variant, composed, due_at, expires_at, %s, %s"
    values = [mailing_id, chunk, mailing.channel, moment, rev]
    with bulk.temp_table("delivery_incoming", incoming):
        no = "NOT erased" if connection.vendor == "postgresql" else "erased = 0"
        new = sql.fetch(
            f"{head}, destination_key, CASE WHEN {ready} THEN 'claimed' ELSE 'planned' END, '', "
            f"CASE WHEN {ready} THEN %s ELSE '' END, CASE WHEN {ready} THEN 1 ELSE 0 END FROM delivery_incoming "
            f"WHERE destination_key IS NOT NULL AND {no} ORDER BY place ON CONFLICT DO NOTHING RETURNING {_HANDED}, state",
            [*values, mine, moment, moment, mine, moment, moment, mine, mine, moment, moment],
        )
        yes = "erased" if connection.vendor == "postgresql" else "erased = 1"
        sql.run(
            f"{head}, NULL, 'suppressed', CASE WHEN {yes} THEN 'erased' WHEN destination_key IS NULL "
            "THEN 'no_address' ELSE 'duplicate' END, '', 0 FROM delivery_incoming WHERE NOT EXISTS ("
            "SELECT 1 FROM delivery_message m WHERE m.mailing_id = %s AND m.channel = %s "
            "AND m.fan_id = delivery_incoming.fan_id) ORDER BY place ON CONFLICT DO NOTHING",
            [*values, mailing_id, mailing.channel],
        )
    Part.objects.bulk_create([Part(mailing_id=mailing_id, chunk=chunk)], ignore_conflicts=True)
    Mailing.objects.filter(pk=mailing_id, busy=False).update(busy=True)
    taken = deque(sorted(row[:-1] for row in new if row[-1] == "claimed"))
    return _entered(mailing_id, chunk, Held(owner, taken, pc.min(incoming.column("expires_at")).as_py()))


def _entered(mailing_id: int, chunk: int, held: Held) -> Entered:
    planned, suppressed = 0, {}
    for state, reason, count in sql.fetch(
        f"SELECT state, {states.WHY}, count(*) "
        "FROM delivery_message WHERE mailing_id = %s AND chunk = %s GROUP BY 1, 2",
        [mailing_id, chunk],
    ):
        if state == "suppressed":
            suppressed[reason] = count
        else:
            planned += count
    return Entered(planned, suppressed, held)


def claim(
    mailing_id: int, chunk: int, *, owner: str, size: int = 250, held: Held | None = None
) -> list[Claimed]:
    """Take at most `size` messages of a chunk that are due, for weaving; none while the mailing is paused or
    cancelled. What is `held` since it entered comes first, and costs no write."""
    if not 0 < size <= 5_000:
        raise Refused("A window holds 1 to 5,000 messages.")
    rows = _handed(held, mailing_id, size) if held else []
    if not rows:
        with transaction.atomic():
            rows = _taken(mailing_id, chunk, owner, size)
            crash_point("delivery.claimed")
    if not rows:
        return []
    crash_point("delivery.claim-committed")
    try:  # read and sealed outside the transaction: other senders wait for it
        return _addressed(mailing_id, owner, rows)
    except Exception:
        with suppress(DatabaseError):  # else they wait for `recover`
            _give_back([row[0] for row in rows], owner)
        raise


def _handed(held: Held, mailing_id: int, size: int) -> list[tuple[Any, ...]]:
    """The next of what is held; what has waited too long, or may not go, is given back instead."""
    stale = held.until is not None and clock.now() >= held.until
    if held.rows and (stale or not Mailing.objects.filter(pk=mailing_id, state="open").exists()):
        let_go(held)
    return [held.rows.popleft() for _ in range(min(size, len(held.rows)))]


def let_go(held: Held) -> None:
    """Plan again what is held and was not handed out."""
    if held.rows:
        _give_back([row[0] for row in held.rows], held.owner)
        held.rows.clear()


def _taken(mailing_id: int, chunk: int, owner: str, size: int) -> list[tuple[Any, ...]]:
    """Rows marked as claimed, in the caller's transaction."""
    now = clock.now()
    mailing = Mailing.objects.get(pk=mailing_id)
    if mailing.state != "open":
        return []
    chosen = (
        "SELECT id FROM delivery_message WHERE mailing_id = %s AND chunk = %s AND state = 'planned' "
        f"AND {states.MOVING} AND due_at <= %s AND expires_at > %s ORDER BY id LIMIT %s {sql.locked('FOR UPDATE SKIP LOCKED')}"
    )
    among = f"= ANY(ARRAY({chosen}))" if connection.vendor == "postgresql" else f"IN ({chosen})"
    rev = revisions.current()
    moment = sql.moment(now)
    rows = sql.fetch(
        "UPDATE delivery_message SET state = 'claimed', owner = %s, attempt = attempt + 1, at = %s, rev = %s "
        f"WHERE id {among} RETURNING {_HANDED}",
        [owner, moment, rev, mailing_id, chunk, moment, moment, size],
    )
    rows.sort()
    return rows


def _addressed(mailing_id: int, owner: str, rows: list[tuple[Any, ...]]) -> list[Claimed]:
    fan_ids = [row[1] for row in rows]
    people = addressees(fan_ids)
    tracking = tracked(fan_ids)
    lost = _lost([(row[0], bytes(row[6]), people.get(row[1], _NOBODY)) for row in rows], owner)
    claimed = []
    for message_id, fan_id, composed, language, variant, attempt, _key in rows:
        if message_id in lost:
            continue
        person = people[fan_id]
        if person.email is None or person.destination_key is None:
            raise ValueError(f"message {message_id} has nowhere to go")
        claimed.append(
            Claimed(
                message_id=message_id,
                fan_id=fan_id,
                composed=composed,
                language=language,
                variant=variant,
                attempt=attempt,
                owner=owner,
                email=person.email,
                destination_key=person.destination_key,
                first_name=person.first_name or "",
                last_name=person.last_name or "",
                fan_language=person.language or "",
                country=person.country or "",
                timezone=person.timezone or "",
                link_token=seals.link_token(mailing_id, message_id if fan_id in tracking else None),
                unsubscribe_token=seals.unsubscribe_token(mailing_id, message_id),
                pixel=True,
            )
        )
    return claimed


def _lost(rows: list[tuple[int, bytes, Addressee]], owner: str) -> set[int]:
    """Messages whose fan can't be written to since the plan; where only her address changed it takes the new one."""
    lost, moved = {}, {}
    for message_id, planned, person in rows:
        if person.erased or person.destination_key is None:
            lost[message_id] = "erased" if person.erased else "no_address"
        elif person.destination_key != planned:
            moved[message_id] = person.destination_key
    if lost or moved:
        with transaction.atomic():
            for message_id, key in moved.items():
                if not _readdress(message_id, owner, key):
                    lost[message_id] = "duplicate"
            for message_id, reason in lost.items():
                _suppress(message_id, owner, reason)
    return set(lost)


_NOBODY = Addressee(None, None, None, None, None, None, None, erased=False)


def tracked(fan_ids: list[int]) -> set[int]:
    """Those of the fans who allow that opens and clicks name them."""
    return {fan_id for fan_id, answer in heads(fan_ids, "tracking").items() if answer.state == "given"}


def _suppress(message_id: int, owner: str, reason: str) -> None:
    sql.run(
        "UPDATE delivery_message SET state = 'suppressed', reason = %s, destination_key = NULL, at = %s, rev = %s "
        "WHERE id = %s AND state = 'claimed' AND owner = %s",
        [reason, sql.moment(clock.now()), revisions.current(), message_id, owner],
    )


def _readdress(message_id: int, owner: str, key: bytes) -> bool:
    """Take her new address; False when somebody else has it in this mailing (M2)."""
    try:
        with transaction.atomic():
            sql.run(
                "UPDATE delivery_message SET destination_key = %s WHERE id = %s AND state = 'claimed' AND owner = %s",
                [key, message_id, owner],
            )
    except IntegrityError:
        return False
    return True


def release(claimed: list[Claimed]) -> None:
    """Give messages back unsent, e.g. when weaving failed."""
    if claimed:
        _give_back([one.message_id for one in claimed], claimed[0].owner)


def _give_back(message_ids: list[int], owner: str) -> None:
    with transaction.atomic():
        sql.run(
            "UPDATE delivery_message SET state = 'planned', owner = '', at = %s, rev = %s "
            f"WHERE id IN ({sql.ids(message_ids)}) AND state = 'claimed' AND owner = %s",
            [sql.moment(clock.now()), revisions.current(), owner],
        )


def turn_back(message_ids: Iterable[int]) -> None:
    """Plan again what was let through but surely did not leave, in the caller's transaction."""
    sql.run(
        "UPDATE delivery_message SET state = 'planned', owner = '', at = %s, rev = %s "
        f"WHERE id IN ({sql.ids(message_ids)}) AND state = 'committing'",
        [sql.moment(clock.now()), revisions.current()],
    )


def recover(mailing_id: int, chunk: int | None = None, *, owner: str = "") -> Mapping[str, int]:
    """Settle what dead senders left: claimed goes back to planned, committing becomes unknown (service mail that
    may be resent from doubt: planned). Rows of `owner` (the one that goes on) stay. Counts by new state.

    Call it only when the chunk's former owner lost its lease: a sender that still lives is fenced off by it.
    """
    part = "" if chunk is None else f"AND chunk = {int(chunk)}"
    with transaction.atomic():
        mailing = Mailing.objects.get(pk=mailing_id)
        moment, rev = sql.moment(clock.now()), revisions.current()
        doubt, why = ("planned", "") if mailing.resend_doubt else ("unknown", "sender died")
        unknown = sql.run(
            f"UPDATE delivery_message SET state = '{doubt}', reason = %s, at = %s, rev = %s "
            f"WHERE mailing_id = %s {part} AND {states.MOVING} AND state = 'committing' AND owner <> %s",
            [why, moment, rev, mailing_id, owner],
        )
        planned = sql.run(
            "UPDATE delivery_message SET state = 'planned', owner = '', at = %s, rev = %s "
            f"WHERE mailing_id = %s {part} AND {states.MOVING} AND state = 'claimed' AND owner <> %s",
            [moment, rev, mailing_id, owner],
        )
        if doubt == "planned":
            return {"planned": planned + unknown, "unknown": 0}
    return {"planned": planned, "unknown": unknown}


def expire(mailing_id: int) -> int:
    """Messages that waited longer than they are worth; how many."""
    with transaction.atomic():
        moment = sql.moment(clock.now())
        return sql.run(
            "UPDATE delivery_message SET state = 'expired', at = %s, rev = %s "
            f"WHERE mailing_id = %s AND {states.MOVING} AND state = 'planned' AND expires_at <= %s",
            [moment, revisions.current(), mailing_id, moment],
        )


def sum_up(mailing_id: int, chunk: int | None = None) -> int:
    """Keep the sums of the parts (or of this one) in which nothing moves any more; how many were summed."""
    among = {} if chunk is None else {"chunk": chunk}
    summed = 0
    for number in Part.objects.filter(mailing_id=mailing_id, sums=None, **among).values_list("pk", flat=True):
        with transaction.atomic():
            part = Part.objects.select_for_update().get(pk=number)  # before counting: see the trigger
            here = [mailing_id, part.chunk]
            if part.sums is None and not sql.fetch(
                f"SELECT 1 FROM delivery_message WHERE mailing_id = %s AND chunk = %s AND {states.MOVING} LIMIT 1",
                here,
            ):
                part.sums = json.dumps(
                    sql.fetch(
                        f"SELECT state, {states.WHY}, count(*) FROM delivery_message "
                        "WHERE mailing_id = %s AND chunk = %s GROUP BY 1, 2 ORDER BY 1, 2",
                        here,
                    )
                )
                part.save(update_fields=["sums"])
                summed += 1
    return summed


def settle(message_id: int, state: str, evidence: str) -> None:
    """Settle a message that rests as unknown, by evidence: what says so, e.g. "relay log of 4 May, queue id 4F2"."""
    if state not in ("accepted", "refused") or not evidence.strip():
        raise Refused("An unknown message becomes accepted or refused, and only with evidence.")
    with transaction.atomic():
        changed = sql.run(
            "UPDATE delivery_message SET state = %s, evidence = %s, at = %s, rev = %s "
            "WHERE id = %s AND state = 'unknown'",
            [state, evidence[:200], sql.moment(clock.now()), revisions.current(), message_id],
        )
    if not changed:
        raise Refused(f"Message {message_id} does not rest as unknown.")
